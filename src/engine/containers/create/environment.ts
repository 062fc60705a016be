import type { Container } from '../container.js';

/** The default `PATH` of a container. */
export const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Merges variables into a list. A variable that exists gets the new value in its old position; a name without a value
 * removes it.
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
 * Returns the environment of a process in a container (docs/reference/behavior/containers.md#container-environment):
 * the daemon's variables, overridden by the container's.
 */
export function environmentOf({ config }: Container, tty: boolean): string[] {
  const own = [`PATH=${defaultPath}`, `HOSTNAME=${config.Hostname}`, ...(tty ? ['TERM=xterm'] : [])];
  return overrideEnv(own, config.Env ?? []);
}
