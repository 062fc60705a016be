import { posix } from 'node:path';
import { AttestdError } from '../support/foundation/errors.js';
import { yieldIfDue } from '../support/foundation/scheduler.js';
import { quote } from '../support/go/quote.js';
import { trim } from '../support/go/strings.js';
import { ByteReader } from './bytes.js';

/** A file, folder or symbolic link in an archive. */
export interface TarEntry {
  /** As written, without any normalisation. */
  readonly name: string;
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  /** Bytes of a file; 0 for anything else. */
  readonly size: number;
  /** Where a symbolic link points. */
  readonly target: string;
  /** The file's bytes, which can be read until the next entry is asked for. Errors INVALID_ARCHIVE when cut short. */
  readonly content: AsyncIterable<Buffer>;
}

/** Bytes of a block. */
export const blockSize = 512;
/** Longest extended header, as in Go's reader. */
const headerLimit = 1 << 20;

const broken = (): AttestdError => new AttestdError('INVALID_ARCHIVE', 'archive/tar: invalid tar header');
const cutShort = (): AttestdError => new AttestdError('INVALID_ARCHIVE', 'unexpected EOF');

/**
 * Read a tar archive (POSIX.1-2001 ustar and pax, GNU long names and sizes), with the errors of Go's reader, and its
 * rule for the end: two empty blocks, whatever follows.
 *
 * Entries that could lead outside of where they are unpacked are refused: absolute names, `..`, hard links, devices,
 * and symbolic links that point outside of the archive.
 *
 * @throws AttestdError INVALID_ARCHIVE
 */
export async function* readTar(source: AsyncIterable<Buffer>): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(source);
  try {
    for (;;) {
      const header = await readHeader(reader);
      if (header === undefined) return;
      refuse(header);
      let left = header.size;
      const content = async function* (): AsyncGenerator<Buffer> {
        while (left > 0) {
          const chunk = await reader.some(left);
          if (chunk === undefined) throw cutShort();
          left -= chunk.length;
          yield chunk;
        }
      };
      yield { ...header, content: content() };
      if (left > 0) await reader.skip(left);
      await reader.skip(padding(header.size));
    }
  } finally {
    await reader.close();
  }
}

type Header = Omit<TarEntry, 'content'> & { readonly flag: string };

/** Bytes that fill the last block of so many. */
export const padding = (size: number): number => (blockSize - (size % blockSize)) % blockSize;

/** The next entry's header, extended ones applied; undefined at the end. */
async function readHeader(reader: ByteReader): Promise<Header | undefined> {
  let extended: { path?: string; linkpath?: string; size?: string } = {};
  for (;;) {
    // A piece of a stream may hold very many empty files.
    await yieldIfDue();
    const block = await readBlock(reader);
    if (block === undefined) return undefined;
    const flag = String.fromCharCode(block[156] as number);
    const size = number(block.subarray(124, 136));
    if (size < 0) throw broken();
    if (flag === 'x' || flag === 'g' || flag === 'L' || flag === 'K') {
      const body = await readBody(reader, size);
      if (flag === 'L') extended.path = text(body);
      else if (flag === 'K') extended.linkpath = text(body);
      else if (flag === 'x') extended = { ...extended, ...pax(body) };
      continue;
    }
    const name = extended.path ?? plainName(block);
    const type = kind(flag, name);
    const real = extended.size === undefined ? size : Number(extended.size);
    if (!Number.isSafeInteger(real) || real < 0) throw broken();
    const bodiless = type !== 'file' && '123456'.includes(flag);
    const target = extended.linkpath ?? text(block.subarray(157, 257));
    return { name, type, size: bodiless ? 0 : real, target, flag };
  }
}

