import { STATUS_CODES } from 'node:http';
import type { AttestdError } from '../support/foundation/errors.js';
import type { HijackResult, OperationRequest } from './operation.js';

/** Types of streams of output: with the stream's name before each piece, and without. */
export const multiplexedStream = 'application/vnd.docker.multiplexed-stream';
export const rawStream = 'application/vnd.docker.raw-stream';

/**
 * How the daemon says that the connection is the operation's from now on: with a 101 to a client that asked for it
 * (docs/reference/behavior/http.md#hijacking).
 *
 * @param contentType of a stream to a client that asked; to others it is raw, whatever it holds
 */
export function upgraded(
  { headers }: OperationRequest,
  contentType: string,
): Pick<HijackResult, 'statusLine' | 'headers'> {
  if (headers.upgrade === undefined) return { statusLine: '200 OK', headers: { 'Content-Type': rawStream } };
  return {
    statusLine: '101 UPGRADED',
    headers: { 'Content-Type': contentType, Connection: 'Upgrade', Upgrade: 'tcp' },
  };
}

/** How the daemon answers an attach that it refuses: in plain words, as the stream would have been, and then it hangs up. */
export function refusedAttach(error: AttestdError): HijackResult {
  const { httpStatus } = error;
  return {
    kind: 'hijack',
    statusLine: `${httpStatus} ${STATUS_CODES[httpStatus] ?? ''}`,
    headers: { 'Content-Type': rawStream },
    bare: true,
    async run(connection) {
      connection.write(`${error.message}\r\n`);
    },
    abandon: () => undefined,
  };
}
