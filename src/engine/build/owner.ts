import { AttestdError } from '../../support/foundation/errors.js';
import { parseInteger } from '../../support/go/strconv.js';
import type { FileSystem } from '../../support/sandbox/fs/types.js';
import { groups, passwd } from '../../support/sandbox/users.js';

/** Who files belong to. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * What `--chown=user[:group]` says: names of the image, or numbers; the group is called as the user where none is named.
 *
 * @throws INTERNAL for a name that the image does not have
 */
export function ownerOf(files: FileSystem, spec: string): Owner {
  const [user = '', group = user, ...more] = spec.split(':');
  if (more.length > 0) throw unusable(`invalid chown string format: ${spec}`);
  return {
    uid: numberOf(user, 'uid', 'user', passwd(files).find(({ name }) => name === user)?.uid),
    gid: numberOf(group, 'gid', 'group', groups(files).find(({ name }) => name === group)?.gid),
  };
}

const unusable = (why: string): AttestdError =>
  new AttestdError('INTERNAL', `unable to convert uid/gid chown string to host mapping: ${why}`);

function numberOf(text: string, id: string, kind: string, named: number | undefined): number {
  const number = numbered(text);
  if (number !== undefined) return number;
  if (named !== undefined) return named;
  throw unusable(`can't find ${id} for ${kind} ${text}: no such ${kind}: ${text}`);
}

/** What the kernel has of a number as Go reads it: 32 bits, of which all set mean that the owner, root, stays. */
function numbered(text: string): number | undefined {
  let number: bigint;
  try {
    number = parseInteger(text);
  } catch {
    return undefined;
  }
  const id = Number(BigInt.asUintN(32, number));
  return id === 0xffffffff ? 0 : id;
}
