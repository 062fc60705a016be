import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { AttestdError } from '../foundation/errors.js';

/** Certificates for connections to one host. */
export interface HostCertificates {
  /** PEM; those that everybody trusts are among them. */
  readonly ca?: string[];
  /** PEM of the client's certificate. */
  readonly cert?: string;
  /** PEM of the client's key. */
  readonly key?: string;
}

/**
 * Read the certificates for a host as dockerd has them: `*.crt` are authorities, `*.cert` and `*.key` the client's own.
 *
 * @param folder holds a folder named like the host, with its port where it has one
 * @throws AttestdError INVALID_ARGUMENT for a certificate without its key or a key without its certificate
 */
export async function readHostCertificates(folder: string, host: string): Promise<HostCertificates> {
  const path = join(folder, host);
  const names = await readdir(path).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw new AttestdError('INVALID_ARGUMENT', `open ${path}: ${error.message}`, { cause: error });
  });
  const authorities: string[] = [];
  let pair: { cert: string; key: string } | undefined;
  for (const name of names.sort()) {
    const kind = extname(name);
    const base = name.slice(0, name.length - kind.length);
    if (kind === '.crt') authorities.push(await readFile(join(path, name), 'utf8'));
    if (kind === '.key' && !names.includes(`${base}.cert`))
      throw new AttestdError('INVALID_ARGUMENT', `missing client certificate ${base}.cert for key ${name}`);
    if (kind !== '.cert') continue;
    if (!names.includes(`${base}.key`)) {
      const hint = 'CA certificates must use the extension .crt';
      throw new AttestdError('INVALID_ARGUMENT', `missing key ${base}.key for client certificate ${name}. ${hint}`);
    }
    const [cert, key] = await Promise.all([name, `${base}.key`].map((file) => readFile(join(path, file), 'utf8')));
    pair = { cert: cert as string, key: key as string };
  }
  return { ...(authorities.length > 0 && { ca: [...rootCertificates, ...authorities] }), ...pair };
}
