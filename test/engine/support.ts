import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Context } from '../../src/engine/context.js';
import { closeContext, createContext } from '../../src/engine/engine.js';
import type { DaemonEvent } from '../../src/engine/events/bus.js';
import { subscribeEvents } from '../../src/engine/events/subscribe.js';
import { loadImages } from '../../src/engine/images/load.js';
import type { Channel, EngineOptions, LoadOptions, StreamMessage } from '../../src/engine/types.js';
import { openOverlay } from '../../src/oci/layout.js';
import { AttestdError } from '../../src/support/foundation/errors.js';
import { type JsonValue, renderJson } from '../../src/support/go/json/render.js';
import type { RegistryOptions } from '../../src/support/registry-client/types.js';

/** A daemon's state on a throw-away store, and a way to end both. */
export interface TestEngine {
  readonly context: Context;
  close(): Promise<void>;
}

/** An engine whose store is empty. */
export async function openEngine(
  channel: Channel = 'standard',
  more: Partial<EngineOptions> = {},
): Promise<TestEngine> {
  const store = await openOverlay([]);
  const context = createContext({ store, host: { os: 'linux', architecture: 'amd64' }, channel, ...more });
  return {
    context,
    close: async () => {
      await closeContext(context);
      await store.close();
    },
  };
}

/** Registries as they look without a network: no name can be looked up. */
export const offline: RegistryOptions = {
  lookup: (_name, _options, callback) => callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), ''),
};

/** A recorded image's archive. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../golden/images/${name}.tar`, import.meta.url));
}

/** Load recorded images. */
export async function load(context: Context, ...names: readonly string[]): Promise<readonly StreamMessage[]> {
  const messages: StreamMessage[] = [];
  for (const name of names) messages.push(...(await loadWith(context, name, {})));
  return messages;
}

/** Load a recorded image with options. */
export async function loadWith(
  context: Context,
  name: string,
  options: LoadOptions,
): Promise<readonly StreamMessage[]> {
  return all(loadImages(context, createReadStream(fixturePath(name)), options));
}

/** All that a stream yields. */
export async function all<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** An answer as a client parses it. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
export function parsed(value: JsonValue): any {
  return JSON.parse(renderJson(value).toString());
}

/** The error that an act ends with. */
export async function failure(act: () => unknown): Promise<AttestdError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof AttestdError) return error;
    throw error;
  }
  throw new Error('expected an AttestdError');
}

/** Code and text of the error that an act ends with. */
export async function refusal(act: () => unknown): Promise<readonly [code: string, message: string]> {
  const { code, message } = await failure(act);
  return [code, message];
}

/** What happened since the engine was opened: action, name and labels of each event. */
export async function history(context: Context): Promise<readonly string[]> {
  const past = subscribeEvents(context, { since: '1', until: '4000000000' });
  const events: DaemonEvent[] = [];
  const iterator = past[Symbol.asyncIterator]();
  const none = Symbol('none');
  for (;;) {
    const next = await Promise.race([iterator.next(), new Promise((resolve) => setImmediate(resolve, none))]);
    if (next === none) break;
    events.push((next as IteratorYieldResult<DaemonEvent>).value);
  }
  await iterator.return?.();
  return events.map(({ action, actor }) => `${action} ${shortened(actor.attributes.name ?? '')}`);
}

function shortened(name: string): string {
  return name.replace(/(sha256:[0-9a-f]{4})[0-9a-f]{60}/, '$1');
}
