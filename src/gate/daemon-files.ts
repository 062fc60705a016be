import { realpathSync } from 'node:fs';
import { posix } from 'node:path';
import type { Target } from '../client/target.js';
import { asList, type JsonObject } from '../policy/json-values.js';
import { shape } from './body.js';

/** What leads to a daemon in other ways than the socket it was named by. */
const wellKnown = ['/run/docker.sock', '/run/docker', '/run/containerd'];

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // The daemon may be elsewhere, or the path be yet to come.
    return path;
  }
}

const unaliased = (path: string): string => path.replace(/^\/var\/run(?=\/|$)/, '/run');

/** A path in every form that is known of it. */
function formsOf(path: string): string[] {
  const clean = posix.normalize(`/${path}`).replace(/(.)\/$/, '$1');
  return [...new Set([clean, realPath(clean)].map(unaliased))];
}

const holds = (outer: string, inner: string): boolean =>
  outer === inner || inner.startsWith(outer === '/' ? outer : `${outer}/`);

/** Paths of the host among the options of a volume driver. */
const pathsOfOptions = (options: unknown): string[] =>
  Object.values(shape(options)).filter((value): value is string => typeof value === 'string' && value.startsWith('/'));

/** Paths of the host that a create request mounts. */
function mountedBy(request: JsonObject): string[] {
  const { Binds, Mounts } = shape(request.HostConfig);
  const binds = asList(Binds).flatMap((bind) => (typeof bind === 'string' && bind.startsWith('/') ? [bind] : []));
  const mounts = asList(Mounts).flatMap((mount) => {
    const { Type, Source, VolumeOptions } = shape(mount);
    const { Options } = shape(shape(VolumeOptions).DriverConfig);
    return [...(Type !== 'image' && typeof Source === 'string' ? [Source] : []), ...pathsOfOptions(Options)];
  });
  // A colon ends the source, and a path may begin with one.
  return [...binds.map((bind) => bind.split(':')[0] as string), ...mounts.filter((source) => source.startsWith('/'))];
}

/** Finds mounts by which a container would reach the daemon past the gate. */
export class DaemonFiles {
  readonly #paths: readonly string[];

  /** @param target where the daemon listens */
  constructor(target: Target) {
    const own = target.kind === 'unix' ? [target.path] : [];
    this.#paths = [...new Set([...own, ...wellKnown].flatMap(formsOf))];
  }

  #reached(sources: readonly string[]): string | undefined {
    return sources.find((source) =>
      formsOf(source).some((form) => this.#paths.some((path) => holds(form, path) || holds(path, form))),
    );
  }

  /** The path that a create request mounts of the daemon's own, if any. */
  inContainer(request: JsonObject): string | undefined {
    return this.#reached(mountedBy(request));
  }

  /** The path that a volume would be of the daemon's own, if any. */
  inVolume(request: JsonObject): string | undefined {
    return this.#reached(pathsOfOptions(request.DriverOpts));
  }
}
