import type { Answer, Api, Call } from '../api.js';
import { type Shape, same, Unmet } from '../expect.js';
import type { FeatureName } from '../features.js';
import type { Descriptor, Platform } from '../images/kit.js';
import { predicateKey } from '../images/kit.js';
import type { Attested } from '../images/recipe.js';
import type { Basis, CheckContext } from '../requirement.js';
import type { LoadedImage } from '../session.js';

/** JSON pointers of the operations in api/swagger.yaml. */
export const pointers = {
  attestations: '/paths/~1images~1{name}~1attestations/get',
  inspect: '/paths/~1images~1{name}~1json/get',
  list: '/paths/~1images~1json/get',
  history: '/paths/~1images~1{name}~1history/get',
  get: '/paths/~1images~1{name}~1get/get',
  getAll: '/paths/~1images~1get/get',
  load: '/paths/~1images~1load/post',
  tag: '/paths/~1images~1{name}~1tag/post',
  delete: '/paths/~1images~1{name}/delete',
  prune: '/paths/~1images~1prune/post',
  events: '/paths/~1events/get',
  ping: '/paths/~1_ping/get',
  pingHead: '/paths/~1_ping/head',
  version: '/paths/~1version/get',
  info: '/paths/~1info/get',
  usage: '/paths/~1system~1df/get',
  create: '/paths/~1images~1create/post',
  push: '/paths/~1images~1{name}~1push/post',
  search: '/paths/~1images~1search/get',
  distribution: '/paths/~1distribution~1{name}~1json/get',
  build: '/paths/~1build/post',
  buildPrune: '/paths/~1build~1prune/post',
  manifestSummary: '/definitions/ImageManifestSummary',
  statement: '/definitions/AttestationStatement',
  error: '/definitions/ErrorResponse',
} as const;

/**
 * The basis of a requirement that rests on observed behavior.
 *
 * @param section place in docs/reference/behavior/index.md
 * @param store image store of the observation; `any` if the stores do not differ
 */
export function observed(section: string, store = 'any'): Basis {
  return { kind: 'observed', daemon: 'dockerd', version: '29.7.2', store, section };
}

/**
 * Features and basis of a requirement whose answer the description leaves open, such as a status that it does not
 * list.
 *
 * @param features other features that it needs
 * @param section place in docs/reference/behavior/index.md
 */
export function asDockerd(
  features: readonly FeatureName[],
  section: string,
): { readonly features: readonly FeatureName[]; readonly basis: Basis } {
  return { features: ['as-dockerd', ...features], basis: observed(section) };
}

/** The image's id: the digest of its root, or of its config where the store keeps no root. */
export function idOf(t: CheckContext, image: LoadedImage): string {
  return t.daemon.store === 'containerd' ? image.root.digest : (image.images[0]?.config.digest ?? '');
}

/** A name without the domain that is understood: daemons show either form, and nothing published chooses. */
export function familiar(name: unknown): unknown {
  return typeof name === 'string' ? name.replace(/^docker\.io\/(library\/(?!.*\/))?/, '') : name;
}

/** Whether a text is the id of an image: daemons write it with its algorithm or without, and nothing published chooses. */
export function isIdOf(t: CheckContext, image: LoadedImage, text: unknown): boolean {
  return typeof text === 'string' && text.replace(/^sha256:/, '') === idOf(t, image).slice('sha256:'.length);
}

/** The basis of what a text says in words. */
export function prose(section: string): Basis {
  return { kind: 'prose', section };
}

/** A platform as a request parameter carries it. */
export function platformText(platform: Partial<Platform>): string {
  return JSON.stringify(platform);
}

/** Inspects an image by name. */
export const inspect = async (
  t: CheckContext,
  name: string,
  query: Readonly<Record<string, string>> = {},
): Promise<Shape> => (await t.api.get(`/images/${name}/json`, { query })).status(200).json();

/**
 * Give an image one more name, in a repository of its own.
 *
 * @param what the last part of the repository
 * @returns the name, which the run removes at its end
 */
export async function tagged(t: CheckContext, image: string, what: string, tag = 'one'): Promise<string> {
  const repo = t.scratch(what);
  (await t.api.post(`/images/${image}/tag`, { query: { repo, tag } })).status(201);
  return t.own(`${repo}:${tag}`);
}

/** The only statement of a type: its layer, and its bytes. */
export function statementOf({ attestations, layers }: Attested, type: string): [Descriptor, Buffer] {
  const i = attestations.findIndex(({ predicateType }) => predicateType === type);
  const [layer, statement] = [layers[i], attestations[i]];
  if (!layer || !statement) throw new Error(`the image has no statement of type '${type}'`);
  return [layer, statement.bytes];
}

