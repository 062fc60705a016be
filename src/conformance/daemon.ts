import { AttestdError } from '../support/foundation/errors.js';
import type { Api } from './api.js';
import { type Shape, Unmet } from './expect.js';
import type { Platform } from './images/kit.js';

/** Kind of image store: `containerd` keeps images by their index, a graph driver keeps the layers of one platform. */
export type StoreKind = 'containerd' | 'graph driver';

/** Identity of a daemon, read before the run. */
export interface Daemon {
  /** Product name, e.g. `dockerd`, `Podman`, `attestd (standard)`. */
  readonly product: string;
  /** Product and version as people say it, e.g. `Podman 5.4.2`. */
  readonly title: string;
  /** Version of the engine, e.g. `29.7.2`. */
  readonly version: string;
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly os: string;
  readonly arch: string;
  /** Name of the platform that `/version` gives, e.g. `Docker Engine - Community`; may be empty. */
  readonly platformName: string;
  readonly store: StoreKind;
  /** Storage driver that `/info` gives, e.g. `overlay2`; may be empty. */
  readonly driver: string;
}

const text = (at: Shape): string => (typeof at.value === 'string' ? at.value : '');

/** Elements of a list; empty if the value is not a list. */
const elements = (at: Shape): readonly Shape[] => (Array.isArray(at.value) ? at.array() : []);

/** Names the product, by the components of `/version`. The reference server names itself as the platform. */
function productOf(version: Shape, server: string): string {
  const platform = text(version.at('Platform', 'Name'));
  if (/^attestd\b/.test(platform)) return platform;
  const names = elements(version.at('Components')).map((component) => text(component.at('Name')));
  const engine = names.find((name) => / Engine$/.test(name));
  if (engine !== undefined) return engine.replace(/ Engine$/, '');
  if (names.includes('Engine') || /^Docker\//.test(server)) return 'dockerd';
  return /^[\w.-]+/.exec(server)?.[0] ?? (platform || 'a daemon without a name');
}

/**
 * The image store, by `DriverStatus` of `/info`. Only a daemon that names another driver is taken for one with graph drivers:
 * an answer that says nothing excuses nothing.
 */
function storeOf(info: Shape): Pick<Daemon, 'store' | 'driver'> {
  const driver = text(info.at('Driver'));
  const types = elements(info.at('DriverStatus'))
    .filter((pair) => pair.at(0).value === 'driver-type')
    .map((pair) => text(pair.at(1)));
  const byIndex = types.some((type) => type.startsWith('io.containerd.snapshotter')) || driver === '';
  return { driver, store: byIndex ? 'containerd' : 'graph driver' };
}

/** An object in an answer, or an empty one: what a daemon says of itself may be faulty without ending the run. */
async function looked(api: Api, path: string): Promise<Shape | undefined> {
  try {
    return (await api.get(path, { version: null })).status(200).json();
  } catch (error) {
    if (!(error instanceof Unmet)) throw error;
    return undefined;
  }
}

/**
 * Ask a daemon what it is.
 *
 * @throws AttestdError UNAVAILABLE when none answers, or the answer is not a version
 */
export async function meet(api: Api): Promise<Daemon> {
  try {
    return await introduce(api);
  } catch (error) {
    if (!(error instanceof Unmet)) throw error;
    throw new AttestdError('UNAVAILABLE', `no daemon answers: ${error.message}: ${error.actual}`, { cause: error });
  }
}

async function introduce(api: Api): Promise<Daemon> {
  const answer = (await api.get('/version', { version: null })).status(200);
  const body = answer.json();
  const info = await looked(api, '/info');
  const product = productOf(body, answer.header('Server') ?? '');
  const version = text(body.at('Version'));
  return {
    product,
    title: /^attestd\b/.test(product) ? product : `${product} ${version}`.trim(),
    version,
    apiVersion: body
      .at('ApiVersion')
      .matches(/^\d+\.\d+$/)
      .string(),
    minApiVersion: text(body.at('MinAPIVersion')) || '1.24',
    os: text(body.at('Os')) || 'linux',
    arch: text(body.at('Arch')) || 'amd64',
    platformName: text(body.at('Platform', 'Name')),
    ...(info ? storeOf(info) : { store: 'containerd', driver: '' }),
  };
}

/** The platform that a daemon takes when a request names none. */
export function hostPlatform(daemon: Daemon): Platform {
  const variant = daemon.arch === 'arm64' ? 'v8' : daemon.arch === 'arm' ? 'v7' : undefined;
  return { architecture: daemon.arch, os: daemon.os, ...(variant === undefined ? {} : { variant }) };
}
