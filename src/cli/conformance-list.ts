import { catalogue } from '../conformance/index.js';
import { listRequirements, renderCatalogue, renderList } from '../conformance/report/list.js';
import { AttestdError } from '../errors.js';
import { command as define } from './command.js';

const flags = {
  json: { type: 'boolean', help: 'as JSON' },
  markdown: { type: 'boolean', help: 'as the document docs/requirements.md' },
} as const;

/** `attestd conformance list`: the catalogue as text, JSON or a document. */
export const command = define({ flags, example: 'attestd conformance list | grep ImageAttestations' }, ({ values }) => {
  if (values.json && values.markdown) throw new AttestdError('USAGE', '--json or --markdown, not both');
  if (values.json) process.stdout.write(`${JSON.stringify(listRequirements(catalogue), undefined, 2)}\n`);
  else process.stdout.write(values.markdown ? renderCatalogue(catalogue) : renderList(catalogue));
  return 0;
});
