import type { RunConfig } from '../../../oci/image-config.js';
import { formatPort, parsePort } from '../../networks/port.js';
import type { ContainerConfig } from './config.js';

/**
 * Fills unset members of a request from the image's configuration
 * (docs/reference/behavior/containers.md#container-create). If the request has an entry point, the image's command is
 * ignored.
 */
export function mergeConfig(config: ContainerConfig, image: RunConfig): void {
  if (config.User === '') config.User = image.User ?? '';
  mergeSets(config, image);
  mergeEnvironment(config, image);
  config.Labels = { ...image.Labels, ...config.Labels };
  mergeCommand(config, image);
  if (image.Healthcheck !== undefined) mergeHealthcheck(config, image.Healthcheck);
  if (config.WorkingDir === '') config.WorkingDir = image.WorkingDir ?? '';
  if (!config.StopSignal && image.StopSignal) config.StopSignal = image.StopSignal;
}

function mergeSets(config: ContainerConfig, image: RunConfig): void {
  const ports = Object.keys(image.ExposedPorts ?? {}).map((port) => [portName(port), {}]);
  if (ports.length > 0) config.ExposedPorts = { ...Object.fromEntries(ports), ...config.ExposedPorts };
  const own = Object.keys(config.Volumes ?? {}).length > 0;
  config.Volumes = own ? { ...image.Volumes, ...config.Volumes } : image.Volumes;
}

function portName(text: string): string {
  try {
    return formatPort(parsePort(text));
  } catch {
    return text;
  }
}

const keyOf = (variable: string): string => variable.split('=', 1)[0] as string;

function mergeEnvironment(config: ContainerConfig, image: RunConfig): void {
  const own = config.Env ?? [];
  const keys = new Set(own.map(keyOf));
  const merged = [...own, ...(image.Env ?? []).filter((variable) => !keys.has(keyOf(variable)))];
  config.Env = merged.length > 0 || config.Env !== undefined ? merged : image.Env;
}

function mergeCommand(config: ContainerConfig, image: RunConfig): void {
  if ((config.Entrypoint ?? []).length > 0) return;
  if ((config.Cmd ?? []).length === 0) config.Cmd = image.Cmd;
  if (config.Entrypoint === undefined) config.Entrypoint = image.Entrypoint;
}

function mergeHealthcheck(config: ContainerConfig, image: NonNullable<RunConfig['Healthcheck']>): void {
  const own = config.Healthcheck;
  if (own === undefined) {
    config.Healthcheck = { ...image };
    return;
  }
  if ((own.Test ?? []).length === 0 && image.Test) own.Test = image.Test;
  for (const key of ['Interval', 'Timeout', 'StartPeriod', 'StartInterval', 'Retries'] as const) {
    const value = image[key];
    if (!own[key] && value) own[key] = value;
  }
}
