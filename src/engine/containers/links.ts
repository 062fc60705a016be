import { AttestdError } from '../../errors.js';
import type { Context } from '../context.js';
import type { Container } from './container.js';
import { sharedContainer } from './modes.js';

/** A container that another one finds by an alias on the default bridge. */
export interface Link {
  readonly container: Container;
  readonly alias: string;
}

/** `NAME[:ALIAS]`; the alias is the name without it. */
function parseLink(spec: string): { readonly name: string; readonly alias: string } {
  const [name = '', alias, more] = spec.split(':');
  if (spec === '') throw new AttestdError('INVALID_ARGUMENT', 'empty string specified for links');
  if (more !== undefined) throw new AttestdError('INVALID_ARGUMENT', `bad format for links: ${spec}`);
  return { name, alias: alias ?? name };
}

/**
 * Check that what a container is linked to is there (docs/behaviour.md#container-create).
 *
 * @throws INVALID_ARGUMENT for a container that is not, and for one in the machine's network
 */
export function checkLinks(context: Context, links: readonly string[]): void {
  for (const spec of links) {
    let { name } = parseLink(spec);
    let mode = '';
    const seen = new Set<string>();
    while (name !== '' && !seen.has(name)) {
      seen.add(name);
      try {
        mode = context.containers.resolve(name).hostConfig.NetworkMode;
      } catch (error) {
        const why = `could not get container for ${name}: ${(error as Error).message}`;
        throw new AttestdError('INVALID_ARGUMENT', why, { cause: error });
      }
      name = sharedContainer(mode) ?? '';
    }
    if (mode === 'host')
      throw new AttestdError(
        'INVALID_ARGUMENT',
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
      );
  }
}

/** The containers that one is linked to, without those that have gone. */
export function linksOf({ containers }: Context, { hostConfig }: Container): readonly Link[] {
  return (hostConfig.Links ?? []).flatMap((spec) => {
    const { name, alias } = parseLink(spec);
    try {
      return [{ container: containers.resolve(name), alias }];
    } catch {
      return [];
    }
  });
}
