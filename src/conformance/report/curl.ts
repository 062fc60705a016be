import { shell } from '../../support/foundation/markup.js';
import type { ReportedExchange } from './model.js';

/**
 * Renders an exchange as a curl command.
 *
 * @param exchange the request
 * @param address address of the daemon as reports have it: `unix:///path` or `tcp://host:port`
 * @returns a shell command; a body that the report does not hold appears as `@FILE`
 */
export function curlOf(
  { request, requestHeaders, requestBody }: Pick<ReportedExchange, 'request' | 'requestHeaders' | 'requestBody'>,
  address: string,
): string {
  const [method = '', path = ''] = request.split(/ (.*)/s);
  const words = ['curl', '-s', '-i'];
  if (address.startsWith('unix://')) words.push('--unix-socket', address.slice('unix://'.length));
  const base = address.startsWith('tcp://') ? `http://${address.slice('tcp://'.length)}` : 'http://localhost';
  if (method === 'HEAD') words.push('-I');
  else if (method !== 'GET') words.push('-X', method);
  for (const [name, value] of Object.entries(requestHeaders)) words.push('-H', `${name}: ${value}`);
  if (requestBody) words.push('--data-binary', requestBody.text ?? '@FILE');
  words.push(`${base}${path}`);
  return words.map(shell.escape).join(' ');
}
