import { text } from 'node:stream/consumers';
import { AttestdError } from '../../support/foundation/errors.js';
import { answerText, type ControlRoutes } from '../control.js';
import type { Faults } from './index.js';

/** Longest text that is taken, bytes. */
const longest = 1024 * 1024;

/**
 * What the control socket answers of faults (docs/reference/faults.md#while-it-runs): `GET /faults` tells them and how often each was
 * met, `PUT /faults` replaces them, `DELETE /faults` ends them.
 */
export function faultRoutes(faults: Faults): ControlRoutes {
  return {
    'GET /faults': (_request, response) => {
      const told = JSON.stringify({ version: '1.0', ...faults.plan, counts: faults.counts });
      answerText(response, 200, `${told}\n`, 'application/json');
    },
    'PUT /faults': async (request, response) => {
      if (Number(request.headers['content-length'] ?? longest + 1) > longest)
        throw new AttestdError('INVALID_ARGUMENT', `faults need a Content-Length of at most ${longest}`);
      await faults.replaceBy(await text(request), 'faults');
      answerText(response, 200, 'ok\n');
    },
    'DELETE /faults': async (_request, response) => {
      await faults.replace();
      answerText(response, 200, 'ok\n');
    },
  };
}
