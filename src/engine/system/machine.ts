/** The simulated host, as /info and the swarm node report it. */

/** Names of architectures as the kernel has them. */
const machines: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64', arm: 'armv7l', '386': 'i686' };

/** The name that the kernel has for an architecture. */
export const machineName = (architecture: string): string => machines[architecture] ?? architecture;

/** Devices of a machine that a container may be given. */
const devices = 'null zero full random urandom tty console ptmx fuse kmsg net/tun'.split(' ');

/** Whether a path of the machine is a device's. */
export const isDevice = (path: string): boolean => devices.some((name) => path === `/dev/${name}`);

/** The names of the daemon's drivers by kind. */
export const pluginNames = {
  Volume: ['local'],
  Network: ['bridge', 'host', 'ipvlan', 'macvlan', 'null', 'overlay'],
  Log: ['awslogs', 'fluentd', 'gcplogs', 'gelf', 'journald', 'json-file', 'local', 'splunk', 'syslog'],
} as const;
