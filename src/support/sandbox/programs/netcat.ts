import { isOwn } from '../kernel/interfaces.js';
import { complain } from './io.js';
import { addressesOf } from './names.js';
import { parseOptions, Usage, withUsage } from './options.js';

/** `nc -z [-v] [-w SECONDS] HOST PORT`: whether a port is answered, here or in a container nearby. It sends nothing. */
export const netcat = withUsage(async (task, argv) => {
  const { words, has } = parseOptions(argv, 'zvnuw:');
  const [host, port] = words;
  if (host === undefined || port === undefined) throw new Usage('missing operand');
  if (!has('z') || has('u')) {
    task.machine.log.warn('nc: only -z of TCP ports is simulated');
    await complain(task, `nc: ${host} (${host}:${port}): Network is unreachable`);
    return 1;
  }
  const [address] = host === task.machine.hostname ? ['127.0.0.1'] : addressesOf(task, host);
  if (address === undefined) {
    await complain(task, `nc: bad address '${host}'`);
    return 1;
  }
  const { machine } = task;
  const here = address === '0.0.0.0' || isOwn(machine, address);
  const open = here ? machine.listening() : machine.network.listening(address);
  if (open?.includes(Number(port))) {
    if (has('v')) await complain(task, `${host} (${address}:${port}) open`);
    return 0;
  }
  const reason = open === undefined ? 'Host is unreachable' : 'Connection refused';
  await complain(task, `nc: ${host} (${address}:${port}): ${reason}`);
  return 1;
});
