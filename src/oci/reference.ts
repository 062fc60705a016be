import { AttestdError } from '../support/foundation/errors.js';
import { matchGlob } from '../support/go/path-match.js';
import { isDigest, parseDigest } from './digest.js';

/** A repository with an optional tag and digest, in its full form: `docker.io/library/busybox`. */
export interface NamedReference {
  readonly domain: string;
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** A digest without a repository, as an image ID is one. */
export interface DigestReference {
  readonly domain?: undefined;
  readonly path?: undefined;
  readonly tag?: undefined;
  readonly digest: string;
}

export type Reference = NamedReference | DigestReference;

const defaultDomain = 'docker.io';
const legacyDomain = 'index.docker.io';
const officialPrefix = 'library/';
const defaultTag = 'latest';
const maxPathLength = 255;

const domainPart = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const host = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const remote = `${component}(?:/${component})*`;
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}';
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';

const nameGrammar = new RegExp(`^(?:(${host})/)?(${remote})$`);
const grammar = new RegExp(`^((?:${host}/)?${remote})(?::(${tag}))?(?:@(${digest}))?$`);
const tagGrammar = new RegExp(`^${tag}$`);
const identifier = /^[a-f0-9]{64}$/;

const invalid = (message: string): AttestdError => new AttestdError('INVALID_REFERENCE', message);

/**
 * Parse a reference of the docker grammar and complete it: `busybox` is `docker.io/library/busybox`.
 *
 * @param text as people write it
 * @throws AttestdError INVALID_REFERENCE or INVALID_DIGEST, worded as dockerd does (docs/reference/behavior/images.md#image-names)
 */
export function parseReference(text: string): NamedReference {
  if (identifier.test(text))
    throw invalid(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const [domain, remainder] = splitDomain(text);
  const name = remainder.split(':', 1)[0] as string;
  if (name.toLowerCase() !== name)
    throw invalid(`invalid reference format: repository name (${name}) must be lowercase`);
  return parseCanonical(`${domain}/${remainder}`);
}

/**
 * Parse what may also be a digest or a whole image ID without its algorithm.
 *
 * @throws AttestdError INVALID_REFERENCE or INVALID_DIGEST
 */
export function parseAnyReference(text: string): Reference {
  if (identifier.test(text)) return { digest: `sha256:${text}` };
  return isDigest(text) ? { digest: text } : parseReference(text);
}

/**
 * Parse as containerd normalises names in archives: a tag beside a digest is dropped, a missing tag is `latest`.
 *
 * @throws AttestdError INVALID_REFERENCE or INVALID_DIGEST
 */
export function parseDockerReference(text: string): NamedReference {
  const { domain, path, tag, digest } = parseReference(text);
  if (digest !== undefined) return { domain, path, digest };
  return { domain, path, tag: tag ?? defaultTag };
}

function parseCanonical(text: string): NamedReference {
  const match = grammar.exec(text);
  if (match === null) {
    if (grammar.test(text.toLowerCase())) throw invalid('repository name must be lowercase');
    throw invalid('invalid reference format');
  }
  const parts = nameGrammar.exec(match[1] as string) as RegExpExecArray;
  const path = parts[2] as string;
  if (path.length > maxPathLength) throw invalid(`repository name must not be more than ${maxPathLength} characters`);
  if (match[3] !== undefined) parseDigest(match[3]);
  return {
    domain: parts[1] ?? '',
    path,
    ...(match[2] !== undefined && { tag: match[2] }),
    ...(match[3] !== undefined && { digest: match[3] }),
  };
}

function splitDomain(text: string): [domain: string, remainder: string] {
  const slash = text.indexOf('/');
  const first = slash < 0 ? '' : text.slice(0, slash);
  const isDomain = first === 'localhost' || /[.:]/.test(first) || first.toLowerCase() !== first;
  const domain = !isDomain || first === legacyDomain ? defaultDomain : first;
  const remainder = isDomain ? text.slice(slash + 1) : text;
  const official = domain === defaultDomain && !remainder.includes('/');
  return [domain, official ? officialPrefix + remainder : remainder];
}

/** Whether a reference names a repository. */
export const isNamed = (reference: Reference): reference is NamedReference => reference.path !== undefined;

/** Whether a reference has neither tag nor digest. */
export const isNameOnly = (reference: NamedReference): boolean =>
  reference.tag === undefined && reference.digest === undefined;

/** The reference with the tag `latest`, unless it has a tag or digest. */
export const tagNameOnly = (reference: NamedReference): NamedReference =>
  isNameOnly(reference) ? { ...reference, tag: defaultTag } : reference;

/**
 * The reference with another tag.
 *
 * @throws AttestdError INVALID_REFERENCE when the tag is not one
 */
export function withTag(reference: NamedReference, tag: string): NamedReference {
  if (!tagGrammar.test(tag)) throw invalid('invalid tag format');
  return { ...reference, tag };
}

/** The repository: `docker.io/library/busybox`. */
export const repositoryName = ({ domain, path }: NamedReference): string =>
  domain === '' ? path : `${domain}/${path}`;

/** The full form: `docker.io/library/busybox:latest`. */
export function formatReference(reference: Reference): string {
  return isNamed(reference) ? append(repositoryName(reference), reference) : reference.digest;
}

/** The repository as people write it: `busybox`. */
export function familiarName({ domain, path }: NamedReference): string {
  if (domain !== defaultDomain) return repositoryName({ domain, path });
  const rest = path.startsWith(officialPrefix) ? path.slice(officialPrefix.length) : path;
  return rest.includes('/') ? path : rest;
}

/** The reference as people write it: `busybox:latest`. */
export function familiarString(reference: Reference): string {
  return isNamed(reference) ? append(familiarName(reference), reference) : reference.digest;
}

function append(name: string, { tag, digest }: NamedReference): string {
  return name + (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

/**
 * Whether a glob pattern matches the familiar form, with or without its tag.
 *
 * @throws AttestdError INVALID_ARGUMENT when the pattern is malformed
 */
export function familiarMatch(pattern: string, reference: Reference): boolean {
  if (matchGlob(pattern, familiarString(reference))) return true;
  return isNamed(reference) && matchGlob(pattern, familiarName(reference));
}

/**
 * The hex digits of what may be a shortened image ID: 4 to 64 of them, with or without `sha256:`.
 *
 * @returns undefined when it cannot be one
 */
export function truncatedId(text: string): string | undefined {
  return /^(?:sha256:)?([a-f0-9]{4,64})$/.exec(text)?.[1];
}

/**
 * What containerd writes as `org.opencontainers.image.ref.name` for an image name: the tag, or the name itself where
 * it has none.
 */
export function refNameAnnotation(name: string): string {
  const slash = name.indexOf('/');
  // A name is read as a URL without a scheme, so its first part must be able to be a host.
  if (slash < 0 || name.includes('://') || !/^[\w.~!$&'()*+,;=-]+(?::\d*)?$/.test(name.slice(0, slash))) return name;
  let path = name.slice(slash).split(/[?#]/, 1)[0] as string;
  try {
    path = decodeURIComponent(path);
  } catch {
    return name;
  }
  const at = path.search(/[:@]/);
  if (at < 0 || path[at] === '@') return name;
  const object = path.slice(at + 1);
  return object === '' || object.startsWith('@') ? name : object;
}
