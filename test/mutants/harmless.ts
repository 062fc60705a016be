import { transport } from './harmless-transport.js';
import type { Mutant, Reply } from './mutant.js';
import { editMembers, elementsOf, membersOf } from './text.js';

/** Whether a text is one value, and not a stream of several. */
function isOne(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON answers of this daemon that are one document. */
const isDocument = (reply: Reply): boolean =>
  reply.headers.some(([name, value]) => name.toLowerCase() === 'content-type' && /^application\/json\b/.test(value)) &&
  /^\s*[[{]/.test(reply.text) &&
  isOne(reply.text);

const first = '"attestdFutureField":{"a":[1]}';

/** A member more in an object; other values stay. */
const grown = (text: string): string =>
  text.startsWith('{') ? `{${first}${/^\{\s*\}/.test(text) ? '' : ','}${text.slice(1)}` : text;

/** The objects in a document that the description gives a schema; statements and maps are data. */
const schemaKeys = [
  'Descriptor',
  'Platform',
  'ImageData',
  'AttestationData',
  'RootFS',
  'Metadata',
  'Actor',
  'Details',
  'Swarm',
];

/** Edit a document, or each element of one that is a list. */
function eachObject(text: string, edit: (object: string) => string): string {
  if (text.startsWith('[')) return `[${elementsOf(text).map(edit).join(',')}]\n`;
  return `${edit(text.trimEnd())}\n`;
}

const reversed = (text: string): string =>
  text.startsWith('{') ? `{${[...membersOf(text)].reverse().join(',')}}` : text;

const spaced = (text: string): string => (text.startsWith('{') ? `{ ${membersOf(text).join(' ,\n  ')}\t}` : text);

const turned = (reply: Reply, key: string): Reply =>
  reply.members(key, (value) => (value.startsWith('[') ? `[${elementsOf(value).reverse().join(',')}]` : value));

/** A moment in RFC 3339, in UTC, as a text of JSON. */
const utc = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z"/g;

/** Edit the text of a document that holds no statement: those keep their bytes. */
const outsideOfStatements = (reply: Reply, edit: (text: string) => string): Reply | undefined =>
  isDocument(reply) && !reply.text.includes('"Statement') ? reply.withText(edit(reply.text)) : undefined;

/** Progress messages before the lines of a stream. */
const progress = '{"status":"Working","progressDetail":{"current":1,"total":2},"id":"0123"}\r\n';

/** Changes that must not fail a MUST of any requirement. */
export const harmless: readonly Mutant[] = [
  ...transport,
  {
    id: 'extra-fields',
    title: 'objects have members that the description does not know',
    after(_, reply) {
      if (!isDocument(reply)) return undefined;
      const deep = schemaKeys.reduce((text, key) => editMembers(text, key, grown), reply.text);
      return reply.withText(eachObject(deep, grown));
    },
    line: (_, line) => grown(line),
  },
  {
    id: 'key-order',
    title: 'members of objects come in the reverse order',
    after(_, reply) {
      if (!isDocument(reply)) return undefined;
      const deep = ['Descriptor', 'ImageData', 'AttestationData', 'RootFS'].reduce(
        (text, key) => editMembers(text, key, reversed),
        reply.text,
      );
      return reply.withText(eachObject(deep, reversed));
    },
    line: (_, line) => reversed(line),
  },
  {
    id: 'router-errors',
    title: 'paths and methods that there are not are answered as text',
    after: (_, reply) =>
      reply.status >= 400 && /page not found|not allowed/i.test(reply.text)
        ? reply.withHeader('Content-Type', 'text/plain; charset=utf-8').withText('404 page not found\n')
        : undefined,
  },
  {
    id: 'error-texts',
    title: 'errors are told in other words',
    after: (_, reply) =>
      reply.status >= 400 && isDocument(reply) ? reply.members('message', () => '"it cannot be done"') : undefined,
  },
  {
    id: 'list-order',
    title: 'lists without a promised order come in the reverse one',
    after(asked, reply) {
      if (!isDocument(reply) || reply.status !== 200) return undefined;
      const tags = turned(turned(turned(reply, 'RepoTags'), 'RepoDigests'), 'Components');
      const isFree = asked.is('GET', /^\/images\/json$/) || asked.method === 'DELETE';
      return isFree ? tags.elements((all) => all.reverse()) : turned(turned(tags, 'Manifests'), 'ImagesDeleted');
    },
  },
  {
    id: 'progress',
    title: 'loads, pulls, pushes and builds tell more of their progress',
    after: (asked, reply) =>
      asked.is('POST', /^\/(images\/(load|create|.+\/push)|build)$/) && reply.status === 200
        ? reply.withText(`${progress}${reply.text}`)
        : undefined,
  },
  {
    id: 'white-space',
    title: 'there is white space around documents and between members',
    after: (_, reply) =>
      isDocument(reply) ? reply.withText(`\n ${eachObject(reply.text, spaced)} \r\n\t`) : undefined,
  },
  {
    id: 'escapes',
    title: 'slashes in texts are escaped',
    after: (_, reply) => outsideOfStatements(reply, (text) => text.replaceAll('/', '\\/')),
    line: (_, line) => line.replaceAll('/', '\\/'),
  },
  {
    id: 'time-zone',
    title: 'times name their zone by its offset',
    after: (_, reply) => outsideOfStatements(reply, (text) => text.replaceAll(utc, '"$1$2+00:00"')),
  },
  {
    id: 'time-digits',
    title: 'times have all nine digits of their second',
    after: (_, reply) =>
      outsideOfStatements(reply, (text) =>
        text.replaceAll(utc, (_all, second: string, part = '.') => `"${second}${part.padEnd(10, '0')}Z"`),
      ),
  },
  {
    id: 'warnings',
    title: 'a container is created with a further warning',
    after: (asked, reply) =>
      asked.is('POST', /^\/containers\/create$/) && reply.status === 201
        ? reply.members('Warnings', (value) => `[${['"mind the step"', ...elementsOf(value)].join(',')}]`)
        : undefined,
  },
];

/**
 * Combines all harmless changes.
 *
 * @param used receives the ids of the changes that modified an answer
 */
export const allHarmless = (used: Set<string>): Mutant => ({
  id: 'all',
  title: 'all harmless changes at once',
  pieces: 7,
  late: 1,
  dress: (outgoing) => {
    for (const { dress } of harmless) dress?.(outgoing);
  },
  head: (asked, head) => harmless.reduce((now, change) => change.head?.(asked, now) ?? now, head),
  call: (call) => harmless.reduce((now, change) => change.call?.(now) ?? now, call),
  after: (asked, reply) =>
    harmless.reduce((now, change) => {
      const next = change.after?.(asked, now);
      if (next) used.add(change.id);
      return next ?? now;
    }, reply),
  line: (asked, line) => harmless.reduce((now, change) => change.line?.(asked, now) ?? now, line),
});
