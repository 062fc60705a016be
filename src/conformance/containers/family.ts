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

/** Sections of docs/behaviour.md by the beginning of an operation's id, the longer ones first. */
const sections: readonly (readonly [operation: string, section: string])[] = [
  ['ContainerArchive', 'container-archive'],
  ['ContainerAttach', 'container-attach'],
  ['ContainerCreate', 'container-create'],
  ['ContainerDelete', 'container-remove'],
  ['ContainerExec', 'exec'],
  ['ContainerInspect', 'container-inspect'],
  ['ContainerKill', 'container-kill'],
  ['ContainerList', 'container-list'],
  ['ContainerLogs', 'container-logs'],
  ['ContainerPrune', 'container-prune'],
  ['ContainerRename', 'container-rename'],
  ['ContainerStart', 'container-start'],
  ['ContainerStats', 'container-stats'],
  ['ContainerStop', 'container-stop'],
  ['ContainerTop', 'container-top'],
  ['ContainerUpdate', 'container-update'],
  ['ContainerWait', 'container-wait'],
  ['Exec', 'exec'],
  ['ImageCommit', 'container-commit'],
  ['Network', 'networks'],
  ['PutContainerArchive', 'container-archive'],
  ['SystemEvents', 'events'],
  ['SystemInfo', 'the-daemon-itself'],
  ['Volume', 'volumes'],
];

function sectionOf(operationId: string): string {
  const found = sections.find(([operation]) => operationId.startsWith(operation));
  return `docs/behaviour.md#${found?.[1] ?? 'containers'}`;
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
