import { AttestdError } from '../../support/foundation/errors.js';
import type { Filters } from '../filters.js';
import { maxBufferedEventBytes, maxBufferedEvents, maxFilterLength, maxQueuedEventBytes } from '../limits.js';
import { parseUnixTimestamp } from '../timestamps.js';
import { includesEvent } from './filter.js';

/** The object of an event. */
export interface EventActor {
  readonly id: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The scope of an event. */
export type EventScope = 'local' | 'swarm';

/** An event as `GET /events` reports it. */
export interface DaemonEvent {
  readonly type: string;
  readonly action: string;
  readonly actor: EventActor;
  /** Whether the event concerns this daemon alone or its swarm. */
  readonly scope: EventScope;
  /** Nanoseconds since 1970. */
  readonly timeNano: bigint;
}

/** Options of a subscription. */
export interface Subscription {
  /** Nanoseconds since 1970. Without `since` and `until`, only new events are reported. */
  readonly since?: bigint | undefined;
  /** Nanoseconds since 1970. The stream ends at this time. */
  readonly until?: bigint | undefined;
  readonly filters?: Filters | undefined;
  /** Length of the filters in the request, in characters. */
  readonly filterLength?: number;
}

/**
 * The range of `GET /events` as it comes in the query.
 *
 * @throws INVALID_ARGUMENT with dockerd's text (docs/reference/behavior/daemon.md#events)
 */
export function eventRange(
  since: string | undefined,
  until: string | undefined,
): { since: bigint | undefined; until: bigint | undefined } {
  const range = { since: parsePart('since', since), until: parsePart('until', until) };
  if (range.until !== undefined && range.until < (range.since ?? range.until)) {
    const reason = `\`since\` time (${since}) cannot be after \`until\` time (${until})`;
    throw new AttestdError('INVALID_ARGUMENT', reason);
  }
  return range;
}

function parsePart(name: string, text: string | undefined): bigint | undefined {
  try {
    return parseUnixTimestamp(text);
  } catch (error) {
    throw new AttestdError('INVALID_ARGUMENT', `invalid value for '${name}': ${(error as Error).message}`);
  }
}

/** Events that wait for a slow subscriber; later ones are lost to it, as in dockerd. */
const waiting = 1024;

/** Estimates the memory of an event and its serialized form. */
function estimateBytes({ action, actor }: DaemonEvent): number {
  let length = action.length + actor.id.length;
  for (const name in actor.attributes) length += name.length + (actor.attributes[name] as string).length;
  return 256 + 2 * length;
}

/** The daemon's events: a bounded memory of the last ones and any number of subscribers. */
export class EventBus {
  private readonly history: { readonly event: DaemonEvent; readonly bytes: number }[] = [];
  private bufferedBytes = 0;
  private readonly queues = new Set<Queue>();
  /** Queues with events, and the bytes in them. A canceled subscription may still have unread events. */
  private readonly queuesWithEvents = new Set<Queue>();
  private waiting = 0;
  private filterLength = 0;
  /** Time of the last event. */
  private last = 0n;
  private readonly observers: ((event: DaemonEvent) => void)[] = [];
  private isClosed = false;

  /** @param clock nanoseconds since 1970, now */
  constructor(private readonly clock: () => bigint) {}

  /** Number of subscribers (`NEventsListener` of /info). */
  get listeners(): number {
    return this.queues.size;
  }

  /** Registers an observer, which receives each event before any subscriber. */
  observe(observer: (event: DaemonEvent) => void): void {
    this.observers.push(observer);
  }

  /** Publish an event that happens now. */
  log(type: string, action: string, actor: EventActor, scope: EventScope = 'local'): void {
    const last = this.last;
    const now = this.clock();
    // The clock is coarser than dockerd's; equal times would make `since` ambiguous.
    const event = { type, action, actor, scope, timeNano: now > last ? now : last + 1n };
    this.last = event.timeNano;
    const bytes = estimateBytes(event);
    this.history.push({ event, bytes });
    this.bufferedBytes += bytes;
    while (this.history.length > maxBufferedEvents || this.bufferedBytes > maxBufferedEventBytes)
      this.bufferedBytes -= this.history.shift()?.bytes ?? 0;
    for (const observer of this.observers) observer(event);
    for (const queue of this.queues) queue.offer(event, bytes);
    // The fullest queue drops events, so that other subscribers lose none.
    while (this.waiting > maxQueuedEventBytes)
      [...this.queuesWithEvents].reduce((a, b) => (b.bufferedBytes > a.bufferedBytes ? b : a)).dropOldest();
  }

