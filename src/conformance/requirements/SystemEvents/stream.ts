import { AdaptiveTimeout } from '../../adaptive-timeout.js';
import { type Answer, type Api, filters } from '../../api.js';
import { type Shape, same, Unmet } from '../../expect.js';
import type { CheckContext } from '../../requirement.js';
import type { LoadedImage } from '../../session.js';
import { idOf, isIdOf, pause } from '../common.js';

/** Seconds with their fraction, as since takes them. */
export function moment(milliseconds: number): string {
  return (Math.floor(milliseconds) / 1000).toFixed(3);
}

/** By how many milliseconds the daemon's clock is ahead of this one's: at least, and at most. */
interface Offset {
  least: number;
  most: number;
}

const offsets = new WeakMap<Api, Promise<Offset>>();

/** Milliseconds within which an answer dates the daemon's clock well enough, and the number of attempts. */
const soon = 10;
const asked = 3;

/** Milliseconds by which the estimate of the daemon's present may be late; checks wait until then. */
const unsure = 300;

/** The daemon's clock by /info. Read once a run, because some daemons need seconds for /info. */
async function measured(t: CheckContext): Promise<Offset> {
  const offset: Offset = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };
  for (let tries = 0; tries < asked; tries += 1) {
    const before = Date.now();
    const text = (await t.api.get('/info', { version: null })).status(200).json().at('SystemTime').string();
    const after = Date.now();
    const at = Date.parse(text);
    if (Number.isNaN(at)) throw new Unmet('SystemTime', 'an RFC 3339 time', text);
    offset.least = Math.max(offset.least, at - after);
    offset.most = Math.min(offset.most, at + (text.includes('.') ? 1 : 1000) - before);
    if (after - before <= soon) break;
  }
  return offset;
}

function offsetOf(t: CheckContext): Promise<Offset> {
  const known = offsets.get(t.api);
  if (known) return known;
  const asking = measured(t);
  offsets.set(t.api, asking);
  asking.catch(() => offsets.delete(t.api));
  return asking;
}

/** The daemon's own clock in milliseconds, never ahead of it: the clocks of both sides and their zones may differ. */
export async function clock(t: CheckContext): Promise<number> {
  const { least } = await offsetOf(t);
  return Date.now() + least;
}

/**
 * The daemon's present, as a value of `until`: all events so far are before it.
 *
 * @param ahead milliseconds to add, to wait for later events
 */
export async function present(t: CheckContext, ahead = 0): Promise<string> {
  const { least, most } = await offsetOf(t);
  return moment(Math.ceil(Date.now() + Math.max(least, Math.min(most, least + unsure))) + ahead);
}

/** Lower bound of the daemon's clock from the times of events. A time ahead of the clock is ignored. */
async function learn(t: CheckContext, answer: Answer): Promise<void> {
  const offset = await offsetOf(t);
  for (const [, nano] of answer.text.matchAll(/"timeNano":\s*(\d{1,19})/g)) {
    const least = Number(nano) / 1e6 - Date.now();
    if (least > offset.least && least <= offset.most) offset.least = least;
  }
}

/**
 * Events of images since a moment, up to the daemon's present.
 *
 * @param ahead milliseconds to wait for more: daemons that follow a log may not have read it up to now
 */
export async function since(
  t: CheckContext,
  from: number,
  filter: Record<string, string[]> = { type: ['image'] },
  ahead = 0,
): Promise<Answer> {
  const query = { since: moment(from), until: await present(t, ahead), filters: filters(filter) };
  const answer = (await t.api.get('/events', { query })).status(200);
  await learn(t, answer);
  return answer;
}

/** How far ahead an attempt looks. The first does not, so that a fast daemon costs no wait; later ones look further. */
const aheadOf = (tries: number): number => (tries < 3 ? 0 : Math.min(300 * (tries - 2), 1500));

/** Time that a daemon has to send an event, in milliseconds. */
const full = 5000;

/** Timeout for an event. */
const patienceOf = (t: CheckContext, what: string): AdaptiveTimeout =>
  new AdaptiveTimeout(t.api.wire.connection, what, full);

/**
 * Reads the events that a filter selects until they are complete, or until the daemon has sent all that it will.
 *
 * @param enough whether the events are complete. Default: there is an event
 */
export async function selected(
  t: CheckContext,
  from: number,
  filter: Record<string, string[]>,
  enough: (found: readonly Shape[]) => boolean = (found) => found.length > 0,
): Promise<Shape[]> {
  const patience = patienceOf(t, `events by ${Object.keys(filter).sort().join()}`);
  for (let tries = 0; ; tries += 1) {
    const found = (await since(t, from, filter, aheadOf(tries))).lines();
    if (enough(found) || (tries > 3 && patience.over)) return found;
    await pause(5 * tries);
  }
}

/** Wait for the events of an image that something caused. */
export async function caused(t: CheckContext, image: LoadedImage, from: number, action: string): Promise<Shape[]> {
  const about = [image.repository, idOf(t, image).slice('sha256:'.length)];
  const patience = patienceOf(t, `event ${action} of images`);
  for (let tries = 0; ; tries += 1) {
    const own = (await since(t, from, undefined, aheadOf(tries))).lines().filter((event) => {
      const text = JSON.stringify(event.value);
      return about.some((part) => text.includes(part));
    });
    const found = own.filter((event) => event.at('Action').value === action);
    if (found.length > 0) return found;
    if (tries > 3 && patience.over)
      throw new Unmet(
        'events',
        `one of action ${action}`,
        own.map(({ value }) => JSON.stringify(value)).join(' ') || 'none',
      );
    await pause(10 + 5 * tries);
  }
}

/** The event of an image's load, for requirements that look at what is in it. */
export const loaded = (t: CheckContext, image: LoadedImage, from: number): Promise<Shape[]> =>
  t.given('SystemEvents.load', () => caused(t, image, from, 'load'));

/**
 * Demands an event for the transfer of an image between a repository and a registry.
 *
 * @param path the member of the event that names the image
 */
export async function toldOf(t: CheckContext, from: number, action: 'pull' | 'push', path: string): Promise<void> {
  const about = (found: readonly Shape[]): Shape[] =>
    found.filter((event) => JSON.stringify(event.value).includes(path));
  const found = await selected(t, from, { type: ['image'], event: [action] }, (all) => about(all).length > 0);
  same(about(found)[0]?.at('Action').value, action, 'Action of the event');
}

/** Demand that an event is about an image; ids come with their algorithm or without. */
export function isAbout(t: CheckContext, event: Shape | undefined, image: LoadedImage): void {
  const id = event?.at('Actor', 'ID').string();
  if (!isIdOf(t, image, id)) throw new Unmet('Actor.ID', idOf(t, image), id ?? 'absent');
}
