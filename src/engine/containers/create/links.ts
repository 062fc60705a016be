import { AttestdError } from '../../../support/foundation/errors.js';
import type { Context } from '../../context.js';
import type { Container } from '../container.js';
import { isUserDefined, sharedContainer } from './modes.js';

/** `NAME[:ALIAS]`; the alias is the name without it. @throws INTERNAL for anything else */
export function parseLink(spec: string): { readonly name: string; readonly alias: string } {
  const [name = '', alias, more] = spec.split(':');
  if (spec === '') throw new AttestdError('INTERNAL', 'empty string specified for links');
  if (more !== undefined) throw new AttestdError('INTERNAL', `bad format for links: ${spec}`);
  return { name, alias: (alias ?? name).replace(/^\//, '') };
}

/**
 * Check that what a container is linked to is there (docs/reference/behavior/containers.md#container-create).
 *
 * @throws INVALID_ARGUMENT for a container that is not, and for one in the machine's network
 */
export function checkLinks(context: Context, links: readonly string[]): void {
  for (const spec of links) {
    let { name } = parseLink(spec);
    let mode = '';
    const seen = new Set<string>();
    do {
      seen.add(name);
      try {
        mode = context.containers.resolve(name).hostConfig.NetworkMode;
      } catch (error) {
        const reason = `could not get container for ${name}: ${(error as Error).message}`;
        throw new AttestdError('INVALID_ARGUMENT', reason, { cause: error });
      }
      name = sharedContainer(mode) ?? '';
    } while (name !== '' && !seen.has(name));
    if (mode === 'host')
      throw new AttestdError(
        'INVALID_ARGUMENT',
        "conflicting options: host type networking can't be used with links. This would result in undefined behavior",
      );
  }
}

/**
 * Note what a container is linked to, under further names of it (docs/reference/behavior/containers.md#container-links). In networks that
 * users made, links are those of the endpoint, and these count for nothing.
 */
export function addLinks(context: Context, container: Container, links: readonly string[]): void {
  container.hostConfig.Links = undefined;
  if (isUserDefined(container.hostConfig.NetworkMode)) return;
  for (const spec of links) {
    const { name, alias } = parseLink(spec);
    if (container.links.has(alias)) continue;
    const other = context.containers.resolve(name);
    container.links.set(alias, other);
    context.containers.addLinkName(other.id, linkName(container.name, alias));
  }
}

const linkName = (parent: string, alias: string): string => `${parent}/${alias}`;

/** Call the links of a container by its new name. */
export function renameLinks(context: Context, container: Container, before: string): void {
  releaseLinks(context, container, before);
  for (const [alias, other] of container.links)
    context.containers.addLinkName(other.id, linkName(container.name, alias));
}

/** Give back the names that the links of a container have below its own. */
export function releaseLinks({ containers }: Context, { links }: Container, name: string): void {
  for (const alias of links.keys()) containers.release(linkName(name, alias));
}

/**
 * Take a link away.
 *
 * @param path `parent/alias`
 * @throws INTERNAL for a container's own name; NOT_FOUND without such a parent
 */
export function removeLink({ containers }: Context, path: string): void {
  const full = path.startsWith('/') ? path : `/${path}`;
  const slash = full.lastIndexOf('/');
  if (slash === 0) throw new AttestdError('INTERNAL', 'Conflict, cannot remove the default link name of the container');
  const parent = containers.byName(full.slice(0, slash));
  if (parent === undefined) throw new AttestdError('NOT_FOUND', `No such container: ${full.slice(1, slash)}`);
  containers.release(full);
  parent.links.delete(full.slice(slash + 1));
}

/** The links as inspect shows them; undefined without any. */
export function visibleLinks({ name, links }: Container): string[] | undefined {
  if (links.size === 0) return undefined;
  return [...links].map(([alias, other]) => `${other.name}:${linkName(name, alias)}`);
}

/**
 * Check that what a container is linked to runs.
 *
 * @throws INTERNAL, as in dockerd
 */
export function checkLinked({ name, links }: Container): void {
  for (const [alias, other] of links)
    if (!other.state.running)
      throw new AttestdError(
        'INTERNAL',
        `Cannot link to a non running container: ${other.name} AS ${linkName(name, alias)}`,
      );
}
