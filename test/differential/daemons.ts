import { Connection, headerOf } from '../../src/client/connection.js';
import { parseHost } from '../../src/client/target.js';
import type { Answer } from './compare.js';
import type { Archive } from './pool.js';
import { NAMES, type Step } from './requests.js';

/** A daemon that requests are put to. */
export class Subject {
  readonly #connection: Connection;

  constructor(host: string) {
    this.#connection = new Connection(parseHost(host));
  }

  async #send(method: string, path: string, body?: Buffer | string): Promise<Answer> {
    const type = typeof body === 'string' && !body.startsWith('\0') ? 'application/json' : 'application/x-tar';
    const answer = await this.#connection.send({
      method,
      path,
      timeout: 60_000,
      ...(body === undefined
        ? {}
        : { body, headers: { 'Content-Type': type, 'Content-Length': `${Buffer.byteLength(body)}` } }),
    });
    const headers = Object.fromEntries(
      answer.headers.map(([name]) => [name.toLowerCase(), headerOf(answer, name) ?? '']),
    );
    return { status: answer.status, headers, body: answer.body };
  }

  /** Puts one step to the daemon. */
  put(step: Step, archives: readonly Archive[]): Promise<Answer> {
    return this.#send(step.method, step.path, step.archive === undefined ? step.body : archives[step.archive]?.content);
  }

  /** The ids of all its images; undefined where the daemon fails to list them. */
  async images(): Promise<string[] | undefined> {
    const { status, body } = await this.#send('GET', '/images/json?all=1');
    if (status !== 200) return undefined;
    return (JSON.parse(body.toString()) as { Id: string }[]).map((image) => image.Id);
  }

  /** Removes all its images and what they leave behind. */
  async clear(archives: readonly Archive[]): Promise<void> {
    // One image with a broken descriptor makes the whole list fail; then the images go by the names they can have.
    const present = (await this.images()) ?? [...NAMES, ...archives.flatMap(({ names }) => names)];
    for (const name of present) await this.#send('DELETE', `/images/${name}?force=1`);
    const left = await this.images();
    if (left?.length !== 0) throw new Error(`images that cannot be removed: ${left?.join(' ')}`);
    // Content that a lease still held is collected with the next image that goes.
    const [broom] = archives;
    if (broom === undefined || present.length === 0) return;
    await this.#send('POST', '/images/load', broom.content);
    for (const name of broom.names) await this.#send('DELETE', `/images/${name}?force=1`);
  }

  /** The daemon's own time, in seconds and nanoseconds as the parameters of `/events` take it. */
  async now(): Promise<string> {
    const { body } = await this.#send('GET', '/info');
    const { SystemTime } = JSON.parse(body.toString()) as { SystemTime: string };
    const fraction = /\.(\d+)/.exec(SystemTime)?.[1] ?? '';
    return `${Math.floor(Date.parse(SystemTime) / 1000)}.${fraction.padEnd(9, '0')}`;
  }

  /** The events of a span of the daemon's time, as an answer whose times are gone. */
  async events(since: string, until: string): Promise<Answer> {
    const query = `since=${since}&until=${until}&filters={"type":["image"]}`;
    const answer = await this.#send('GET', `/events?${query.replaceAll('"', '%22')}`);
    const lines = answer.body.toString().split('\n');
    const timeless = lines
      .filter((line) => line !== '')
      .map((line) => {
        const { time: _time, timeNano: _timeNano, ...rest } = JSON.parse(line) as Record<string, unknown>;
        return JSON.stringify(rest);
      });
    return { ...answer, body: Buffer.from(timeless.join('\n')) };
  }

  close(): void {
    this.#connection.close();
  }
}
