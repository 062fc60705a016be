import type { Container } from '../container.js';

/** Where programs are looked for in a container whose configuration does not say. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Put variables over others: a name that is there already gets the new value in its old place, and a name without a
 * value goes away.
 *
 * @param values `KEY=value` or `KEY`
 */
export function overrideEnv(values: readonly string[], overrides: readonly string[]): string[] {
  const result: (string | undefined)[] = [...values];
  const places = new Map(values.map((value, at) => [nameOf(value), at]));
  for (const override of overrides) {
    const place = places.get(nameOf(override));
    const value = override.includes('=') ? override : undefined;
    if (place !== undefined) result[place] = value;
    else if (value !== undefined) result.push(value);
  }
  return result.filter((value) => value !== undefined);
}

function nameOf(value: string): string {
  return value.split('=', 1)[0] as string;
}

/**
 * The environment of a process in a container (docs/reference/behavior/containers.md#container-environment): what the daemon sets, and over
 * that what the container was created with.
 */
export function environmentOf({ config }: Container, tty: boolean): string[] {
  const own = [`PATH=${defaultPath}`, `HOSTNAME=${config.Hostname}`, ...(tty ? ['TERM=xterm'] : [])];
  return overrideEnv(own, config.Env ?? []);
}