/** Path of an image's attestations. */
export function attestationsOf(name: string): string {
  return `/images/${name}/attestations`;
}

/** The one attested platform of an image that has a single one. */
export function attestedOf(image: LoadedImage, i = 0): Attested {
  const attested = image.attested[i];
  if (!attested) throw new Error(`the image '${image.recipe}' has no attestation manifest ${i}`);
  return attested;
}

/** Attestation layers that name a predicate type, in layer order. */
export function annotated(attested: Attested): readonly Descriptor[] {
  return attested.layers.filter((layer) => (layer.annotations?.[predicateKey] ?? '') !== '');
}

/** The entries of the attestation list for these layers, without statements. */
export function entriesFor(layers: readonly Descriptor[]): readonly object[] {
  return layers.map((layer) => ({ Descriptor: layer, PredicateType: layer.annotations?.[predicateKey] }));
}

/**
 * Demands that an answer lists exactly these attestation layers in this order. Other members of the entries are
 * ignored.
 *
 * @throws Unmet
 */
export function lists(answer: Answer, layers: readonly Descriptor[], what = 'listed attestations'): Shape[] {
  const entries = answer.status(200).json().array();
  const digests = entries.map((entry) => entry.at('Descriptor', 'digest').value);
  same(
    digests,
    layers.map(({ digest }) => digest),
    `${what}: descriptor digests`,
  );
  return entries;
}

const [quote, backslash] = [0x22, 0x5c];
const space: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** JSON text without whitespace between tokens. The tokens keep their bytes. */
export function compact(text: string): string {
  const pieces: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === quote) {
      for (at += 1; at < text.length && text.charCodeAt(at) !== quote; at += 1)
        if (text.charCodeAt(at) === backslash) at += 1;
    } else if (space.has(char)) {
      if (at > from) pieces.push(text.slice(from, at));
      from = at + 1;
    }
  }
  pieces.push(text.slice(from));
  return pieces.join('');
}

/**
 * Demand that the body holds a statement verbatim.
 *
 * @param member key that holds it, e.g. `"Statement":`
 * @throws Unmet
 */
export function holdsVerbatim(answer: Answer, member: string, statement: Buffer): void {
  // One character a byte, so that bytes that are not UTF-8 are compared, too.
  const wanted = Buffer.from(`${member}${compact(statement.toString('latin1'))}`, 'latin1');
  const { body } = answer.status(200);
  if (body.includes(wanted)) return;
  const start = wanted.subarray(0, 200);
  const at = body.indexOf(start);
  let same = 0;
  if (at >= 0) while (body[at + same] === wanted[same]) same += 1;
  const part = (bytes: Buffer, from: number): string => bytes.subarray(from, from + 300).toString('utf8');
  throw new Unmet(
    `statement in the body, of ${wanted.length} bytes, at byte ${same}`,
    part(wanted, Math.max(0, same - 20)),
    at < 0 ? part(body, 0) : part(body, at + Math.max(0, same - 20)),
  );
}

/** Names of an object's members in the order of the text, one level deep. */
export function keysOf(shape: Shape): readonly string[] {
  return Object.keys(shape.object());
}

/** The entry of a list whose member has the given value. */
export function entryWhere(list: readonly Shape[], member: string, value: unknown): Shape {
  const found = list.find((entry) => entry.at(member).value === value);
  if (!found)
    // Reports the number of foreign images without their names, which may be private.
    throw new Unmet(`entry with ${member}`, String(value), `none among ${list.length} entries`);
  return found;
}

/** Manifest summaries from inspect. */
export async function manifestsOf(t: CheckContext, image: LoadedImage): Promise<Shape[]> {
  const answer = await t.api.get(`/images/${image.name}/json`, { query: { manifests: '1' } });
  return answer.status(200).json().at('Manifests').array();
}

/** Wait a little; only to let a daemon finish what it does after its answer. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Milliseconds that a concurrent prune may take. */
const prunePatience = 60_000;

/** Prune; while another prune of the kind is under way, which daemons refuse with 409, wait for it. */
export async function whenFree(api: Api, path: string, query: Readonly<Record<string, string>>): Promise<Answer> {
  const limit = performance.now() + prunePatience;
  for (let tries = 1; ; tries += 1) {
    const answer = await api.post(path, { query });
    if (answer.exchange.status !== 409 || performance.now() > limit) return answer;
    await pause(Math.min(20 * tries, 500));
  }
}

/** Reads disk usage. Repeats the request if another client removes an image during it. */
export async function diskUsage(api: Api, call: Call): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await api.get('/system/df', call);
    if (answer.exchange.status !== 500 || tries > 3) return answer;
    await pause(300 * tries);
  }
}
