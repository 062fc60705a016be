import { addressNumber, interfacesOf, linkLocal, loopback, routesOf } from '../kernel/interfaces.js';
import type { Task } from '../kernel/task.js';
import type { NetworkInterface } from '../types.js';
import { complain, write } from './io.js';

const usage =
  'Usage: ip [OPTIONS] address|route|link|neigh|rule [ARGS]\n\nOPTIONS := -f[amily] inet|inet6|link | -o[neline]';

/** Display options and the filter of interfaces. */
interface DisplayOptions {
  readonly oneline: boolean;
  readonly family: 'inet' | 'inet6' | 'link' | undefined;
}

const families: Readonly<Record<string, DisplayOptions['family']>> = {
  '-4': 'inet',
  '-6': 'inet6',
  '-0': 'link',
  inet: 'inet',
  inet6: 'inet6',
  link: 'link',
};

/** `ip [-o] [-4|-6|-f FAMILY] addr|link|route|neigh|rule [show …]`, as busybox prints it. Nothing can be changed. */
export async function ip(task: Task, argv: readonly string[]): Promise<number> {
  const words = argv.slice(1);
  let oneline = false;
  let family: DisplayOptions['family'];
  while (words[0]?.startsWith('-')) {
    const option = words.shift() as string;
    if (option === '-o' || option === '-oneline') oneline = true;
    else {
      family = families[option.startsWith('-f') ? (words.shift() ?? '') : option];
      if (family === undefined) return fail(task, usage, 1);
    }
  }
  const [object = '', ...rest] = words;
  const shown = { oneline, family };
  const is = (name: string): boolean => object !== '' && name.startsWith(object);
  if (is('address')) return show(task, rest, shown, false);
  if (is('route')) return showRoutes(task, rest, family);
  if (is('link')) return show(task, rest, { oneline, family: 'link' }, true);
  if (is('neighbour')) return isShow(rest[0]) ? 0 : refuse(task);
  if (is('rule')) {
    if (!isShow(rest[0])) return refuse(task);
    await write(task, '0:\tfrom all lookup local \n32766:\tfrom all lookup main \n32767:\tfrom all lookup default \n');
    return 0;
  }
  return fail(task, usage, 1);
}

async function fail(task: Task, message: string, status: number): Promise<number> {
  await complain(task, message);
  return status;
}

/** A container may not change its networks unless it is given the right to. */
const refuse = (task: Task): Promise<number> => fail(task, 'ip: RTNETLINK answers: Operation not permitted', 2);

/** `l` may be two words of busybox's, and so is none. */
const isShow = (word: string | undefined): boolean =>
  word === undefined || ['show', 'list'].some((name) => word !== '' && word !== 'l' && name.startsWith(word));
const changes = ['add', 'append', 'change', 'delete', 'flush', 'replace', 'set'];

async function show(task: Task, words: readonly string[], shown: DisplayOptions, links: boolean): Promise<number> {
  const verb = words[0];
  if (verb !== undefined && !isShow(verb)) {
    if (changes.some((change) => change.startsWith(verb)))
      return verb === 'set' ? fail(task, 'ip: SIOCSIFFLAGS: Operation not permitted', 2) : refuse(task);
    return fail(task, `ip: invalid argument '${verb}' to 'ip'`, links ? 2 : 1);
  }
  const rest = words.slice(1);
  const at = rest.indexOf('dev');
  if (at >= 0 && rest[at + 1] === undefined) return fail(task, 'ip: command line is not complete, try "help"', 1);
  const name = at >= 0 ? rest[at + 1] : rest.find((word) => word !== 'up');
  const interfaces = interfacesOf(task.machine).filter(
    (networkInterface) => name === undefined || networkInterface.name === name,
  );
  if (interfaces.length === 0) return fail(task, `ip: can't find device '${name}'`, links ? 2 : 1);
  for (const card of interfaces) await write(task, linesOf(card, shown));
  return 0;
}

