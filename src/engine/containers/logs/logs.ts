import { AttestdError } from '../../../support/foundation/errors.js';
import type { Context } from '../../context.js';
import { textMatcher } from '../../pattern.js';
import type { Container } from '../container.js';
import type { LogEntry, LogRange, StreamName } from './log.js';
import { isReadable } from './log-config.js';

/** Options of a log request. */
export interface ContainerLogOptions extends LogRange {
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** A container's log. */
export interface ContainerLogs {
  readonly container: Container;
  /** The entries, in chunks. */
  readonly entries: AsyncIterable<readonly LogEntry[]>;
}

/**
 * `GET /containers/{id}/logs` (docs/reference/behavior/streams.md#container-logs). `tail` counts the entries of both
 * streams.
 *
 * @param signal aborts when the client disconnects
 * @throws NOT_FOUND; CONFLICT if the container is being removed; NOT_IMPLEMENTED if the log driver cannot be read
 */
export function containerLogs(
  context: Context,
  name: string,
  options: ContainerLogOptions,
  signal: AbortSignal,
): ContainerLogs {
  const container = context.containers.resolve(name);
  const { state, hostConfig, log } = container;
  if (state.removing || state.dead)
    throw new AttestdError('CONFLICT', 'can not get logs from container which is dead or marked for removal');
  if (!isReadable(hostConfig.LogConfig))
    throw new AttestdError('NOT_IMPLEMENTED', 'configured logging driver does not support reading');
  const isRequested = (stream: StreamName): boolean => options[stream];
  return { container, entries: only(log.read(options, signal), isRequested) };
}

async function* only(
  batches: AsyncIterable<readonly LogEntry[]>,
  isRequested: (stream: StreamName) => boolean,
): AsyncGenerator<readonly LogEntry[]> {
  for await (const batch of batches) {
    const entries = batch.filter(({ stream }) => isRequested(stream));
    if (entries.length > 0) yield entries;
  }
}

/** A further word on each entry of a log. */
export interface LogAttribute {
  readonly Key: string;
  readonly Value: string;
}

const placeholder = /\{\{ *\.(\w+) *\}\}/g;
const placeholders: Readonly<Record<string, (container: Container) => string>> = {
  ID: ({ id }) => id.slice(0, 12),
  FullID: ({ id }) => id,
  Name: ({ plainName }) => plainName,
  ImageID: ({ imageId }) => imageId.slice(0, 12),
  ImageFullID: ({ imageId }) => imageId,
  ImageName: ({ config }) => config.Image,
  Command: ({ path, args }) => [path, ...args].join(' '),
  DaemonName: () => 'docker',
};

/**
 * Returns the attributes of each entry from the driver's options, sorted by key: labels, variables and a tag
 * (docs/reference/behavior/streams.md#container-logs).
 */
export async function logAttributes(container: Container): Promise<LogAttribute[]> {
  const options = container.hostConfig.LogConfig.Config ?? {};
  const labels = Object.entries(container.config.Labels ?? {});
  const env = (container.config.Env ?? [])
    .filter((variable) => variable.includes('='))
    .map((variable) => [variable.split('=', 1)[0] as string, variable.slice(variable.indexOf('=') + 1)] as const);
  const found = new Map<string, string>();
  const add = async (values: Iterable<readonly [string, string]>, names = '', pattern = ''): Promise<void> => {
    const listed = names.split(',');
    const matches = pattern === '' ? (): boolean => false : await textMatcher(pattern);
    for (const [key, value] of values) if (listed.includes(key) || matches(key)) found.set(key, value);
  };
  await add(labels, options.labels, options['labels-regex']);
  await add(env, options.env, options['env-regex']);
  const tag = (options.tag ?? '').replace(placeholder, (whole, name) => placeholders[name]?.(container) ?? whole);
  if (tag !== '') found.set('tag', tag);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([Key, Value]) => ({ Key, Value }));
}
