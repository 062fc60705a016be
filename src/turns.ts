/** Milliseconds that long work takes at a time before requests that came meanwhile have their turn. */
const slice = 10;

let began = 0;

/** Someone who waits for a turn; nobody any more where `resume` is gone. */
interface Place {
  resume: (() => void) | undefined;
}

/** Those who wait, in their order. */
class Queue {
  #places: Place[] = [];
  #next = 0;

  get empty(): boolean {
    return this.#next === this.#places.length;
  }

  add(place: Place): void {
    this.#places.push(place);
  }

  /** The first that still waits. */
  take(): (() => void) | undefined {
    let resume: (() => void) | undefined;
    while (resume === undefined && !this.empty) resume = this.#places[this.#next++]?.resume;
    if (this.empty) {
      this.#places = [];
      this.#next = 0;
    }
    return resume;
  }
}

/** The work of requests, and that of programs in containers, of which there may be thousands. */
const queues = { request: new Queue(), program: new Queue() } as const;
/** What waits to be begun, by who wants it, who has waited longest first. */
const wanted = new Map<object, (() => void)[]>();
let scheduled = false;
/** Whether something was begun in this turn of the event loop. */
let begun = false;

/**
 * Wait for a turn of the event loop. Of all that wait, one request's work and one program goes on in each: all of them
 * together would be as long as if none had given way.
 *
 * @returns what takes the wait away
 */
export function takeTurn(kind: keyof typeof queues, resume: () => void): () => void {
  const place: Place = { resume };
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

function goOn(): void {
  const first = takeWanted();
  const chosen = [queues.request.take(), queues.program.take(), first];
  begun = first !== undefined;
  scheduled = false;
  if (begun || !queues.request.empty || !queues.program.empty) schedule();
  began = performance.now();
  for (const resume of chosen) resume?.();
}

/** Of those who want to begin something, whoever has waited longest; who wants more waits for all others then. */
function takeWanted(): (() => void) | undefined {
  for (const [owner, acts] of wanted) {
    const act = acts.shift();
    wanted.delete(owner);
    if (acts.length > 0) wanted.set(owner, acts);
    return act;
  }
  return undefined;
}

/**
 * Begin what somebody asks for: on the spot, or in a later turn of the event loop where something else was begun in this
 * one. A turn hears of thousands of connections at once, and all of what they ask for together would keep everybody waiting.
 *
 * @param owner the connection, of which there may be many with one wish each, or one with very many
 */
export function beginInTurn(owner: object, act: () => void): void {
  if (begun || wanted.size > 0) {
    const acts = wanted.get(owner);
    if (acts === undefined) wanted.set(owner, [act]);
    else acts.push(act);
    return;
  }
  begun = true;
  schedule();
  act();
}

/** Whether nobody has had a turn for so long that others are to have one. */
export function isDue(): boolean {
  return performance.now() - began >= slice;
}

/**
 * Called in each round of a loop that may be long: lets others have their turn when it is due. What reads small files does
 * so on the spot, so that nothing else in such a loop waits.
 *
 * @returns undefined while it is not due
 */
export function giveWay(): Promise<void> | undefined {
  return isDue() ? new Promise((resolve) => takeTurn('request', resolve)) : undefined;
}
