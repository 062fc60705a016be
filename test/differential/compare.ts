import { readTar } from '../e2e/support/tar.js';
import type { Step } from './requests.js';

/** An answer as it came. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What two answers disagree about. */
export interface Difference {
  /** Where: `status`, `header NAME`, `text` (of an error), or a path in the body. */
  readonly at: string;
  readonly reference: string;
  readonly real: string;
}

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Headers that depend on the moment or on how the body was cut into packets. */
const VOLATILE = new Set(['date', 'content-length', 'transfer-encoding', 'connection', 'keep-alive', 'server']);

/** Keys whose values depend on the daemon's disk or clock. */
const MASKED = new Set([
  'Metadata',
  'GraphDriver',
  'Identity',
  'SharedSize',
  'VirtualSize',
  'LayersSize',
  'SpaceReclaimed',
]);

/** Sizes that count unpacked layers, which depend on the file system below the daemon. */
const UNPACKED = new Set(['Total', 'Unpacked']);

/** Operations that answer with one message a line. */
const LINES = new Set(['load', 'import', 'pull', 'push', 'events', 'past']);

/** Operations of which only the shape is compared: nearly all their values are the machine's. */
const SHAPES = new Set(['version', 'info']);

function masked(value: Json, operation: string, parent = ''): Json {
  if (Array.isArray(value)) return value.map((item) => masked(item, operation, parent));
  if (value === null || typeof value !== 'object') return value;
  const kept: { [key: string]: Json } = {};
  for (const [key, inner] of Object.entries(value)) {
    const isSize = (key === 'Size' && typeof inner === 'number') || (parent === 'Size' && UNPACKED.has(key));
    const disk = MASKED.has(key) || key.endsWith('Usage') || (isSize && operation !== 'load');
    kept[key] = disk ? '(masked)' : masked(inner, operation, key);
  }
  return kept;
}

/** What a build or the machine's container runtimes decide. */
const OPAQUE = new Set([
  'BuildTime',
  'FirewallBackend',
  'GitCommit',
  'Module',
  'ModuleVersion',
  'Runtimes',
  'Warnings',
]);

/** The keys of a value, its own and nested ones, with the kinds of the values. */
function shape(value: Json): Json {
  if (Array.isArray(value)) return value.length === 0 ? [] : ['(items)'];
  if (value === null) return null;
  if (typeof value !== 'object') return typeof value;
  const entries = Object.entries(value).filter(([key]) => !OPAQUE.has(key));
  return Object.fromEntries(entries.map(([key, inner]) => [key, shape(inner)]));
}

/** The first place where two JSON values part, and what stands there; order of keys counts. */
export function firstDifference(reference: Json, real: Json, at = ''): Difference | undefined {
  const show = (value: Json | undefined): string => JSON.stringify(value)?.slice(0, 300) ?? 'nothing';
  if (Array.isArray(reference) && Array.isArray(real)) {
    for (let i = 0; i < Math.max(reference.length, real.length); i++) {
      const [a, b] = [reference[i], real[i]];
      if (a === undefined || b === undefined) return { at: `${at}[]`, reference: show(a), real: show(b) };
      const inner = firstDifference(a, b, `${at}[]`);
      if (inner) return inner;
    }
    return undefined;
  }
  const objects = [reference, real].every(
    (value) => value !== null && typeof value === 'object' && !Array.isArray(value),
  );
  if (!objects) {
    const same = JSON.stringify(reference) === JSON.stringify(real);
    return same ? undefined : { at: at === '' ? 'body' : at, reference: show(reference), real: show(real) };
  }
  const [a, b] = [reference as { [key: string]: Json }, real as { [key: string]: Json }];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [left, right] = [a[key], b[key]];
    if (left === undefined || right === undefined)
      return { at: `${at}.${key}`, reference: show(left), real: show(right) };
    const inner = firstDifference(left, right, `${at}.${key}`);
    if (inner) return inner;
  }
  const [left, right] = [Object.keys(a).join(' '), Object.keys(b).join(' ')];
  return left === right ? undefined : { at: `${at} key order`, reference: left, real: right };
}

function parse(body: Buffer): Json | undefined {
  try {
    return JSON.parse(body.toString()) as Json;
  } catch {
    return undefined;
  }
}

/** One message a line. */
function parseLines(body: Buffer): Json {
  return body
    .toString()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => parse(Buffer.from(line)) ?? line);
}

