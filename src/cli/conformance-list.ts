import { catalogue } from '../conformance/index.js';
import { listRequirements, renderCatalogue } from '../conformance/report/list.js';
import type { Requirement } from '../conformance/requirement.js';
import { AttestdError } from '../support/foundation/errors.js';
import { command as define } from './command.js';
import { columns, wrapText } from './help.js';

const flags = {
  json: { type: 'boolean', help: 'as JSON' },
  markdown: { type: 'boolean', help: 'as the document docs/reference/requirements.md' },
} as const;

/** Level and id of each requirement, with its title below. */
function listText(requirements: readonly Requirement[]): string {
  const indent = ' '.repeat(8);
  const lines = requirements.flatMap(({ level, id, title }) => [
    level.padEnd(indent.length) + id,
    ...wrapText(title, columns - indent.length).map((line) => indent + line),
  ]);
  return `${lines.join('\n')}\n\n${requirements.length} requirements\n`;
}

/** `attestd conformance list`: the catalogue as text, JSON or a document. */
export const command = define({ flags, example: 'attestd conformance list | grep ImageAttestations' }, ({ values }) => {
  if (values.json && values.markdown) throw new AttestdError('USAGE', '--json or --markdown, not both');
  if (values.json) process.stdout.write(`${JSON.stringify(listRequirements(catalogue), undefined, 2)}\n`);
  else process.stdout.write(values.markdown ? renderCatalogue(catalogue) : listText(catalogue));
  return 0;
});
