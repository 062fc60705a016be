import { type AttestationSelection, summarizeStatement } from '../client/index.js';
import { platformText } from '../client/platform.js';
import { AttestdError } from '../support/foundation/errors.js';
import {
  type Findings,
  findAttestations,
  platformsAsked,
  readDemand,
  selectionFlags,
  verificationFlags,
} from './attestations-find.js';
import { attestationsTable, registryLines, verificationLines, writeStatements } from './attestations-table.js';
import { command as define } from './command.js';
import { withDaemon } from './daemon.js';
import { palette, printJson, printLines } from './output.js';

const flags = {
  ...selectionFlags,
  'all-platforms': { type: 'boolean', help: 'for each platform that the image has' },
  type: { type: 'string', multiple: true, value: 'TYPE', help: 'only this predicate type' },
  statement: { type: 'boolean', help: "write the statements as they are, one a line, as 'show' does" },
  ...verificationFlags,
  verify: { type: 'boolean', help: 'what --key and --trusted-root imply' },
  json: { type: 'boolean', help: 'write JSON instead of a table' },
} as const;

/** The JSON form of the findings for a platform. */
function toJson({ shown, chain, verification }: Findings): object {
  const attestations = shown.map(({ descriptor, predicateType, statement }) => ({
    predicateType,
    descriptor,
    ...(statement && summarizeStatement(statement)),
  }));
  const registry = chain?.statements?.map(({ statement, ...one }) => ({ ...one, ...summarizeStatement(statement) }));
  return { attestations, registry, verification };
}

/** Explains an empty answer. */
function noneText(image: string, { platform, types }: AttestationSelection): string {
  const where = platform ? ` for ${platformText(platform)}` : '';
  const what = types ? ` of type ${types.join(' or ')}` : '';
  return `${image} has no attestations${what}${where}`;
}

function write(image: string, found: Findings, selection: AttestationSelection, quiet: boolean): void {
  const { shown, chain, verification } = found;
  const colours = palette(process.stdout);
  if (shown.length > 0) printLines(attestationsTable(shown, verification, colours));
  else if (!quiet) printLines([noneText(image, selection)]);
  if (verification) printLines(verificationLines(verification, colours));
  else if (chain) printLines(registryLines(chain));
}

/** `attestd attestations IMAGE`, and `ls` below it: show the attestations of an image. */
export const command = define(
  {
    positionals: ['IMAGE'],
    flags,
    notes: ['The daemon needs API 1.55, which Docker Engine 29.6 has.'],
    exitCodes: '0 shown, 1 the image is not there or its signatures do not hold, 2 usage or no daemon',
    example: 'attestd attestations hello:signed --key cosign.pub',
  },
  async ({ values, positionals }) => {
    const [image = ''] = positionals;
    const { 'all-platforms': everywhere = false, quiet = false, registry } = values;
    const platformsOf = platformsAsked(values);
    const demand = await readDemand(values);
    if (values.verify && demand === undefined)
      throw new AttestdError('USAGE', '--verify needs --key FILE or --trusted-root FILE');
    if (values.statement && (values.json || demand || everywhere))
      throw new AttestdError('USAGE', '--statement writes statements and nothing else');
    const types = values.type && { types: values.type };
    return withDaemon(values.host, async (client) => {
      const platforms = await platformsOf(client, image);
      const selections = platforms.map((platform) => ({ ...(platform && { platform }), ...types }));
      if (values.statement) {
        writeStatements(await client.imageAttestations(image, { ...selections[0], statement: true }));
        return 0;
      }
      const all: Findings[] = [];
      for (const selection of selections) {
        const found = await findAttestations(client, image, selection, { demand, registry });
        all.push(found);
        if (values.json) continue;
        if (everywhere && found.shown.length > 0 && found.platform)
          printLines([...(all.length > 1 ? [''] : []), palette(process.stdout).bold(platformText(found.platform))]);
        write(image, found, selection, quiet);
      }
      const [first] = all;
      if (values.json) {
        const platforms = all.map((found) => ({
          ...(found.platform && { platform: found.platform }),
          ...toJson(found),
        }));
        printJson(everywhere || !first ? { platforms } : toJson(first), 2);
      } else if (!first && !quiet) printLines([noneText(image, {})]);
      return all.some(({ verification }) => verification && !verification.verified) ? 1 : 0;
    });
  },
);
