import { complain } from './io.js';
import { parseOptions, Usage, withUsage } from './options.js';

/** Names and addresses that lead to the container itself. */
const loopback = /^(localhost|127(\.\d{1,3}){3}|::1|0\.0\.0\.0)$/;

/** `nc -z [-v] [-w SECONDS] HOST PORT`: whether a port of the container is answered. It sends nothing. */
export const netcat = withUsage(async (task, argv) => {
  const { words, has } = parseOptions(argv, 'zvnuw:');
  const [host, port] = words;
  if (host === undefined || port === undefined) throw new Usage('missing operand');
  if (!has('z') || has('u')) {
    task.machine.log.warn('nc: only -z of TCP ports is simulated');
    await complain(task, `nc: ${host} (${host}:${port}): Network is unreachable`);
    return 1;
  }
  const own = loopback.test(host) || host === task.machine.hostname;
  if (own && task.machine.listening().includes(Number(port))) {
    if (has('v')) await complain(task, `${host} (127.0.0.1:${port}) open`);
    return 0;
  }
  await complain(task, `nc: ${host} (${own ? '127.0.0.1' : host}:${port}): Connection refused`);
  return 1;
});
