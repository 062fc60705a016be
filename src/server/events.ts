import type { DaemonEvent } from '../engine/events/bus.js';
import { jsonRecord, sortedMap } from '../support/go/json.js';

/** Content types of an event stream; which of them a client gets is negotiated. */
export const jsonLines = 'application/jsonl';
const ndjson = 'application/x-ndjson';
export const jsonSequence = 'application/json-seq';
const offers = [jsonLines, ndjson, jsonSequence];

/**
 * Choose the content type of an event stream (docs/reference/behavior/daemon.md#events): an offered type that the `Accept` header
 * names, the one with the highest quality first, wildcards ignored.
 *
 * @param accept the header's value
 * @param usual the type for a client that names none
 */
export function negotiateStreamType(accept: string | undefined, usual: string): string {
  let best = usual;
  let bestQuality = 0;
  const specs = (accept ?? '').split(',').map(parseSpec);
  for (const offer of offers) {
    for (const spec of specs) {
      if (spec.type !== offer || spec.quality <= bestQuality) continue;
      best = offer;
      bestQuality = spec.quality;
    }
  }
  return best;
}

/** Whether the `Accept` header names a type of JSON streams; wildcards do not. */
export function isStreamType(accept: string | undefined): boolean {
  return negotiateStreamType(accept, '') !== '';
}

function parseSpec(text: string): { type: string; quality: number } {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { type, quality: quality === undefined ? 1 : Number(quality) || 0 };
}

/** An event as API 1.52 and above have it. */
function renderEvent({ type, action, actor, scope, timeNano }: DaemonEvent): string {
  return jsonRecord({
    Type: type,
    Action: action,
    Actor: { ID: actor.id, Attributes: sortedMap(actor.attributes) },
    scope,
    time: timeNano / 1_000_000_000n,
    timeNano,
  });
}

/**
 * An event as API 1.51 and below have it: keys sorted, the fields of API 1.22 repeated, the time in nanoseconds rounded
 * as a float (docs/reference/behavior/daemon.md#events).
 */
function renderLegacyEvent(event: DaemonEvent): string {
  const { type, action, actor, scope, timeNano } = event;
  if (type !== 'image' && type !== 'container') return renderEvent(event);
  return jsonRecord({
    Action: action,
    Actor: { Attributes: sortedMap(actor.attributes), ID: actor.id },
    Type: type,
    from: type === 'container' ? (actor.attributes.image ?? '') : undefined,
    id: actor.id,
    scope,
    status: action,
    time: timeNano / 1_000_000_000n,
    timeNano: Number(timeNano),
  });
}

/** What the form of an event stream depends on. */
export interface StreamForm {
  readonly contentType: string;
  /** Below API 1.52: the older form. */
  readonly legacy: boolean;
  /** Below API 1.46: image create events are left out. */
  readonly withoutCreate: boolean;
}

/** What an event looks like in a form, made once for all who hear of it: connections share the bytes. */
class Rendered {
  readonly #made = new WeakMap<DaemonEvent, Buffer>();

  constructor(
    private readonly render: (event: DaemonEvent) => string,
    private readonly start = '',
  ) {}

  of(event: DaemonEvent): Buffer {
    const made = this.#made.get(event) ?? Buffer.from(`${this.start}${this.render(event)}\n`);
    this.#made.set(event, made);
    return made;
  }
}

const separator = '\u001e';
const current = new Rendered(renderEvent);
const currentSequence = new Rendered(renderEvent, separator);
const legacy = new Rendered(renderLegacyEvent);
const legacySequence = new Rendered(renderLegacyEvent, separator);

/** Write events one record each, in the form that the client's version and content type ask for. */
export async function* renderEvents(events: AsyncIterable<DaemonEvent>, form: StreamForm): AsyncGenerator<Buffer> {
  const sequence = form.contentType === jsonSequence;
  const rendered = form.legacy ? (sequence ? legacySequence : legacy) : sequence ? currentSequence : current;
  for await (const event of events) {
    if (form.withoutCreate && event.type === 'image' && event.action === 'create') continue;
    yield rendered.of(event);
  }
}
