/** Milliseconds that long work takes at a time before requests that came meanwhile have their turn. */
const slice = 10;

/** Milliseconds that work takes at a time for which nobody waits: a request of many steps meets such a turn at each of them. */
const asideSlice = 0.5;

/** Milliseconds after which nobody is taken to wait for what was asked for last, and those that such work rests until then. */
const answered = 100;
const asideRest = 5;

let began = 0;
let asideBegan = 0;
let asked = Number.NEGATIVE_INFINITY;
/** How many wait for work that steps aside otherwise. */
let hurries = 0;

/** Someone who waits for a turn; nobody any more where `resume` is gone. */
interface QueuedTask {
  resume: (() => void) | undefined;
}

/** Places that have had their turn before they are let go of. */
const mostPast = 1024;

/** Those who wait, in their order. */
export class TaskQueue {
  #places: QueuedTask[] = [];
  #next = 0;

  /** Places that are held in memory. */
  get held(): number {
    return this.#places.length;
  }

  get empty(): boolean {
    return this.#next === this.#places.length;
  }

  add(place: QueuedTask): void {
    this.#places.push(place);
  }

  /** The first that still waits. */
  take(): (() => void) | undefined {
    let resume: (() => void) | undefined;
    while (resume === undefined && !this.empty) resume = this.#places[this.#next++]?.resume;
    // Programs that never end may keep it from ever being empty.
    if (this.empty || this.#next >= Math.max(mostPast, this.#places.length / 2)) {
      this.#places = this.#places.slice(this.#next);
      this.#next = 0;
    }
    return resume;
  }
}

/** The work of requests, that of programs in containers, of which there may be thousands, and what nobody waits for. */
const queues = { request: new TaskQueue(), program: new TaskQueue(), aside: new TaskQueue() } as const;

/** What waits to be begun, of one kind. */
class AdmissionQueue {
  /** By who wants it, who has waited longest first. */
  readonly #wanted = new Map<object, (() => void)[]>();
  /** Whether something was begun in this turn of the event loop. */
  begun = false;

  get empty(): boolean {
    return this.#wanted.size === 0;
  }

  add(owner: object, act: () => void): void {
    const acts = this.#wanted.get(owner);
    if (acts === undefined) this.#wanted.set(owner, [act]);
    else acts.push(act);
  }

  /** What whoever has waited longest wants to begin; who wants more waits for all others then. */
  take(): (() => void) | undefined {
    for (const [owner, acts] of this.#wanted) {
      const act = acts.shift();
      this.#wanted.delete(owner);
      if (acts.length > 0) this.#wanted.set(owner, acts);
      this.begun = true;
      return act;
    }
    return undefined;
  }
}

/** Pings, connections, questions, and all that may be large: who only asks does not wait for everybody who sends. */
const beginnings = {
  ping: new AdmissionQueue(),
  connection: new AdmissionQueue(),
  question: new AdmissionQueue(),
  other: new AdmissionQueue(),
} as const;
let scheduled = false;

/** Whether a connection has come since the last turn, and turns in a row that were left to connections and questions. */
let came = false;
let left = 0;
const mostLeft = 250;
/** While connections come or wait, a question is begun in one turn of so many: each would keep the next connection waiting. */
const turnsAQuestion = 32;

/**
 * A connection has come. libuv accepts one in a turn of the event loop, so that the next ones would wait a slice each: a few
 * turns go by without work then.
 */
export function noteConnection(): void {
  came = true;
}

/**
 * Wait for a turn of the event loop. Of all that wait, one request's work and one program goes on in each: all of them
 * together would be as long as if none had given way.
 *
 * @returns what takes the wait away
 */
export function enqueueTask(kind: keyof typeof queues, resume: () => void): () => void {
  const place: QueuedTask = { resume };
  queues[kind].add(place);
  schedule();
  return () => {
    place.resume = undefined;
  };
}

function schedule(): void {
  if (!scheduled) setImmediate(goOn);
  scheduled = true;
}

/** Whether connections come or wait. */
const isCrowded = (): boolean => came || !beginnings.connection.empty;

/** Whether turns are left to those who come or ask. */
function shortFirst(): boolean {
  const { ping, question } = beginnings;
  return isCrowded() || !ping.empty || !question.empty;
}

function goOn(): void {
  const { ping, connection, question, other } = beginnings;
  const kinds = [ping, connection, question, other];
  for (const kind of kinds) kind.begun = false;
  left = shortFirst() && left < mostLeft ? left + 1 : 0;
  const holdsBack = isCrowded() && left % turnsAQuestion > 0;
  came = false;
  const chosen = [ping.take(), connection.take(), holdsBack ? undefined : question.take()];
  if (left === 0) chosen.push(queues.aside.take(), other.take(), queues.request.take(), queues.program.take());
  scheduled = false;
  const { request, program, aside } = queues;
  const waiting = [request, program, aside].some((queue) => !queue.empty);
  if (left > 0 || waiting || kinds.some((kind) => kind.begun || !kind.empty)) schedule();
  // Work that goes on by itself, as bytes come to it, gives way too while others come first.
  if (left === 0) asideBegan = began = performance.now();
  for (const resume of chosen) resume?.();
}

/**
 * Begin what somebody asks for: on the spot, or in a later turn of the event loop where something else of its kind was begun
 * in this one. A turn hears of thousands of connections at once, and all of what they ask for together would keep everybody
 * waiting.
 *
 * @param owner the connection, of which there may be many with one wish each, or one with very many
 * @param kind one of each is begun in a turn, so that a ping waits for no question, of which each may take long; `other` not while
 *   connections come or wait: whoever comes after hundreds of them would wait until all of their work was begun, of those who
 *   have left again too
 */
export function admitTask(owner: object, act: () => void, kind: keyof typeof beginnings = 'other'): void {
  asked = performance.now();
  const line = beginnings[kind];
  const waits = kind === 'other' ? shortFirst() : kind === 'question' && isCrowded();
  if (line.begun || !line.empty || waits) {
    line.add(owner, act);
    schedule();
    return;
  }
  line.begun = true;
  schedule();
  act();
}

/** Whether nobody has had a turn for so long that others are to have one. */
export function isSliceUsedUp(): boolean {
  return performance.now() - began >= slice;
}

/**
 * Called in each round of a loop that may be long: lets others have their turn when it is due. What reads small files does
 * so on the spot, so that nothing else in such a loop waits.
 *
 * @returns undefined while it is not due
 */
export function yieldIfDue(): Promise<void> | undefined {
  return isSliceUsedUp() ? new Promise((resolve) => enqueueTask('request', resolve)) : undefined;
}

/**
 * As `giveWay`, for work that nobody waits for: it is due much sooner, and rests while somebody is likely to be answered, so
 * that requests hardly notice it.
 */
export function yieldToRequests(): Promise<void> | undefined {
  const now = performance.now();
  if (now - asideBegan < asideSlice) return undefined;
  const rests = hurries === 0 && now - asked < answered;
  return new Promise((resolve) => {
    if (rests) setTimeout(enqueueTask, asideRest, 'aside', resolve);
    else enqueueTask('aside', resolve);
  });
}

/** Wait for what steps aside otherwise. */
export async function runUrgently<T>(act: () => Promise<T>): Promise<T> {
  hurries++;
  try {
    return await act();
  } finally {
    hurries--;
  }
}
