import { createHash } from 'node:crypto';
import { extract, type Header } from 'tar-stream';
import type { RawAnswer } from '../support.js';
import { type Exchange, recordedBody, type TarEntry } from './recording.js';

/** Members whose values depend on the daemon's disk or clock; that they are there is still compared. */
const masked = new Set(['Metadata', 'GraphDriver', 'Identity', 'SharedSize']);

/** Headers that differ from one answer to the next. */
const fleeting = new Set(['date', 'connection']);

/** Headers that say how long the body is; compared where the bodies are the same. */
const framing = new Set(['content-length', 'transfer-encoding']);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a comparison may know beside the exchange. */
export interface CompareOptions {
  /** Ids of the images that the store holds: in lists, recorded images with other ids are left out. */
  readonly held?: ReadonlySet<string>;
  /** Leave `AttestationData.Statements` out, the member that the experimental channel adds. */
  readonly withoutStatements?: boolean;
}

/**
 * Compare an answer with the recorded one: status, headers, and the body byte for byte where nothing in it depends on
 * disk or clock, else key by key in order; lists of images in any order.
 *
 * @returns what differs; empty when they agree
 */
export async function differences(
  exchange: Exchange,
  answer: RawAnswer,
  options: CompareOptions = {},
): Promise<string[]> {
  const { response } = exchange;
  if (answer.status !== response.status)
    return [`status ${answer.status}, recorded ${response.status}: ${answer.body.toString('utf8', 0, 300)}`];
  const recorded = recordedBody(exchange);
  const same = recorded?.equals(answer.body) ?? false;
  return [
    ...headerDifferences(exchange, answer, same),
    ...(same ? [] : await bodyDifferences(exchange, answer, recorded, options)),
  ];
}

function headerDifferences({ response }: Exchange, answer: RawAnswer, sameBody: boolean): string[] {
  const relevant = ([name]: readonly [string, string]) =>
    !fleeting.has(name.toLowerCase()) && (sameBody || !framing.has(name.toLowerCase()));
  const wanted = response.headers.filter(relevant).map(([name, value]) => `${name}: ${value}`);
  const found = answer.names
    .map((name) => [name, answer.headers[name.toLowerCase()] ?? ''] as const)
    .filter(relevant)
    .map(([name, value]) => `${name}: ${value}`);
  return [
    ...wanted.filter((header) => !found.includes(header)).map((header) => `lacks header ${header}`),
    ...found.filter((header) => !wanted.includes(header)).map((header) => `has header ${header}`),
  ];
}

async function bodyDifferences(
  exchange: Exchange,
  answer: RawAnswer,
  recorded: Buffer | undefined,
  options: CompareOptions,
): Promise<string[]> {
  const { response } = exchange;
  const path = exchange.request.path.split('?')[0] as string;
  if (response.tarEntries) return tarDifferences(response.tarEntries, answer.body);
  if (response.bodySha256 !== undefined) {
    const hash = createHash('sha256').update(answer.body).digest('hex');
    return hash === response.bodySha256 ? [] : [`a body of ${answer.body.length} bytes that is not the recorded one`];
  }
  if (recorded === undefined) return [];
  const exact = path.endsWith('/attestations') || response.status >= 400;
  const json = /json/.test(answer.headers['content-type'] ?? '') && !/\/(load|events)$/.test(path);
  if (exact || !json) return [difference(answer.body.toString('latin1'), recorded.toString('latin1'))];
  if (/\/(info|version)$/.test(path)) return shapeDifferences(answer.body, recorded);
  const got = normalise(JSON.parse(answer.body.toString()) as Json, path, options);
  const want = normalise(JSON.parse(recorded.toString()) as Json, path, options);
  return got === want ? [] : [difference(got, want)];
}

/** The server runs no containers, sets up no firewall, warns of nothing on its host and has no build time. */
const ofTheDaemon = new Set(['Runtimes', 'Info', 'Warnings', 'BuildTime']);

/** What /info and /version say of a host cannot be the same; which members they have, in which order and of which type, is. */
function shapeDifferences(got: Buffer, recorded: Buffer): string[] {
  const [found, wanted] = [got, recorded].map((body) => JSON.stringify(shape(JSON.parse(body.toString()) as Json)));
  return found === wanted ? [] : [difference(found as string, wanted as string)];
}

