import { parseDigest } from '../oci/digest.js';
import { type NamedReference, parseReference } from '../oci/reference.js';
import { AttestdError } from '../support/foundation/errors.js';
import { asObject, asText, asTexts, withoutUndefined } from './json-values.js';
import { describeReference } from './reference.js';
import type { PolicyGit, PolicyHttp, PolicyImage, PolicyMaterial } from './types.js';

const imagePackage = 'pkg:docker/';
const commit = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const scpStyle = /^[\w-]+@([a-zA-Z0-9.-]+):([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/;

/** Parses an image from a package URL, with its digest if given. */
function imageOf(uri: string, digest: string | undefined, usual: string | undefined): PolicyImage {
  const [, path = '', query = ''] = /^pkg:docker\/([^?#]*)(?:\?([^#]*))?/.exec(uri) ?? [];
  const qualifiers = new URLSearchParams(query);
  const at = path.lastIndexOf('@');
  const name = decodeURIComponent(at < 0 ? path : path.slice(0, at));
  const version = at < 0 ? '' : decodeURIComponent(path.slice(at + 1));
  const isDigest = /^\w+:[0-9a-f]{32,}$/.test(version);
  const told = [isDigest ? version : undefined, qualifiers.get('digest') ?? undefined, digest];
  const digests = new Set(told.filter((one) => one !== undefined));
  for (const one of digests) parseDigest(one);
  if (digests.size > 1) throw new AttestdError('INVALID_DIGEST', `${uri} has several digests`);
  const [wanted] = digests;
  const tag = isDigest || version === '' ? undefined : version;
  const named: NamedReference = {
    ...parseReference(name),
    ...withoutUndefined({ tag: tag ?? (wanted === undefined ? 'latest' : undefined), digest: wanted }),
  };
  const platform = qualifiers.get('platform') ?? usual;
  const [os, arch, variant] = platform?.split('/') ?? [];
  return {
    ...describeReference(named),
    ...(named.digest !== undefined && { checksum: named.digest }),
    ...withoutUndefined({ platform, os, arch, variant }),
  };
}

/** Normalizes a directory path in a repository. Returns undefined for the root. */
function subDirOf(path: string | undefined): string | undefined {
  const parts = (path ?? '').split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 ? undefined : parts.join('/');
}

function gitOf(fullURL: string, schema: string, host: string, remote: string, fragment: string): PolicyGit {
  const [wanted = '', folder] = fragment.split(':', 2);
  const isCommit = commit.test(wanted);
  const named = (prefix: string): string | undefined =>
    wanted.startsWith(prefix) ? wanted.slice(prefix.length) : undefined;
  const [tagName, branch] = [named('refs/tags/'), named('refs/heads/')];
  return withoutUndefined({
    schema,
    host,
    remote,
    fullURL,
    tagName,
    branch,
    ref: isCommit || tagName !== undefined || branch !== undefined ? wanted : undefined,
    subDir: subDirOf(folder),
    isCommitRef: isCommit || undefined,
    isSHA256: (isCommit && wanted.length === 64) || undefined,
    checksum: isCommit ? wanted : undefined,
    commitChecksum: isCommit ? wanted : undefined,
  }) as PolicyGit;
}

function httpOf(uri: string, { protocol, host, pathname, searchParams }: URL): PolicyHttp {
  const names = [...new Set(searchParams.keys())];
  const path = /^[a-z]+:\/\/[^/?#]*\//.test(uri) ? pathname : '';
  return {
    url: uri,
    schema: protocol.slice(0, -1),
    host,
    ...(path !== '' && { path: decodeURIComponent(path) }),
    ...(names.length > 0 && {
      query: Object.fromEntries(names.map((name) => [name, searchParams.getAll(name)])),
    }),
  };
}

function read(
  uri: string,
  digest: string | undefined,
  platform: string | undefined,
): Omit<PolicyMaterial, 'env'> | undefined {
  if (uri.startsWith(imagePackage)) return { image: imageOf(uri, digest, platform) };
  const plain = uri.split(/[?#]/, 1)[0] as string;
  const scp = scpStyle.exec(uri);
  if (scp) return { git: gitOf(uri, 'ssh', scp[1] ?? '', plain, scp[3] ?? '') };
  const url = new URL(uri);
  const schema = url.protocol.slice(0, -1);
  const web = schema === 'http' || schema === 'https';
  if (['ssh', 'git'].includes(schema) || (web && url.pathname.toLowerCase().endsWith('.git')))
    return { git: gitOf(uri, schema, url.host, plain, decodeURIComponent(url.hash.slice(1))) };
  return web ? { http: httpOf(uri, url) } : undefined;
}

/**
 * Classifies a provenance material by its URI: an image, a git repository or a file.
 *
 * @param material the provenance entry: `uri` and `digest`
 * @param depth number of provenances between the judged image and the material
 * @param platform `os/arch[/variant]`, used if the URI names no platform
 * @returns undefined for other kinds of material
 */
export function parseMaterial(material: unknown, depth: number, platform?: string): PolicyMaterial | undefined {
  const { uri, digest } = asObject(material);
  const name = asText(uri);
  const hash = asTexts(digest)?.sha256?.trim();
  if (name === undefined) return undefined;
  try {
    const found = read(name, hash ? `sha256:${hash.replace(/^sha256:/, '')}` : undefined, platform);
    return found && { env: { depth }, ...found };
  } catch {
    return undefined;
  }
}
