import { yieldIfDue } from '../support/foundation/scheduler.js';
import { ByteReader } from './bytes.js';
import { blockSize, entrySize, padding, paxSize } from './tar.js';

/**
 * A tar archive up to its end, as Go's reader has it: two empty blocks, whatever follows, or the last byte of the last file, whose block
 * need not be filled. What is wrong with it is left for whoever reads it.
 */
export async function* untilTarEnd(archive: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(archive);
  // As large as they came: each piece costs what it is passed on to more than its bytes do.
  let held: Buffer[] = [];
  try {
    for await (const piece of upToEnd(reader)) {
      held.push(piece);
      if (!reader.drained) continue;
      yield Buffer.concat(held);
      held = [];
    }
    yield Buffer.concat(held);
    // Who sends is heard to the end.
    while ((await reader.some(Number.MAX_SAFE_INTEGER)) !== undefined) await yieldIfDue();
  } finally {
    await reader.close();
  }
}

async function* upToEnd(reader: ByteReader): AsyncGenerator<Buffer> {
  let override: number | undefined;
  for (;;) {
    await yieldIfDue();
    const block = await reader.exactly(blockSize);
    if (block.length === 0) return;
    yield block;
    if (isEmpty(block)) {
      const next = await reader.exactly(blockSize);
      yield next;
      if (next.length < blockSize || isEmpty(next)) return;
      break;
    }
    const header = block.length < blockSize ? undefined : entrySize(block);
    if (header === undefined) break;
    const { flag, size } = header;
    if (flag === 'x') {
      const body = await reader.exactly(size + padding(size));
      yield body;
      override = paxSize(body.subarray(0, size)) ?? override;
      continue;
    }
    const length = 'gLK'.includes(flag) ? size : (override ?? size);
    if (!'gLK'.includes(flag)) override = undefined;
    let left = length;
    while (left > 0) {
      const piece = await reader.some(left);
      if (piece === undefined) return;
      left -= piece.length;
      yield piece;
    }
    const wanted = padding(length);
    if (wanted === 0) continue;
    const filling = await reader.exactly(wanted);
    yield Buffer.concat([filling, Buffer.alloc(wanted - filling.length)]);
  }
  yield* reader.remaining();
}

const isEmpty = (block: Buffer): boolean => block.every((byte) => byte === 0);
