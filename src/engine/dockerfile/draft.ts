import type { RunConfig } from '../../oci/image-config.js';
import { largestDocument } from '../../oci/manifest-cache.js';
import { expand } from './expand.js';
import { PortSet } from './ports.js';

/** What a draft begins with, beside a configuration. */
export interface DraftOptions {
  /** Values of names that the environment does not have, such as a build's arguments. */
  readonly variables?: ReadonlyMap<string, string>;
  /** What makes the next character stand for itself; a backslash without it. */
  readonly escapeChar?: string | undefined;
  /** Whether CMD was given before, in the same stage of a build. */
  readonly commandSet?: boolean;
}

/** A configuration in the making. */
export class Draft {
  readonly config: RunConfig;
  readonly ports = new PortSet();
  /** Whether CMD was given: then ENTRYPOINT leaves it. */
  commandSet: boolean;
  /** Values of the environment by their names, for expansion. */
  readonly environment = new Map<string, string>();
  readonly #options: DraftOptions;
  readonly #lookup = (name: string): string | undefined =>
    this.environment.get(name) ?? this.#options.variables?.get(name);
  /** Bytes that the instructions have come to. */
  #size = 0;

  /** @param base what it begins with; stays as it is */
  constructor(base: RunConfig, options: DraftOptions = {}) {
    const { Env: variables = [], ExposedPorts: ports = {}, Labels: labels, Volumes: volumes, ...rest } = base;
    this.#options = options;
    this.commandSet = options.commandSet ?? false;
    this.config = {
      ...rest,
      ...(rest.OnBuild && { OnBuild: [...rest.OnBuild] }),
      ...(labels && { Labels: { ...labels } }),
      ...(volumes && { Volumes: { ...volumes } }),
    };
    for (const variable of variables) {
      const at = variable.indexOf('=');
      this.environment.set(at < 0 ? variable : variable.slice(0, at), at < 0 ? '' : variable.slice(at + 1));
    }
    for (const port of Object.keys(ports)) this.ports.add(port);
  }

  /** What commands in a shell's words are run by. */
  get shell(): readonly string[] {
    const { Shell: shell = [] } = this.config;
    return shell.length > 0 ? shell : ['/bin/sh', '-c'];
  }

  /** A text with its variables replaced. @throws INVALID_ARGUMENT when the configuration grows beyond what is read */
  expand(text: string): string {
    const { escapeChar } = this.#options;
    const expanded = expand(text, { lookup: this.#lookup, limit: largestDocument - this.#size, escapeChar });
    this.#size += expanded.length;
    return expanded;
  }

  finish(): RunConfig {
    const { config, environment } = this;
    if (environment.size > 0) config.Env = [...environment].map(([name, value]) => `${name}=${value}`);
    const ports = this.ports.list();
    if (ports.length > 0) config.ExposedPorts = Object.fromEntries(ports.map((port) => [port, {}]));
    return config;
  }
}
