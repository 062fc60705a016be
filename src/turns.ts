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
let scheduled = false;

/**
 * Wait for a turn of the event loop. Of all that wait, one request's work and one program goes on in each: all of them
 * together would be as long as if none had given way.
 *
 * @returns what takes the wait away
 */
export function takeTurn(kind: keyof typeof queues, resume: () => void): () => void {
  const place: Place = { resume };
  queues[kind].add(place);
  if (!scheduled) setImmediate(goOn);
  scheduled = true;
  return () => {
    place.resume = undefined;
  };
}

function goOn(): void {
  const chosen = [queues.request.take(), queues.program.take()];
  scheduled = !queues.request.empty || !queues.program.empty;
  if (scheduled) setImmediate(goOn);
  began = performance.now();
  for (const resume of chosen) resume?.();
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
