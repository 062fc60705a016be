import { type AttestationSelection, connect, type EngineClient } from '../client/index.js';
import { AttestdError } from '../support/foundation/errors.js';

/** A platform of an image, as flags name it. */
export type Platform = NonNullable<AttestationSelection['platform']>;

/** @throws AttestdError USAGE for what is no platform */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...rest] = text.split('/');
  if (!os || !architecture || rest.length > 0 || variant === '')
    throw new AttestdError('USAGE', `--platform '${text}' is not of the form os/arch[/variant]`);
  return { os, architecture, ...(variant !== undefined && { variant }) };
}

/**
 * Do something with a daemon, and let go of it.
 *
 * @param host as DOCKER_HOST has it; found as the docker CLI finds it without it
 */
export async function withDaemon<T>(host: string | undefined, act: (client: EngineClient) => Promise<T>): Promise<T> {
  const client = await connect(host === undefined ? {} : { host });
  try {
    return await act(client);
  } finally {
    client.close();
  }
}