function linesOf(networkInterface: NetworkInterface, { oneline, family }: DisplayOptions): string {
  const lineBreak = oneline ? '\\' : '\n';
  const addresses =
    family === 'link' ? [] : addressesOf(networkInterface).filter((entry) => !family || entry.family === family);
  if ((family === 'inet' || family === 'inet6') && addresses.length === 0) return '';
  const withHardware = family === undefined || family === 'link' ? `${lineBreak}    ${hardware(networkInterface)}` : '';
  const head = oneline && family !== 'link' ? '' : `${headOf(networkInterface, family)}${withHardware}\n`;
  const label = oneline ? `${networkInterface.index}: ${networkInterface.name}` : '';
  const lines = addresses.map(
    ({ text }) => `${label}    ${text}${lineBreak}       valid_lft forever preferred_lft forever\n`,
  );
  return head + lines.join('');
}

function headOf(networkInterface: NetworkInterface, family: DisplayOptions['family']): string {
  const own = networkInterface === loopback;
  const flags = own ? 'LOOPBACK,UP,LOWER_UP' : 'BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN';
  const discipline = family === 'inet6' ? '' : 'qdisc noqueue ';
  return `${networkInterface.index}: ${networkInterface.name}${own ? '' : `@if${networkInterface.peer}`}: <${flags}> mtu ${networkInterface.mtu} ${discipline}${own ? 'qlen 1000' : ''}`;
}

const hardware = (networkInterface: NetworkInterface): string =>
  networkInterface === loopback
    ? 'link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00'
    : `link/ether ${networkInterface.mac} brd ff:ff:ff:ff:ff:ff`;

function addressesOf(
  networkInterface: NetworkInterface,
): { readonly family: 'inet' | 'inet6'; readonly text: string }[] {
  const { ipv4, ipv6, name, mac } = networkInterface;
  const own = networkInterface === loopback;
  const found: ReturnType<typeof addressesOf> = [];
  if (ipv4 !== undefined) {
    const where = own ? 'scope host' : `brd ${ipv4.last} scope global`;
    found.push({ family: 'inet', text: `inet ${ipv4.address}/${ipv4.bits} ${where} ${name}` });
  }
  if (ipv6 !== undefined) {
    const where = own ? 'scope host ' : 'scope global flags 02 ';
    found.push({ family: 'inet6', text: `inet6 ${ipv6.address}/${ipv6.bits} ${where}` });
    if (!own) found.push({ family: 'inet6', text: `inet6 ${linkLocal(mac)}/64 scope link ` });
  }
  return found;
}

async function showRoutes(task: Task, words: readonly string[], family: DisplayOptions['family']): Promise<number> {
  const { machine } = task;
  const [verb, target = ''] = words;
  if (verb === 'get') return showRoute(task, target);
  if (!isShow(verb)) return refuse(task);
  if (family === 'inet6') {
    for (const { name, ipv6, gateway6 } of machine.network.interfaces()) {
      if (ipv6 === undefined) continue;
      const leaving = gateway6 === undefined ? '' : `default via ${gateway6} dev ${name}  metric 1024 \n`;
      await write(
        task,
        `${ipv6.base}/${ipv6.bits} dev ${name}  metric 256 \nfe80::/64 dev ${name}  metric 256 \n${leaving}`,
      );
    }
    return 0;
  }
  for (const { networkInterface: card, base, bits, gateway, source } of routesOf(machine))
    await write(
      task,
      gateway === undefined
        ? `${base}/${bits} dev ${card} scope link  src ${source} \n`
        : `default via ${gateway} dev ${card} \n`,
    );
  return 0;
}

/** `ip route get ADDRESS` */
async function showRoute(task: Task, target: string): Promise<number> {
  const routes = routesOf(task.machine);
  const leads = ({ base, bits }: (typeof routes)[number]): boolean =>
    Math.floor(addressNumber(target) / 2 ** (32 - bits)) === Math.floor(addressNumber(base) / 2 ** (32 - bits));
  const route = routes.filter(leads).at(-1);
  if (route === undefined) return fail(task, 'ip: RTNETLINK answers: Network is unreachable', 2);
  const source = routes.find(
    ({ networkInterface: card, source: own }) => card === route.networkInterface && own !== undefined,
  )?.source;
  const via = route.gateway === undefined ? '' : `via ${route.gateway} `;
  await write(task, `${target} ${via}dev ${route.networkInterface}  src ${source} \n    cache \n`);
  return 0;
}