/** Images in no order: dockerd lists them as a map hands them out. */
function unordered(value: Json): Json {
  if (!Array.isArray(value)) return value;
  return [...value].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

const ARCHIVE = 'application/x-tar';

/** An answer without the moment at which an image was made, and without the digests that follow from it. */
function undated(answer: Answer, known: ReadonlySet<string>): Answer {
  if (answer.headers['content-type'] === ARCHIVE) return { ...answer, body: Buffer.alloc(0) };
  const hour = 3_600_000;
  const recent = (time: number): boolean => Math.abs(Date.now() - time) < hour;
  const body = answer.body
    .toString('latin1')
    .replace(/sha256:[0-9a-f]{64}/g, (digest) => (known.has(digest) ? digest : 'sha256:(new)'))
    // A date is as long as its fraction of a second.
    .replace(/"Content":\d+/g, '"Content":0')
    .replace(/"Created":(\d+)/g, (all, seconds) => (recent(Number(seconds) * 1000) ? '"Created":0' : all))
    .replace(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, (time) => (recent(Date.parse(time)) ? '(now)' : time));
  return { ...answer, body: Buffer.from(body, 'latin1') };
}

async function compareArchives(reference: Buffer, real: Buffer): Promise<Difference | undefined> {
  const [a, b] = [await readTar(reference), await readTar(real)];
  const [left, right] = [[...a.keys()].sort().join('\n'), [...b.keys()].sort().join('\n')];
  if (left !== right) return { at: 'archive entries', reference: left, real: right };
  for (const [name, content] of a) {
    const other = b.get(name) ?? Buffer.alloc(0);
    if (content.equals(other)) continue;
    const [x, y] = [parse(content), parse(other)];
    if (x === undefined || y === undefined) return { at: 'archive content', reference: name, real: name };
    const inner = firstDifference(x, y, `${name.replace(/[0-9a-f]{64}/, '(digest)')} `);
    if (inner) return inner;
  }
  return undefined;
}

/**
 * Says what two answers to one request disagree about; undefined when they agree.
 *
 * What depends on a daemon's disk, clock or machine is masked; error texts are looked at last, under the name `text`.
 *
 * @param dated given when an image was made just now: the digests that are no such image's, which holds its date
 */
export async function compareAnswers(
  step: Step,
  reference: Answer,
  real: Answer,
  dated?: ReadonlySet<string>,
): Promise<Difference | undefined> {
  if (dated) return compareAnswers(step, undated(reference, dated), undated(real, dated));
  const { operation } = step;
  if (reference.status !== real.status) {
    const show = (answer: Answer): string => `${answer.status} ${answer.body.toString('utf8', 0, 300).trim()}`;
    return { at: 'status', reference: show(reference), real: show(real) };
  }
  for (const name of new Set([...Object.keys(reference.headers), ...Object.keys(real.headers)])) {
    const [a, b] = [reference.headers[name], real.headers[name]];
    if (!VOLATILE.has(name) && a !== b)
      return { at: `header ${name}`, reference: a ?? 'nothing', real: b ?? 'nothing' };
  }
  if (reference.body.equals(real.body)) return undefined;
  const type = real.headers['content-type'] ?? '';
  if (real.status >= 400) {
    // A failed look-up names the machine's name server.
    const text = ({ body }: Answer): string =>
      body
        .toString()
        .trim()
        .replace(/(: lookup \S+) on [0-9a-f.:[\]]+:53:/, '$1:');
    const [a, b] = [text(reference), text(real)];
    return a === b ? undefined : { at: 'text', reference: a, real: b };
  }
  if (type === ARCHIVE) return compareArchives(reference.body, real.body);
  if (operation === 'attestations') {
    const at = reference.body.findIndex((byte, i) => byte !== real.body[i]);
    const from = Math.max(0, (at < 0 ? reference.body.length : at) - 40);
    const show = (answer: Answer): string => answer.body.toString('utf8', from, from + 160);
    return { at: 'bytes', reference: show(reference), real: show(real) };
  }
  if (LINES.has(operation)) return firstDifference(parseLines(reference.body), parseLines(real.body));
  const [a, b] = [parse(reference.body), parse(real.body)];
  if (a === undefined || b === undefined) {
    return { at: 'body', reference: reference.body.toString('utf8', 0, 300), real: real.body.toString('utf8', 0, 300) };
  }
  if (SHAPES.has(operation)) return firstDifference(shape(a), shape(b));
  const [x, y] = [masked(a, operation), masked(b, operation)];
  if (operation === 'list') return firstDifference(unordered(x), unordered(y));
  if (operation === 'usage') {
    const images = (value: Json): Json =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? { ...value, ...('Images' in value ? { Images: unordered(value.Images ?? null) } : {}) }
        : value;
    return firstDifference(images(x), images(y));
  }
  return firstDifference(x, y);
}
