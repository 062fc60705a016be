import { AttestdError } from '../support/foundation/errors.js';
import { type GoType, goBool, goString, map, struct } from '../support/go/json.js';
import { readBody } from './body.js';
import { type Admitted, type Around, inspectContainer } from './containers.js';
import { type GateTarget, writeTarget } from './target.js';

const execType: GoType = struct<{ Privileged: boolean }>('container.ExecOptions', { Privileged: goBool });
const volumeType: GoType = struct<{ DriverOpts: unknown }>('volume.CreateOptions', { DriverOpts: map(goString) });

function passed(target: GateTarget, bytes: Buffer): Admitted {
  return { method: 'POST', path: writeTarget(target), headers: { 'Content-Type': 'application/json' }, body: bytes };
}

/**
 * Look at a request for a command in a container.
 *
 * @throws AttestdError FORBIDDEN for a privileged one in a container that is not
 */
export async function admitExec(around: Around, target: GateTarget, bytes: Buffer): Promise<Admitted> {
  const body = readBody(bytes, execType);
  const wanted = body.value.Privileged;
  if (wanted !== undefined && wanted !== false && wanted !== null && !around.allows('privileged-exec')) {
    const [, , name = ''] = target.path.split('/');
    const { HostConfig } = await inspectContainer(around, name);
    if (HostConfig?.Privileged !== true)
      throw new AttestdError(
        'FORBIDDEN',
        'the gate refuses a privileged command in a container that is not privileged',
      );
  }
  return passed(target, bytes);
}

/**
 * Look at a request for a volume.
 *
 * @throws AttestdError FORBIDDEN for one of the daemon's own files
 */
export function admitVolume(around: Around, target: GateTarget, bytes: Buffer): Admitted {
  const body = bytes.length === 0 ? undefined : readBody(bytes, volumeType);
  const reached = body && around.files.inVolume(body.value);
  if (reached !== undefined && !around.allows('daemon-socket'))
    throw new AttestdError('FORBIDDEN', `the gate refuses a volume of '${reached}': the daemon would be reached by it`);
  return passed(target, bytes);
}
