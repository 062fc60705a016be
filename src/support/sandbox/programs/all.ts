import { lazyImport } from '../../foundation/lazy-import.js';
import type { Applet } from '../kernel/machine.js';
import type { Task } from '../kernel/task.js';
import { awk } from './awk.js';
import { cat } from './cat.js';
import { chgrp, chown, cp, mv } from './copy.js';
import { date, uptime } from './date.js';
import { dd } from './dd.js';
import { echo } from './echo.js';
import { expr } from './expr.js';
import { chmod, ln, mkdir, mkfifo, mktemp, readlink, realpath, rm, rmdir, touch, truncate } from './files.js';
import { find } from './find.js';
import { grep } from './grep.js';
import { complain } from './io.js';
import { ip } from './ip.js';
import { kill } from './kill.js';
import { ls } from './list.js';
import { netcat as nc } from './netcat.js';
import { nslookup } from './nslookup.js';
import { ping } from './ping.js';
import { printf } from './printf.js';
import { env, nohup, passThrough, time, timeout, xargs } from './run-others.js';
import { sed } from './sed.js';
import { sleep, usleep } from './sleep.js';
import { base64, basename, checksum, cut, dirname, ignored, nl, seq, tr, yes } from './small.js';
import { sort } from './sort.js';
import { du, stat, which } from './stat.js';
import { arch, hostname, id, mount, nproc, printenv, ps, pwd, stty, top, tty, uname, whoami } from './system.js';
import { test } from './test.js';
import { head, rev, tac, tail, tee, uniq, wc } from './text.js';

/** The shell is read when the first one begins: its grammar alone is a fifth of what a server would read at its start. */
const shell = lazyImport(() => import('../shell/main.js'));

const shellMain: Applet = (task, argv) => shell((module) => module.shellMain(task, argv));

const shells: readonly (readonly [string, Applet])[] = ['sh', 'ash', 'bash', 'dash'].map(
  (name) => [name, shellMain] as const,
);

/** `busybox NAME …`; by another name it is that program. */
async function busybox(task: Task, argv: readonly string[]): Promise<number> {
  const name = (argv[1] ?? '').split('/').at(-1) as string;
  const applet = allPrograms.get(name);
  if (applet !== undefined) return applet(task, argv.slice(1));
  await complain(task, `${name}: applet not found`);
  return 127;
}

/** All programs that the runtime has, by name (index.ts says the names). */
export const allPrograms: ReadonlyMap<string, Applet> = new Map<string, Applet>([
  ...shells,
  ...Object.entries({
    arch,
    awk,
    base64,
    basename,
    cat,
    chgrp,
    chmod,
    chown,
    cp,
    cut,
    date,
    dd,
    dirname,
    du,
    echo,
    env,
    expr,
    find,
    grep,
    head,
  }),
  ...Object.entries({
    hostname,
    id,
    ip,
    kill,
    ln,
    ls,
    mkdir,
    mkfifo,
    mktemp,
    mv,
    nc,
    nl,
    nohup,
    nproc,
    nslookup,
    mount,
    ping,
    printenv,
    printf,
    ps,
    pwd,
    readlink,
  }),
  ...Object.entries({
    realpath,
    rev,
    rm,
    rmdir,
    sed,
    seq,
    sleep,
    sort,
    stat,
    stty,
    tac,
    tail,
    tee,
    test,
    time,
    timeout,
    top,
    touch,
    tr,
  }),
  ...Object.entries({ truncate, tty, uname, uniq, uptime, usleep, wc, which, whoami, xargs, yes }),
  ['[', test],
  ['busybox', busybox],
  ['egrep', grep],
  ['false', () => 1],
  ['fgrep', grep],
  ['md5sum', checksum],
  ['nice', passThrough],
  ['ping6', ping],
  ['setsid', passThrough],
  ['sha1sum', checksum],
  ['sha256sum', checksum],
  ['sha512sum', checksum],
  ['sync', ignored],
  ['true', () => 0],
]);
