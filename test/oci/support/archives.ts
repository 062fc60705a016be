import type { ContentStore } from '../../../src/oci/content-store.js';
import { writeTar } from '../../../src/oci/tar-write.js';

/** An archive of files, in the order of their names. */
export async function tar(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const records = Object.entries(files).map(([name, content]) => {
    const bytes = Buffer.from(content);
    return { name, mode: 0o644, size: bytes.length, bytes };
  });
  const chunks: Buffer[] = [];
  for await (const chunk of writeTar({} as ContentStore, records)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** One entry's header with another type and link target, its checksum right again; then the end of the archive. */
export function entry(name: string, flag: string, target = ''): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('00000000000\0', 124);
  header.write(flag, 156);
  header.write(target, 157);
  header.write('ustar\u000000', 257);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, Buffer.alloc(1024)]);
}

/** Bytes as a stream, cut into pieces of a size. */
export async function* pieces(bytes: Buffer, size = 1000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** All bytes of a stream. */
export async function collect(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
