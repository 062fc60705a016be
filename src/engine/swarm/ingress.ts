import type { Context } from '../context.js';
import type { PortMap } from '../networks/port.js';
import { type Service, serviceKind } from './service.js';

/**
 * Opens or closes the published ports of a service (docs/reference/behavior/services.md#services-of-a-swarm).
 * Connections go to the running tasks in rotation. If one of the ports is in use on this host, none is opened.
 */
export function openIngress(context: Context, { id, data: { spec } }: Service): void {
  let nextTask = 0;
  const owner = {
    id,
    plainName: spec.Name,
    networks: new Map(),
    get sandbox() {
      const running = context.tasks.of(id).filter(({ state, container }) => state === 'running' && container?.sandbox);
      return running[nextTask++ % running.length]?.container?.sandbox;
    },
  };
  context.tasks.withPorts(id, async () => {
    context.publishedPorts.release(id);
    const ports = context.swarm.current?.store(serviceKind).byId(id)?.data.ports ?? [];
    const bindings: PortMap = {};
    for (const { PublishMode: mode, Protocol: protocol, TargetPort: target, PublishedPort: port } of ports) {
      if (mode !== 'ingress') continue;
      const key = `${target ?? 0}/${protocol}`;
      bindings[key] = [...(bindings[key] ?? []), { HostIp: '', HostPort: String(port) }];
    }
    if (context.tasks.closed || Object.keys(bindings).length === 0) return;
    try {
      await context.publishedPorts.publish(owner, bindings);
    } catch (error) {
      context.debug(`the ports of service ${spec.Name} are not answered: ${String(error)}`);
    }
  });
}
