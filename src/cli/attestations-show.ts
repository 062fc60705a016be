import { AttestdError } from '../support/foundation/errors.js';
import { selectionFlags } from './attestations-find.js';
import { writeStatements } from './attestations-table.js';
import { command as define } from './command.js';
import { parsePlatform, withDaemon } from './daemon.js';

/** `attestd attestations show IMAGE`: the statements of an image as they are. */
export const command = define(
  {
    positionals: ['IMAGE'],
    flags: {
      ...selectionFlags,
      type: { type: 'string', multiple: true, value: 'TYPE', help: 'only this predicate type' },
    },
    notes: [
      `Bytes are written as they were signed, but for white space between tokens, which daemons leave out; statements end with a line feed
      each.`,
    ],
    exitCodes: '0 shown, 1 the image or such a statement is not there, 2 usage or no daemon',
    example: 'attestd attestations show hello:signed --type https://spdx.dev/Document',
  },
  ({ values, positionals }) =>
    withDaemon(values.host, async (client) => {
      const [image = ''] = positionals;
      const { platform, type: types } = values;
      const selection = {
        ...(platform !== undefined && { platform: parsePlatform(platform) }),
        ...(types && { types }),
      };
      const shown = await client.imageAttestations(image, { ...selection, statement: true });
      if (shown.length === 0)
        throw new AttestdError(
          'NOT_FOUND',
          `${image} has no attestation${types ? ` of type ${types.join(' or ')}` : ''}`,
        );
      writeStatements(shown);
      return 0;
    }),
);
