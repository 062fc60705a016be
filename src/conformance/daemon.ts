import type { Api } from './api.js';
import type { Shape } from './expect.js';
import type { Platform } from './images/kit.js';

/** What a daemon says of itself before the run. */
export interface Daemon {
  /** Version of the engine, e.g. `29.7.2`. */
  readonly version: string;
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly os: string;
  readonly arch: string;
  /** Name of the platform that `/version` gives, e.g. `Docker Engine - Community`; may be empty. */
  readonly platformName: string;
}

/**
 * Ask a daemon what it is.
 *
 * @throws AttestdError UNAVAILABLE when none answers
 * @throws Unmet when the answer is not a version
 */
export async function introduce(api: Api): Promise<Daemon> {
  const answer = (await api.get('/version', { version: null })).status(200);
  const text = (at: Shape): string => (typeof at.value === 'string' ? at.value : '');
  const body = answer.json();
  return {
    version: text(body.at('Version')),
    apiVersion: body
      .at('ApiVersion')
      .matches(/^\d+\.\d+$/)
      .string(),
    minApiVersion: text(body.at('MinAPIVersion')) || '1.24',
    os: text(body.at('Os')) || 'linux',
    arch: text(body.at('Arch')) || 'amd64',
    platformName: text(body.at('Platform', 'Name')),
  };
}

/** The platform that a daemon takes when a request names none. */
export function hostPlatform(daemon: Daemon): Platform {
  const variant = daemon.arch === 'arm64' ? 'v8' : daemon.arch === 'arm' ? 'v7' : undefined;
  return { architecture: daemon.arch, os: daemon.os, ...(variant === undefined ? {} : { variant }) };
}
