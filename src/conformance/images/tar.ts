import { AttestdError } from '../../support/foundation/errors.js';

const block = 512;

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

/** Optional properties of an entry. */
export interface EntryOptions {
  /** Permission bits; 0644 for files and 0755 for directories by default. */
  readonly mode?: number;
  /** Makes the entry a symbolic link that leads there. */
  readonly link?: string;
}

/** A file of an archive; a name that ends in `/` is a directory. */
export type Entry = readonly [name: string, content: Buffer, options?: EntryOptions];

function header(name: string, size: number, { mode, link }: EntryOptions): Buffer {
  if (Buffer.byteLength(name) > 100) throw new AttestdError('INTERNAL', `tar entry name too long: ${name}`);
  const bytes = Buffer.alloc(block);
  const type = link !== undefined ? '2' : name.endsWith('/') ? '5' : '0';
  bytes.write(name, 0);
  bytes.write(octal(mode ?? (type === '5' ? 0o755 : 0o644), 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  bytes.write('        ', 148);
  bytes.write(type, 156);
  if (link !== undefined) bytes.write(link, 157);
  bytes.write('ustar\x0000', 257);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}

/**
 * Write a tar archive in ustar form with fixed owners, modes and times, so that equal entries give equal bytes.
 *
 * @param entries files in order
 * @throws AttestdError INTERNAL when a name is longer than 100 bytes
 */
export function writeTar(entries: readonly Entry[]): Buffer {
  const chunks: Buffer[] = [];
  for (const [name, content, options = {}] of entries) {
    chunks.push(header(name, content.length, options), content);
    const rest = content.length % block;
    if (rest > 0) chunks.push(Buffer.alloc(block - rest));
  }
  chunks.push(Buffer.alloc(2 * block));
  return Buffer.concat(chunks);
}

/**
 * Read a tar archive that a daemon sent: names and contents of its plain files.
 *
 * @throws AttestdError INVALID_ARCHIVE when it ends early or a header is none
 */
export function readTar(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let longName: string | undefined;
  for (let at = 0; ; ) {
    if (at + block > archive.length) throw new AttestdError('INVALID_ARCHIVE', 'the tar archive ends early');
    const head = archive.subarray(at, at + block);
    if (head.every((byte) => byte === 0)) return files;
    if (head.toString('latin1', 257, 262) !== 'ustar')
      throw new AttestdError('INVALID_ARCHIVE', `no tar header at byte ${at}`);
    const text = (from: number, length: number): string =>
      head.toString('utf8', from, from + length).split('\0')[0] ?? '';
    const size = Number.parseInt(text(124, 12).trim() || '0', 8);
    const content = archive.subarray(at + block, at + block + size);
    if (content.length < size) throw new AttestdError('INVALID_ARCHIVE', 'the tar archive ends early');
    const type = text(156, 1);
    const prefix = text(345, 155);
    const name = longName ?? (prefix ? `${prefix}/${text(0, 100)}` : text(0, 100));
    longName = undefined;
    if (type === 'x') longName = /\d+ path=([^\n]*)\n/.exec(content.toString('utf8'))?.[1];
    else if (type === '0' || type === '') files.set(name, Buffer.from(content));
    at += block + Math.ceil(size / block) * block;
  }
}
