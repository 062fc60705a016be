import { AttestdError } from '../support/foundation/errors.js';
import { escapePath, escapeQuery, parseQuery, percentDecode, splitTarget, type Values } from '../support/go/url.js';

/** A request target that can be read in one way only. */
export interface GateTarget {
  /** `1.55`; undefined where the path names none, and the daemon takes its newest. */
  readonly version: string | undefined;
  /** Decoded, without the version. */
  readonly path: string;
  /** As the client wrote it, with its question mark. */
  readonly search: string;
}

function refuse(why: string): never {
  throw new AttestdError('INVALID_ARGUMENT', `the gate refuses the request's path: ${why}`);
}

/** Characters that nobody has to encode; whoever does wants to be read in two ways. */
const plain = /[A-Za-z0-9\-._~]/;

function decodeOnce(path: string): string {
  for (const [code, hex] of path.matchAll(/%(..?)?/g)) {
    if (!/^[0-9a-fA-F]{2}$/.test(hex ?? '')) refuse(`'${code}' is no encoded character`);
    if (plain.test(String.fromCharCode(Number.parseInt(hex as string, 16)))) refuse(`'${code}' need not be encoded`);
  }
  const decoded = percentDecode(path, false);
  if (decoded.includes('\ufffd')) refuse('it is no UTF-8');
  if (/[\p{Cc}\\%?#]/u.test(decoded)) refuse('it has encoded control characters, backslashes, or was encoded twice');
  return decoded;
}

/**
 * Read a request target that the daemon reads in the same way: origin form, decoded once, without empty or dot segments,
 * control characters, backslashes and needless encodings. dockerd decodes, cleans and redirects (docs/reference/behavior/http.md#paths-and-methods);
 * the gate leaves it nothing to clean.
 *
 * @param url as it stands in the request line
 * @throws AttestdError INVALID_ARGUMENT that says what is ambiguous in it
 */
export function readTarget(url: string): GateTarget {
  const { origin, path, search } = splitTarget(url);
  if (origin !== '' || !path.startsWith('/')) refuse('it has to begin with a slash');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\u0000-\u0020\u007f-\uffff\\#]/.test(url)) refuse('it has characters that have to be encoded');
  const decoded = decodeOnce(path);
  const segments = decoded.slice(1).split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..'))
    refuse('it has empty segments, or dots alone');
  const [first = ''] = segments;
  if (!/^v[0-9.]+$/i.test(first)) return { version: undefined, path: decoded, search };
  if (!/^v[1-9]\d{0,2}\.\d{1,3}$/.test(first)) refuse(`'${first}' is no version`);
  return { version: first.slice(1), path: `/${segments.slice(1).join('/')}`, search };
}

/** Write a target for the daemon, so that it gets no other bytes than those that were looked at. */
export const writeTarget = ({ version, path, search }: GateTarget): string =>
  `${version === undefined ? '' : `/v${version}`}${escapePath(path)}${search}`;

/**
 * Parameters of a request that the gate answers for: each once, without semicolons, over which parsers differ. Others are left out: docker-modem
 * repeats the body in the query.
 *
 * @param names which parameters the operation has
 * @throws AttestdError INVALID_ARGUMENT
 */
export function readQuery(search: string, names: readonly string[]): Map<string, string> {
  if (search.includes(';'))
    throw new AttestdError('INVALID_ARGUMENT', 'the gate refuses the query: it has a semicolon');
  let values: Values;
  try {
    values = parseQuery(search.slice(1));
  } catch (cause) {
    throw new AttestdError('INVALID_ARGUMENT', 'the gate refuses the query: it cannot be decoded', { cause });
  }
  const found = new Map<string, string>();
  for (const name of names) {
    const [value, another] = values.get(name) ?? [];
    if (another !== undefined)
      throw new AttestdError('INVALID_ARGUMENT', `the gate refuses the query: '${name}' twice`);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

/** The query with only these parameters. */
export function writeQuery(parameters: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name}=${escapeQuery(value)}`],
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}
