import type { RunConfig } from '../../oci/image-config.js';
import { zero } from '../../support/go/json/decode.js';
import type { Container } from '../containers/container.js';
import { type ContainerConfig, containerConfigType } from '../containers/create/config.js';
import { createContainer } from '../containers/create/create.js';
import { emptyHostConfig, type HostConfig } from '../containers/create/host-config.js';
import { logContainerEvent } from '../containers/events.js';
import { removeContainer } from '../containers/remove.js';
import { startContainer } from '../containers/run/start.js';
import { killContainer } from '../containers/run/stop.js';
import type { Context } from '../context.js';
import { shortId } from '../registry/progress.js';
import type { HostOptions } from './options.js';
import { CommandFailed, type Output } from './output.js';

/** The containers of a build: one for each step that is made, but for those that copy. */
export class StepContainers {
  readonly #left = new Set<Container>();

  private readonly context: Context;

  constructor(
    context: Context,
    private readonly output: Output,
    private readonly host: HostOptions,
    private readonly signal: AbortSignal,
  ) {
    // What a build makes is judged by the images that it begins with.
    this.context = { ...context, admission: undefined };
  }

  /** Make one. @throws what a create request is refused with */
  async create(config: RunConfig, imageId: string): Promise<Container> {
    const { context, output } = this;
    const whole = { ...(zero(containerConfigType) as ContainerConfig), ...config, Image: imageId };
    whole.Volumes ??= {};
    const parts = { config: whole, hostConfig: hostConfigOf(this.host), endpoints: {}, warnings: [] };
    const { container, warnings } = await createContainer(context, parts, { name: '', platform: undefined });
    this.#left.add(container);
    for (const warning of warnings) output.print(` ---> [Warning] ${warning}\n`);
    output.print(` ---> Running in ${shortId(container.id)}\n`);
    return container;
  }

  /**
   * Run one to its end, with what it writes.
   *
   * @throws CommandFailed when it ends with another code than 0; what a start is refused with; INTERNAL when the build is over
   */
  async run(container: Container): Promise<void> {
    const { context, output } = this;
    container.streams.attach({
      write: (stream, bytes) => {
        const text = Buffer.from(bytes).toString();
        return stream === 'stdout' ? output.print(text) : output.printError(text);
      },
      end: () => undefined,
    });
    logContainerEvent(context, container, 'attach');
    const kill = (): void => void killContainer(context, container.id, '').catch(() => undefined);
    this.signal.addEventListener('abort', kill, { once: true });
    try {
      await startContainer(context, container.id);
      if (this.signal.aborted) kill();
      const { exitCode, error = '' } = await container.state.wait('not-running');
      if (exitCode !== 0) throw new CommandFailed(container.config.Cmd ?? [], exitCode, error);
    } finally {
      this.signal.removeEventListener('abort', kill);
    }
  }

  /** Remove those that are left. */
  async removeAll(): Promise<void> {
    for (const container of this.#left) {
      await removeContainer(this.context, container, { force: true, volumes: true });
      this.#left.delete(container);
      this.output.print(` ---> Removed intermediate container ${shortId(container.id)}\n`);
    }
  }
}

function hostConfigOf(options: HostOptions): HostConfig {
  const { networkMode } = options;
  return {
    ...emptyHostConfig(),
    NetworkMode: networkMode === '' || networkMode === 'default' ? 'bridge' : networkMode,
    ExtraHosts: options.extraHosts.length === 0 ? undefined : [...options.extraHosts],
    LogConfig: { Type: 'none', Config: undefined },
    ShmSize: options.shmSize,
    Memory: options.memory,
    MemorySwap: options.memorySwap,
    CpuShares: options.cpuShares,
    CpuPeriod: options.cpuPeriod,
    CpuQuota: options.cpuQuota,
    CpusetCpus: options.cpusetCpus,
    CpusetMems: options.cpusetMems,
    CgroupParent: options.cgroupParent,
    PortBindings: {},
    ...(options.ulimits.length > 0 && { Ulimits: [...options.ulimits] }),
  };
}
