import { lazyImport } from '../../foundation/lazy-import.js';
import type { Applet, ProgramTable } from '../kernel/machine.js';

/** The programs that the runtime has. */
const names = [
  '[ arch ash awk base64 basename bash busybox cat chgrp chmod chown cp cut dash date dd dirname du',
  'echo egrep env expr false fgrep find grep head hostname id ip kill ln ls md5sum mkdir mkfifo mktemp',
  'mount mv nc nice nl nohup nproc nslookup ping ping6 printenv printf ps pwd readlink realpath rev rm',
  'rmdir sed seq setsid sh sha1sum sha256sum sha512sum sleep sort stat stty sync tac tail tee test',
  'time timeout top touch tr true truncate tty uname uniq uptime usleep wc which whoami xargs yes',
].flatMap((line) => line.split(' '));

const all = lazyImport(async () => (await import('./all.js')).allPrograms);

/** The programs are read when the first one begins: most servers run none. */
function whenRegistered(name: string): Applet {
  return (task, argv) => all((read) => (read.get(name) as Applet)(task, argv));
}

/** All programs that the runtime has, by name. */
export const programs: ProgramTable = new Map(names.map((name) => [name, whenRegistered(name)]));
