import type { Port, PortRange } from './port.js';

/** Ports that ranges name, which may be very many and lie one over the other. */
export class PortRanges {
  /** By protocol. Once sorted, ranges neither overlap nor touch. */
  readonly #ranges = new Map<string, PortRange[]>();
  #sorted = true;

  get empty(): boolean {
    return this.#ranges.size === 0;
  }

  add(range: PortRange): void {
    const ranges = this.#ranges.get(range.protocol);
    if (ranges === undefined) this.#ranges.set(range.protocol, [range]);
    else ranges.push(range);
    this.#sorted = false;
  }

  has({ number, protocol }: Port): boolean {
    if (!this.#sorted) this.#sort();
    const ranges = this.#ranges.get(protocol) ?? [];
    let [from, to] = [0, ranges.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((ranges[middle] as PortRange).end < number) from = middle + 1;
      else to = middle;
    }
    const range = ranges[from];
    return range !== undefined && range.start <= number;
  }

  #sort(): void {
    this.#sorted = true;
    for (const [protocol, ranges] of this.#ranges) {
      const whole: PortRange[] = [];
      for (const range of ranges.sort((a, b) => a.start - b.start)) {
        const last = whole.at(-1);
        if (last === undefined || last.end < range.start) whole.push(range);
        else if (last.end < range.end) whole[whole.length - 1] = { ...last, end: range.end };
      }
      this.#ranges.set(protocol, whole);
    }
  }
}