async function readBlock(reader: ByteReader): Promise<Buffer | undefined> {
  const block = await reader.exactly(blockSize);
  if (block.length === 0) return undefined;
  if (block.length < blockSize) throw cutShort();
  if (block.every((byte) => byte === 0)) {
    const next = await reader.exactly(blockSize);
    if (next.length > 0 && next.length < blockSize) throw cutShort();
    if (next.some((byte) => byte !== 0)) throw broken();
    return undefined;
  }
  const sum = number(block.subarray(148, 156));
  let unsigned = 8 * 0x20;
  let signed = 8 * 0x20;
  for (let i = 0; i < blockSize; i++) {
    if (i >= 148 && i < 156) continue;
    unsigned += block.readUInt8(i);
    signed += block.readInt8(i);
  }
  if (sum !== unsigned && sum !== signed) throw broken();
  return block;
}

async function readBody(reader: ByteReader, size: number): Promise<Buffer> {
  if (size > headerLimit) throw new AttestdError('INVALID_ARCHIVE', 'archive/tar: header field too long');
  const body = await reader.exactly(size);
  if (body.length < size) throw cutShort();
  await reader.skip(padding(size));
  return body;
}

/** A field that ends at its first NUL. */
function text(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

function plainName(block: Buffer): string {
  const name = text(block.subarray(0, 100));
  const isUstar = block.toString('latin1', 257, 265) === 'ustar\u000000';
  const prefix = isUstar ? text(block.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** An octal number, or a big-endian one when its first bit is set. */
function number(field: Buffer): number {
  if (((field[0] as number) & 0x80) !== 0) {
    if (((field[0] as number) & 0x40) !== 0) return -1;
    let value = (field[0] as number) & 0x3f;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
    return value;
  }
  const digits = trim(field.toString('latin1'), ' \0');
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw broken();
  return Number.parseInt(digits, 8);
}

/** The records `length key=value` of a pax header that matter here. */
function pax(body: Buffer): { path?: string; linkpath?: string; size?: string } {
  const found: Record<string, string> = {};
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(body.toString('latin1', at, space));
    const end = at + length;
    if (!Number.isInteger(length) || end <= space + 1 || end > body.length || body[end - 1] !== 0x0a) throw broken();
    const record = body.toString('utf8', space + 1, end - 1);
    const equals = record.indexOf('=');
    if (equals <= 0) throw broken();
    found[record.slice(0, equals)] = record.slice(equals + 1);
    at = end;
  }
  const { path, linkpath, size } = found;
  return { ...(path && { path }), ...(linkpath && { linkpath }), ...(size && { size }) };
}

function kind(flag: string, name: string): TarEntry['type'] {
  if (flag === '0' || flag === '\0') return flag === '\0' && name.endsWith('/') ? 'directory' : 'file';
  if (flag === '5') return 'directory';
  return flag === '2' ? 'symlink' : 'other';
}

function refuse({ name, type, target, flag }: Header): void {
  const refusal = (why: string): AttestdError =>
    new AttestdError('INVALID_ARCHIVE', `tar entry ${quote(name)} is refused: ${why}`);
  if (name.startsWith('/')) throw refusal('its path is absolute');
  if (name.split('/').includes('..')) throw refusal('its path leads upwards');
  if (flag === '1') throw refusal('it is a hard link');
  if (flag === '3' || flag === '4' || flag === '6') throw refusal('it is a device');
  if (type !== 'symlink') return;
  const end = posix.join(posix.dirname(name), target);
  if (target.startsWith('/') || end === '..' || end.startsWith('../')) throw refusal('it links to what is outside');
}

/** The type and size that a header says; undefined for what is no header, or too long a one for others. */
export function entrySize(block: Buffer): { readonly flag: string; readonly size: number } | undefined {
  const flag = String.fromCharCode(block[156] as number);
  try {
    const size = number(block.subarray(124, 136));
    if (!Number.isSafeInteger(size) || size < 0 || ('xgLK'.includes(flag) && size > headerLimit)) return undefined;
    return { flag, size: flag === '5' || kind(flag, text(block.subarray(0, 100))) === 'directory' ? 0 : size };
  } catch {
    return undefined;
  }
}

/** The size of the next file that a pax header says. */
export function paxSize(body: Buffer): number | undefined {
  try {
    const size = Number(pax(body).size);
    return Number.isSafeInteger(size) && size >= 0 ? size : undefined;
  } catch {
    return undefined;
  }
}
