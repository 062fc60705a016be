import { packageFile } from '../../support/foundation/package-files.js';
import { type Entry, writeTar } from './tar.js';

/** Architectures that the test program was built for (fixtures/program). */
export const programmed: readonly string[] = ['amd64', 'arm64'];

/** Names that the test program is called by. */
const names = [
  'cat',
  'echo',
  'env',
  'false',
  'hostname',
  'id',
  'ln',
  'mkdir',
  'pwd',
  'rm',
  'seq',
  'sh',
  'sleep',
  'stty',
  'true',
];

/**
 * A layer with the test program under all of its names, and files that requirements look at.
 *
 * @param architecture of the daemon; one that the program was not built for gets the one for amd64, which nothing runs
 */
export function programLayer(architecture: string): Buffer {
  const built = programmed.includes(architecture) ? architecture : 'amd64';
  const none = Buffer.alloc(0);
  const link = (name: string): Entry => [`bin/${name}`, none, { mode: 0o777, link: 'program' }];
  return writeTar([
    ['bin/', none],
    ['bin/program', packageFile(`fixtures/program/program-${built}`), { mode: 0o755 }],
    ...names.map(link),
    ['data/', none],
    ['data/seed.txt', Buffer.from('seed\n')],
    ['etc/', none],
    ['etc/group', Buffer.from('root:x:0:\ntester:x:1000:\n')],
    ['etc/passwd', Buffer.from('root:x:0:0:root:/root:/bin/sh\ntester:x:1000:1000:tester:/home:/bin/sh\n')],
    ['files/', none],
    ['files/a.txt', Buffer.from('content of a\n')],
    ['files/link', none, { mode: 0o777, link: 'a.txt' }],
    ['files/plain', Buffer.from('no program\n')],
    ['tmp/', none, { mode: 0o1777 }],
  ]);
}
