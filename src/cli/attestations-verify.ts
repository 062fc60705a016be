import { platformText } from '../client/platform.js';
import { AttestdError } from '../support/foundation/errors.js';
import {
  findAttestations,
  platformsAsked,
  readDemand,
  selectionFlags,
  verificationFlags,
} from './attestations-find.js';
import { verificationLines } from './attestations-table.js';
import { command as define } from './command.js';
import { withDaemon } from './daemon.js';
import { palette, printJson, printLines } from './output.js';

/** `attestd attestations verify IMAGE`: whether the signatures of an image's attestations hold. */
export const command = define(
  {
    positionals: ['IMAGE'],
    flags: {
      ...selectionFlags,
      'all-platforms': { type: 'boolean', help: 'for each platform that the image has' },
      ...verificationFlags,
      json: { type: 'boolean', help: 'write JSON' },
    },
    notes: ['With several keys, one has to accept a signature; --threshold 2 demands two of them.'],
    exitCodes: '0 verified, 1 the image is not there or not verified, 2 usage or no daemon',
    example: 'attestd attestations verify hello:signed --key old.pub --key new.pub',
  },
  async ({ values, positionals }) => {
    const [image = ''] = positionals;
    const { 'all-platforms': everywhere = false, quiet = false, registry } = values;
    const platformsOf = platformsAsked(values);
    const demand = await readDemand(values);
    if (demand === undefined) throw new AttestdError('USAGE', '--key FILE or --trusted-root FILE is missing');
    return withDaemon(values.host, async (client) => {
      const platforms = await platformsOf(client, image);
      if (platforms.length === 0) throw new AttestdError('NOT_FOUND', `${image} has no platform`);
      const outcomes = [];
      for (const each of platforms) {
        const found = await findAttestations(client, image, each ? { platform: each } : {}, { demand, registry });
        const { verification } = found;
        if (!verification) continue;
        outcomes.push({ ...(each && { platform: each }), ...verification });
        if (values.json || (quiet && verification.verified)) continue;
        const colours = palette(process.stdout);
        const [first, ...further] = verificationLines(verification, colours);
        const head = everywhere && each && [colours.bold(platformText(each)), ': '];
        printLines([[head, first], ...further]);
      }
      if (values.json) printJson(everywhere ? outcomes : outcomes[0], 2);
      return outcomes.every(({ verified }) => verified) ? 0 : 1;
    });
  },
);
