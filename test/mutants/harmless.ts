import { type Asked, type Mutant, Reply } from './mutant.js';
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
  /^[[{]/.test(reply.text) &&
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

const turned = (reply: Reply, key: string): Reply =>
  reply.members(key, (value) => (value.startsWith('[') ? `[${elementsOf(value).reverse().join(',')}]` : value));

/** One change of answers that no client may mind. */
export interface Harmless extends Mutant {
  readonly after?: (asked: Asked, reply: Reply) => Reply | undefined;
}

/** Changes that must not fail a MUST of any requirement. */
export const harmless: readonly Harmless[] = [
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
    id: 'header-case',
    title: 'names of headers are in capitals',
    after: (_, reply) =>
      new Reply(
        reply.status,
        reply.headers.map(([name, value]) => [name.toUpperCase(), value]),
        reply.body,
      ),
  },
  {
    id: 'header-more',
    title: 'there are further headers, and the server has another name',
    after: (_, reply) => reply.withHeader('X-Future', 'yes').withHeader('Server', 'another/1.0'),
  },
  { id: 'small-chunks', title: 'bodies come in chunks of seven bytes', pieces: 7 },
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
    id: 'load-progress',
    title: 'a load tells of its progress',
    after: (asked, reply) =>
      asked.is('POST', /^\/images\/load$/) && reply.status === 200
        ? reply.withText(
            `{"status":"Loading layer","progressDetail":{"current":1,"total":2},"id":"0123"}\r\n${reply.text}`,
          )
        : undefined,
  },
];

/**
 * All of them at once.
 *
 * @param used receives the ids of those that changed an answer
 */
export const allHarmless = (used: Set<string>): Harmless => ({
  id: 'all',
  title: 'all harmless changes at once',
  pieces: 7,
  after: (asked, reply) =>
    harmless.reduce((now, change) => {
      const next = change.after?.(asked, now);
      if (next) used.add(change.id);
      return next ?? now;
    }, reply),
  line: (asked, line) => harmless.reduce((now, change) => change.line?.(asked, now) ?? now, line),
});
