import { parseReference } from '../../oci/reference.js';
import type { AttestdError } from '../../support/foundation/errors.js';
import { maxServicePorts } from '../limits.js';
import { invalid } from './invalid.js';
import { parseConstraint } from './placement.js';
import { isJob } from './service.js';
import type { ServiceSpec, UpdateConfig } from './service-spec.js';
import type { ContainerSpec, Limits, TaskSpec } from './task-spec.js';
import { expand, type TemplateScope } from './templates.js';

const maxNameLength = 63;
const smallestMemory = 4 * 1024 * 1024;
const smallestCpus = 1_000_000;
const millisecond = 1_000_000;

/**
 * Check a specification that has been completed, as a manager does (docs/reference/behavior/services.md#services-of-a-swarm).
 *
 * @throws INVALID_ARGUMENT; INTERNAL for a constraint that is none
 */
export function checkServiceSpec(spec: ServiceSpec): void {
  const { Name: name, TaskTemplate: template, UpdateConfig: update, RollbackConfig: rollback } = spec;
  if (name.length > maxNameLength) throw invalid(`name must be ${maxNameLength} characters or fewer`);
  if (!/^[a-zA-Z0-9](?:[-_A-Za-z0-9]*[A-Za-z0-9])?$/.test(name))
    throw invalid('name must be valid as a DNS name component');
  checkTaskSpec(template);
  if (isJob(spec.Mode) && update !== undefined) throw invalid('Jobs may not have an update config');
  checkUpdate(update);
  checkUpdate(rollback);
  checkEndpoint(spec);
}

function checkTaskSpec({ ContainerSpec: container = {}, ...template }: TaskSpec): void {
  const { Limits: limits, Reservations: reservations } = template.Resources ?? {};
  checkResources(limits);
  checkResources(reservations);
  const { Delay: delay = 0, Window: window = 0 } = template.RestartPolicy ?? {};
  if (delay < 0) throw invalid('TaskSpec: restart-delay cannot be negative');
  if (window < 0) throw invalid('TaskSpec: restart-window cannot be negative');
  for (const constraint of template.Placement?.Constraints ?? []) parseConstraint(constraint);
  checkContainer(container);
}

function checkResources({ NanoCPUs: cpus = 0, MemoryBytes: memory = 0 }: Limits = {}): void {
  if (cpus !== 0 && cpus < smallestCpus)
    throw invalid(`invalid cpu value ${goFloat(cpus / 1e9)}: Must be at least 0.001`);
  if (memory !== 0 && memory < smallestMemory) throw invalid(`invalid memory value ${memory}: Must be at least 4MiB`);
}

/** As `%g` writes a number: exponents have two digits. */
const goFloat = (number: number): string => String(number).replace(/e([+-])(\d)$/, 'e$10$2');

function checkContainer(container: ContainerSpec): void {
  const { Image: image = '', Mounts: mounts = [], Healthcheck: health } = container;
  const refused = (reason: string): AttestdError => invalid(`ContainerSpec: ${reason}`);
  if (image === '') throw refused('image reference must be provided');
  try {
    parseReference(image);
  } catch {
    throw refused(`"${image}" is not a valid repository/tag`);
  }
  const targets = mounts.map(({ Target: target = '' }) => target);
  const twice = targets.find((target, at) => targets.indexOf(target) !== at);
  if (twice !== undefined) throw refused(`duplicate mount point: ${twice}`);
  if (health !== undefined) {
    for (const name of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const) {
      const time = health[name] ?? 0;
      if (time !== 0 && time < millisecond) throw refused(`${name} in HealthConfig cannot be less than 1ms`);
    }
    if ((health.Retries ?? 0) < 0) throw refused('Retries in HealthConfig cannot be negative');
  }
  checkTemplates(container);
  for (const [kind, references] of [
    ['secret', container.Secrets],
    ['config', container.Configs],
  ] as const)
    for (const reference of references ?? []) {
      if (reference?.File === undefined && !(reference && 'Runtime' in reference))
        throw invalid(`malformed ${kind} reference, no target provided`);
    }
}

const nothing: TemplateScope = {
  service: { id: '', name: '', labels: {} },
  node: { id: '', hostname: '', os: '', architecture: '' },
  task: { id: '', name: '', slot: '' },
};

function checkTemplates({ Hostname: hostname = '', Env: env = [] }: ContainerSpec): void {
  const attempt = (text: string, what: string): void => {
    try {
      expand(text, nothing);
    } catch (error) {
      throw invalid(`${what}: ${(error as Error).message}`);
    }
  };
  for (const variable of env) attempt(variable, `expanding env failed: expanding env ${JSON.stringify(variable)}`);
  attempt(hostname, 'expanding hostname failed');
}

function checkUpdate(config: UpdateConfig | undefined): void {
  if (config === undefined) return;
  const { Delay: delay = 0, Monitor: monitor = 0, MaxFailureRatio: ratio } = config;
  if (delay < 0) throw invalid('TaskSpec: update-delay cannot be negative');
  if (monitor < 0) throw invalid('TaskSpec: update-monitor cannot be negative');
  if (ratio < 0 || ratio > 1) throw invalid('TaskSpec: update-maxfailureratio cannot be less than 0 or bigger than 1');
}

function checkEndpoint({ EndpointSpec: endpoint }: ServiceSpec): void {
  const { Mode: mode, Ports: ports = [] } = endpoint ?? {};
  if (ports.length > maxServicePorts)
    throw invalid(`EndpointSpec: the simulated swarm publishes at most ${maxServicePorts} ports of a service`);
  if (mode === 'dnsrr' && ports.some(({ PublishMode: published }) => published === 'ingress'))
    throw invalid("EndpointSpec: port published with ingress mode can't be used with dnsrr mode");
  const seen = new Set<string>();
  for (const { Protocol: protocol, PublishedPort: port = 0, PublishMode: published } of ports) {
    if (port === 0) continue;
    const key = `${protocol} ${port} ${published}`;
    if (seen.has(key)) throw invalid('EndpointSpec: duplicate published ports provided');
    seen.add(key);
  }
}
