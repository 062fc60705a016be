import type { FeatureName } from '../features.js';
import type { RecipeName } from '../images/recipes.js';
import { type Level, type Requirement, requirements } from '../requirement.js';
import { asDockerd } from '../requirements/common.js';
import { Dock } from './dock.js';

/** Requirements of containers that share an operation. */
interface Family {
  readonly operationId: string;
  /** Pointer of the operation. */
  readonly pointer: string;
  readonly features?: readonly FeatureName[];
  readonly since?: string;
  readonly destructive?: boolean;
}

/** A member of a family of container requirements. */
export interface Member {
  readonly id: string;
  /** MUST unless it is said. */
  readonly level?: Level;
  readonly title: string;
  readonly why: string;
  /** Pointer of its own, below the family's when it starts with `+`. */
  readonly pointer?: string;
  readonly features?: readonly FeatureName[];
  readonly images?: readonly RecipeName[];
  readonly since?: string;
  readonly destructive?: boolean;
  /** The description leaves it open; dockerd does it. */
  readonly observed?: boolean;
  check(d: Dock): Promise<void>;
}

/** Sections of docs/reference/behavior by the start of an operation's id, longer starts first. */
const sections: readonly (readonly [operation: string, section: string])[] = [
  ['ContainerArchive', 'files.md#container-archive'],
  ['ContainerAttach', 'streams.md#container-attach'],
  ['ContainerCreate', 'containers.md#container-create'],
  ['ContainerDelete', 'containers.md#container-remove'],
  ['ContainerExec', 'streams.md#exec'],
  ['ContainerInspect', 'containers.md#container-inspect'],
  ['ContainerKill', 'containers.md#container-kill'],
  ['ContainerList', 'containers.md#container-list'],
  ['ContainerLogs', 'streams.md#container-logs'],
  ['ContainerPrune', 'containers.md#container-prune'],
  ['ContainerRename', 'containers.md#container-rename'],
  ['ContainerStart', 'containers.md#container-start'],
  ['ContainerStats', 'containers.md#container-stats'],
  ['ContainerStop', 'containers.md#container-stop'],
  ['ContainerTop', 'containers.md#container-top'],
  ['ContainerUpdate', 'containers.md#container-update'],
  ['ContainerWait', 'containers.md#container-wait'],
  ['Exec', 'streams.md#exec'],
  ['ImageCommit', 'files.md#container-commit'],
  ['Network', 'networks.md#networks'],
  ['PutContainerArchive', 'files.md#container-archive'],
  ['SystemEvents', 'daemon.md#events'],
  ['SystemInfo', 'daemon.md#daemon-information'],
  ['Volume', 'files.md#volumes'],
];

function sectionOf(operationId: string): string {
  const found = sections.find(([operation]) => operationId.startsWith(operation));
  return `docs/reference/behavior/${found?.[1] ?? 'containers.md#containers'}`;
}

/**
 * Builds requirements that need the test program's image. Containers of a check are removed after it.
 *
 * @param family shared properties
 * @param members ids are given without the operationId
 */
export function containers(family: Family, members: readonly Member[]): readonly Requirement[] {
  const { features = ['containers'], ...rest } = family;
  return requirements(
    { ...rest, features },
    members.map(({ observed, images = [], check, ...member }) => ({
      ...member,
      ...(observed ? asDockerd(member.features ?? features, sectionOf(family.operationId)) : {}),
      images: ['program', ...images],
      async check(t) {
        const dock = new Dock(t);
        try {
          await check(dock);
        } finally {
          await dock.clean();
        }
      },
    })),
  );
}

/** Pointers of operations in api/swagger.yaml. */
export function operationPointer(method: string, path: string): string {
  return `/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method.toLowerCase()}`;
}