  /**
   * Returns events of the history in range, then new ones. The subscription begins with the call.
   *
   * @param subscription range and filters
   * @param signal ends the stream
   * @throws NO_SPACE if the filters of all subscribers are too long
   */
  subscribe(subscription: Subscription, signal?: AbortSignal): AsyncIterableIterator<DaemonEvent> {
    const { since, until, filters, filterLength = 0 } = subscription;
    if (this.filterLength + filterLength > maxFilterLength)
      throw new AttestdError(
        'NO_SPACE',
        `the filters of all event streams have more than ${maxFilterLength} characters`,
      );
    const accepts = (event: DaemonEvent): boolean => filters === undefined || includesEvent(filters, event);
    const queue: Queue = new Queue(accepts, (change) => {
      this.waiting += change;
      if (queue.bufferedBytes > 0) this.queuesWithEvents.add(queue);
      else this.queuesWithEvents.delete(queue);
    });
    this.filterLength += filterLength;
    queue.onEnd(() => {
      this.queues.delete(queue);
      this.filterLength -= filterLength;
    });
    if (since !== undefined || until !== undefined) {
      // An end of 0 limits only the stream and not the history.
      const last = until || undefined;
      for (const { event, bytes: weight } of this.history) {
        const { timeNano: time } = event;
        if (time >= (since ?? 0n) && (last === undefined || time <= last)) queue.offer(event, weight);
      }
    }
    const remaining = until === undefined ? undefined : until - this.clock();
    if (this.isClosed || signal?.aborted === true || (remaining !== undefined && remaining < 0n)) queue.end();
    else this.follow(queue, remaining, signal);
    return queue;
  }

  private follow(queue: Queue, remaining: bigint | undefined, signal: AbortSignal | undefined): void {
    this.queues.add(queue);
    const end = (): void => queue.end();
    signal?.addEventListener('abort', end, { once: true });
    queue.onEnd(() => signal?.removeEventListener('abort', end));
    if (remaining === undefined) return;
    // A timer holds 31 bits of milliseconds.
    const timer = setTimeout(end, Number(remaining / 1_000_000n > 0x7fffffffn ? 0x7fffffffn : remaining / 1_000_000n));
    queue.onEnd(() => clearTimeout(timer));
  }

  /** Ends all subscriptions, also those that begin later: a daemon that stops would wait for them. */
  close(): void {
    this.isClosed = true;
    for (const queue of [...this.queues]) queue.end();
  }
}

/** One subscriber's events, waiting to be read. */
class Queue implements AsyncIterableIterator<DaemonEvent> {
  private readonly events: { readonly event: DaemonEvent; readonly bytes: number }[] = [];
  private readonly readers: ((result: IteratorResult<DaemonEvent>) => void)[] = [];
  private readonly endListeners: (() => void)[] = [];
  private hasEnded = false;
  /** Bytes that wait. */
  bufferedBytes = 0;

  /** @param count receives the change of queued bytes */
  constructor(
    private readonly accepts: (event: DaemonEvent) => boolean,
    private readonly count: (change: number) => void,
  ) {}

  onEnd(action: () => void): void {
    this.endListeners.push(action);
  }

  offer(event: DaemonEvent, bytes: number): void {
    if (this.hasEnded || !this.accepts(event)) return;
    const reader = this.readers.shift();
    if (reader !== undefined) reader({ value: event, done: false });
    else if (this.events.length < waiting) {
      this.events.push({ event, bytes });
      this.addBytes(bytes);
    }
  }

  /** Drops the newer half of the queue. */
  dropOldest(): void {
    for (const { bytes: weight } of this.events.splice(this.events.length >> 1)) this.addBytes(-weight);
  }

  private addBytes(change: number): void {
    this.bufferedBytes += change;
    this.count(change);
  }

  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    for (const action of this.endListeners) action();
    for (const reader of this.readers.splice(0)) reader({ value: undefined, done: true });
  }

  next(): Promise<IteratorResult<DaemonEvent>> {
    const next = this.events.shift();
    if (next !== undefined) {
      this.addBytes(-next.bytes);
      return Promise.resolve({ value: next.event, done: false });
    }
    if (this.hasEnded) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.readers.push(resolve));
  }

  return(): Promise<IteratorResult<DaemonEvent>> {
    for (const { bytes: weight } of this.events.splice(0)) this.addBytes(-weight);
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
