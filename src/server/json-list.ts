import { yieldIfDue } from '../support/foundation/scheduler.js';
import { type JsonValue, renderJson, renderPieces, VerbatimJson } from '../support/go/json/render.js';

/** Elements up to which an answer is put together as a whole, so that it can be kept. */
export const wholeLength = 4000;

/** Bytes that are gathered before they are handed on. */
const piece = 64 << 10;

const [opening, comma] = [Buffer.from('['), Buffer.from(',')];

/** A list whose elements are made one after the other. */
interface Listing<Item> {
  readonly length: number;
  items(): AsyncIterable<Item>;
}

/** All elements, where they are few; undefined where they are to be sent as they come. */
export async function wholeList<Item>(list: Listing<Item>): Promise<readonly Item[] | undefined> {
  if (list.length > wholeLength) return undefined;
  const found: Item[] = [];
  for await (const item of list.items()) found.push(item);
  return found;
}

/** A JSON array in pieces, the same bytes as `renderJson` has for all at once. */
export async function* jsonList(items: AsyncIterable<JsonValue>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  let separator = opening;
  for await (const item of items) {
    const element = item instanceof VerbatimJson ? item.bytes : renderJson(item).subarray(0, -1);
    parts.push(separator, element);
    separator = comma;
    length += element.length + 1;
    if (length < piece) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  yield Buffer.concat([...parts, Buffer.from(separator === opening ? '[]\n' : ']\n')]);
}

/** A long JSON answer in pieces, the same bytes as `renderJson` has for all at once. */
export async function* jsonPieces(value: JsonValue): AsyncGenerator<Buffer> {
  for (const bytes of renderPieces(value)) {
    await yieldIfDue();
    yield bytes;
  }
}