function shape(value: Json): Json {
  if (value === null) return null;
  if (Array.isArray(value)) return ['list'];
  if (typeof value !== 'object') return typeof value;
  const members = Object.entries(value).filter(([key]) => !ofTheDaemon.has(key));
  return Object.fromEntries(members.map(([key, member]) => [key, shape(member)]));
}

/** Where two texts begin to differ, with what is around. */
function difference(got: string, want: string): string {
  let at = 0;
  while (at < got.length && got[at] === want[at]) at++;
  const around = (all: string) => JSON.stringify(all.slice(Math.max(0, at - 60), at + 120));
  return `at ${at}: ${around(got)}, recorded ${around(want)}`;
}

/** A JSON body as text, without what depends on disk and clock, images in the order of their text. */
function normalise(value: Json, path: string, options: CompareOptions): string {
  if (path.endsWith('/history') && Array.isArray(value))
    return JSON.stringify(value.map((item) => ({ ...(item as object), Size: 0 })));
  const usage = path.endsWith('/system/df');
  return JSON.stringify(mask(value, '', { usage, ...options }));
}

interface Masking extends CompareOptions {
  /** All sizes and sums depend on what else is on the disk. */
  readonly usage: boolean;
}

function mask(value: Json, path: string, options: Masking): Json {
  if (Array.isArray(value)) return maskList(value, path, options);
  if (value === null || typeof value !== 'object') return value;
  const added = (key: string) => options.withoutStatements && key === 'Statements' && path.endsWith('AttestationData');
  const members = Object.entries(value).filter(([key]) => !added(key));
  return Object.fromEntries(
    members.map(([key, member]) => {
      const at = path === '' ? key : `${path}.${key}`;
      return [key, masked.has(key) || isSize(at, options.usage) ? typeof member : mask(member, at, options)];
    }),
  );
}

function isSize(path: string, usage: boolean): boolean {
  if (usage) return /(Size|Reclaimable|TotalCount)$/.test(path);
  return /^(\[\]\.)?(Virtual)?Size$/.test(path) || /Size\.(Total|Unpacked)$/.test(path);
}

function maskList(list: Json[], path: string, options: Masking): Json {
  const items = list.map((item) => mask(item, `${path}[]`, options));
  if (!items.every(isImage)) return items;
  const kept = items.filter(({ Id }) => options.held === undefined || options.held.has(Id));
  return kept.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function isImage(item: Json): item is { Id: string; RepoTags: Json } {
  return item !== null && typeof item === 'object' && 'RepoTags' in item && 'Id' in item;
}

type Entries = Map<string, { type: string; size: number; content?: string }>;

/**
 * Entries of an archive by name, with the content of those that are JSON. Archives of images with wrong sizes break off:
 * what comes before that counts.
 */
async function readTar(archive: Buffer): Promise<Entries> {
  const entries: Entries = new Map();
  const reader = extract();
  reader.end(archive);
  try {
    for await (const entry of reader) await addEntry(entries, entry.header, entry);
  } catch (error) {
    if (!/Unexpected end of data/.test(String(error))) throw error;
  }
  return entries;
}

async function addEntry(
  entries: Entries,
  { name, type, size = 0 }: Header,
  body: AsyncIterable<unknown>,
): Promise<void> {
  const found: { type: string; size: number; content?: string } = { type: type === 'directory' ? '5' : '0', size };
  entries.set(name.replace(/\/$/, ''), found);
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece as Buffer);
  const content = Buffer.concat(pieces).toString();
  if (name.endsWith('.json') || name === 'oci-layout') found.content = content;
}

async function tarDifferences(wanted: readonly TarEntry[], archive: Buffer): Promise<string[]> {
  const found = await readTar(archive);
  const reasons: string[] = [];
  for (const want of wanted) {
    const name = want.name.replace(/\/$/, '');
    const entry = found.get(name);
    found.delete(name);
    if (!entry) reasons.push(`the archive lacks ${name}`);
    else if (entry.type !== want.type) reasons.push(`${name} is of type ${entry.type}, recorded ${want.type}`);
    else if (entry.content === undefined && entry.size !== want.size)
      reasons.push(`${name} has ${entry.size} bytes, recorded ${want.size}`);
    else if (entry.content !== undefined && want.content !== undefined) {
      const got = JSON.stringify(JSON.parse(entry.content));
      const recorded = JSON.stringify(JSON.parse(want.content));
      if (got !== recorded) reasons.push(`${name}: ${difference(got, recorded)}`);
    }
  }
  return [...reasons, ...[...found.keys()].map((name) => `the archive also has ${name}`)];
}
