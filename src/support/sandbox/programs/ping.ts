import { isIP } from 'node:net';
import { isOwn } from '../kernel/interfaces.js';
import { SIG } from '../kernel/signals.js';
import type { Task } from '../kernel/task.js';
import { complain, write } from './io.js';
import { addressesOf } from './names.js';
import { type Options, parseOptions, Usage, withUsage } from './options.js';

/** Simulated round-trip time in milliseconds. */
const roundTrip = 0.1;
const headerBytes = 8;
const defaultIntervalMs = 10;

/** `ping [-c COUNT] [-s SIZE] [-i SECONDS] [-W SECONDS] [-w SECONDS] [-q] HOST` */
export const ping = withUsage(async (task, argv) => {
  const options = parseOptions(argv, '46c:s:i:At:I:W:w:qp:');
  const [host] = options.words;
  if (host === undefined) throw new Usage('missing host operand');
  const six = options.has('6') || (argv[0] ?? '').endsWith('6');
  const family = six ? 6 : options.has('4') ? 4 : undefined;
  const found = addressesOf(task, host);
  const address = found.find((each) => family === undefined || isIP(each) === family);
  if (address === undefined) {
    await complain(task, `ping: bad address '${host}'`);
    return 1;
  }
  return new Series(task, options, host, address).run();
});

/** Packets to one address. */
class Series {
  #sent = 0;
  #received = 0;
  #stopped = false;
  #wake: () => void = () => undefined;
  readonly #count: number;
  readonly #size: number;
  readonly #interval: number;
  readonly #wait: number;
  readonly #deadline: number;

  constructor(
    private readonly task: Task,
    private readonly options: Options,
    private readonly host: string,
    private readonly address: string,
  ) {
    this.#count = number(options, 'c', Number.POSITIVE_INFINITY);
    this.#size = number(options, 's', 56);
    this.#interval = number(options, 'i', 1) * 1000;
    this.#wait = number(options, 'W', defaultIntervalMs) * 1000;
    this.#deadline = number(options, 'w', Number.POSITIVE_INFINITY) * 1000;
  }

  async run(): Promise<number> {
    const { task } = this;
    await write(task, `PING ${this.host} (${this.address}): ${this.#size} data bytes\n`);
    if (!hasRoute(task, this.address)) {
      await complain(task, 'ping: sendto: Network is unreachable');
      return 1;
    }
    const begun = task.machine.clock.now();
    const left = (): number => this.#deadline - (task.machine.clock.now() - begun);
    task.handlers.set(SIG.INT, () => {
      this.#stopped = true;
      this.#wake();
    });
    while (this.#sent < this.#count && left() > 0 && !this.#stopped) {
      await this.#send();
      const more = this.#sent < this.#count;
      // The last packet may take longer than the others to come back.
      const pause = more ? this.#interval : this.#received > 0 ? 0 : this.#wait;
      if (pause > 0 && left() > 0) await this.#pause(Math.min(pause, left()));
    }
    await this.#sum();
    return this.#received > 0 ? 0 : 1;
  }

  /** Waits for a number of milliseconds, or until an interrupt. */
  #pause(duration: number): Promise<void> {
    return this.task.block((resolve) => {
      const timer = this.task.machine.clock.after(duration, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
      return () => timer.cancel();
    });
  }

  async #send(): Promise<void> {
    const { machine } = this.task;
    const answered = machine.network.answers(this.address) || isOwn(machine, this.address);
    const sequence = this.#sent++;
    if (!answered) return;
    this.#received++;
    if (this.options.has('q')) return;
    const bytes = this.#size + headerBytes;
    await write(
      this.task,
      `${bytes} bytes from ${this.address}: seq=${sequence} ttl=64 time=${roundTrip.toFixed(3)} ms\n`,
    );
  }

  async #sum(): Promise<void> {
    const lost = this.#sent === 0 ? 0 : Math.floor(((this.#sent - this.#received) * 100) / this.#sent);
    const time = roundTrip.toFixed(3);
    const times = this.#received > 0 ? `round-trip min/avg/max = ${time}/${time}/${time} ms\n` : '';
    await write(
      this.task,
      `\n--- ${this.host} ping statistics ---\n${this.#sent} packets transmitted, ${this.#received} packets received, ${lost}% packet loss\n${times}`,
    );
  }
}

function number(options: Options, letter: string, otherwise: number): number {
  const text = options.value(letter);
  if (text === undefined) return otherwise;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Usage(`invalid number '${text}'`);
  return Number(text);
}

/** Whether a packet can be sent at all. */
function hasRoute({ machine }: Task, address: string): boolean {
  const { network } = machine;
  const six = isIP(address) === 6;
  return (
    isOwn(machine, address) ||
    network.answers(address) ||
    network.interfaces().some(({ gateway4, gateway6 }) => (six ? gateway6 : gateway4) !== undefined)
  );
}
