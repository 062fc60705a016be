/**
 * What an image may do as a container: nothing privileged, and no folder of the machine but below /srv.
 *
 * @type {import('attestd/policy').PolicyFunction}
 */
export default function policy({ container }) {
  const { HostConfig: host = {} } = container?.request ?? {};
  const sources = [
    ...(host.Binds ?? []).map((bind) => bind.split(':', 1)[0]),
    ...(host.Mounts ?? []).filter(({ Type }) => Type === 'bind').map(({ Source }) => Source),
  ].filter((source) => source.startsWith('/'));
  const deny_msg = [
    ...(host.Privileged ? ['it is privileged'] : []),
    ...(host.CapAdd?.length ? [`it gets ${host.CapAdd.join(', ')}`] : []),
    ...['PidMode', 'IpcMode', 'NetworkMode']
      .filter((mode) => host[mode] === 'host')
      .map((mode) => `its ${mode} is host`),
    ...sources
      .filter((source) => !/^\/srv(\/|$)/.test(source) || source.split('/').includes('..'))
      .map((source) => `it mounts ${source}`),
  ];
  return { allow: deny_msg.length === 0, deny_msg };
}
