import { AttestdError } from '../../../support/foundation/errors.js';
import type { Context } from '../../context.js';
import type { Container } from '../container.js';
import { isUserDefined, sharedContainer } from './modes.js';

/**
 * Parses `NAME[:ALIAS]`. The alias defaults to the name.
 *
 * @throws INTERNAL for anything else
 */
export function parseLink(spec: string): { readonly name: string; readonly alias: string } {
  const [name = '', alias, more] = spec.split(':');
  if (spec === '') throw new AttestdError('INTERNAL', 'empty string specified for links');
  if (more !== undefined) throw new AttestdError('INTERNAL', `bad format for links: ${spec}`);
  return { name, alias: (alias ?? name).replace(/^\//, '') };
}

/**
 * Checks that linked containers exist (docs/reference/behavior/containers.md#container-create).
 *
 * @throws INVALID_ARGUMENT for a container that does not exist or uses the host network
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
 * Links containers and registers the link names (docs/reference/behavior/containers.md#container-links). On
 * user-defined networks, links belong to the endpoint, and these links are ignored.
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

/** Releases the link names of a container. */
export function releaseLinks({ containers }: Context, { links }: Container, name: string): void {
  for (const alias of links.keys()) containers.release(linkName(name, alias));
}

/**
 * Removes a link.
 *
 * @param path `parent/alias`
 * @throws INTERNAL for the name of a container; NOT_FOUND if the parent does not exist
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

/** Returns the links in the form of inspect. Undefined if the container has none. */
export function visibleLinks({ name, links }: Container): string[] | undefined {
  if (links.size === 0) return undefined;
  return [...links].map(([alias, other]) => `${other.name}:${linkName(name, alias)}`);
}

/**
 * Checks that linked containers run.
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
