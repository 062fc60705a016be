import { AttestdError } from '../../support/foundation/errors.js';
import { createFileSystem } from '../../support/sandbox/fs/file-system.js';
import type { FileSystem } from '../../support/sandbox/fs/types.js';
import type { Container } from '../containers/container.js';
import type { Context } from '../context.js';
import type { Network } from '../networks/network.js';
import { type ContentKind, configKind, secretKind } from './content-kind.js';
import { invalid } from './invalid.js';
import type { Swarm } from './membership.js';
import { type Service, serviceKind } from './service.js';
import type { ContainerSpec, FileReference } from './task-spec.js';

/** A secret or config of a container. */
interface SpecFile {
  readonly kind: ContentKind;
  readonly id: string;
  readonly name: string;
  readonly file: FileReference['File'];
}

/** Returns all secrets and configs of a container spec. */
function fileReferencesOf({ Secrets: secrets = [], Configs: configs = [] }: ContainerSpec): SpecFile[] {
  return [
    ...secrets.flatMap((one) =>
      one ? [{ kind: secretKind, id: one.SecretID, name: one.SecretName, file: one.File }] : [],
    ),
    ...configs.flatMap((one) =>
      one ? [{ kind: configKind, id: one.ConfigID, name: one.ConfigName, file: one.File }] : [],
    ),
  ];
}

/**
 * Checks the secrets and configs of a container spec (docs/reference/behavior/services.md#services-of-a-swarm).
 *
 * @throws INVALID_ARGUMENT for a missing object or a duplicate target
 */
export function checkFiles(swarm: Swarm, spec: ContainerSpec): void {
  const targets = new Map<string, string>();
  for (const { kind, id, name, file } of fileReferencesOf(spec)) {
    if (swarm.store(kind).byId(id)?.data.Name !== name) throw invalid(`${kind.name} not found: ${name}`);
    const target = file?.Name ?? '';
    const other = targets.get(`${kind.name} ${target}`);
    if (other !== undefined)
      throw invalid(`${kind.name} references '${other}' and '${name}' have a conflicting target: '${target}'`);
    if (file !== undefined) targets.set(`${kind.name} ${target}`, name);
  }
}

/** Directories of files with a relative target. */
const defaultDirectories = { secret: '/run/secrets', config: '' } as const;

/**
 * Show a container its secrets and configurations, read-only files of their own file system.
 *
 * @returns the file system; undefined where there is none of them
 * @throws Error for a place where no file can be
 */
export function mountFiles(
  context: Context,
  swarm: Swarm,
  container: Container,
  spec: ContainerSpec,
): FileSystem | undefined {
  const references = fileReferencesOf(spec).filter(({ file }) => file !== undefined);
  if (references.length === 0 || container.fileSystem === undefined) return undefined;
  const files = createFileSystem({ budget: context.layerBudget, clock: context.timers });
  for (const [at, { kind, id, file }] of references.entries()) {
    const { Name: name = '', UID: uid = '', GID: gid = '', Mode: mode = 0 } = file ?? {};
    const data = Buffer.from(swarm.store(kind).byId(id)?.data.Data ?? '', 'base64');
    files.writeFile(`/${at}`, data, { mode });
    files.change(`/${at}`, { uid: Number(uid) || 0, gid: Number(gid) || 0 });
    const target = name.startsWith('/') ? name : `${defaultDirectories[kind.name]}/${name}`;
    container.fileSystem.mount(target, { fileSystem: files, path: `/${at}`, readOnly: true, type: 'tmpfs' });
  }
  return files;
}

/**
 * Nothing that services have may go.
 *
 * @throws INVALID_ARGUMENT with a manager's words and the services' names
 */
export function rejectInUse(swarm: Swarm, kind: ContentKind, id: string): void {
  const users = swarm
    .store(serviceKind)
    .list()
    .filter(({ data: { spec } }) =>
      fileReferencesOf(spec.TaskTemplate.ContainerSpec ?? {}).some((one) => one.kind === kind && one.id === id),
    )
    .map(({ data }) => data.spec.Name);
  if (users.length === 0) return;
  const services = `service${users.length > 1 ? 's' : ''}: ${users.join(', ')}`;
  throw invalid(`${kind.name} '${swarm.store(kind).byId(id)?.data.Name}' is in use by the following ${services}`);
}

/** A service whose tasks are in a network; undefined where there is none. */
export function userOf({ swarm }: Context, { id }: Network): Service | undefined {
  const services = swarm.current?.store(serviceKind).list() ?? [];
  return services.find(({ data: { spec } }) =>
    (spec.TaskTemplate.Networks ?? []).some(({ Target: net }) => net === id),
  );
}

/** @throws INVALID_ARGUMENT for a network that a service is in */
export function rejectUsed(context: Context, network: Network): void {
  const user = userOf(context, network);
  if (user === undefined || network.scope !== 'swarm') return;
  const reason = `network ${network.id} is in use by service ${user.id}`;
  throw new AttestdError('INVALID_ARGUMENT', `rpc error: code = FailedPrecondition desc = ${reason}`);
}
