import { cleanUp } from '../conformance/cleanup.js';
import { AttestdError } from '../support/foundation/errors.js';
import { command as define } from './command.js';
import { printJson, printLines } from './output.js';

const flags = {
  host: { type: 'string', short: 'H', value: 'URL', help: 'the daemon, unix:///path or tcp://host:port' },
  name: { type: 'string', value: 'NAME', help: 'remove what the run of this name left' },
  all: { type: 'boolean', help: 'remove what any run left; a run that is under way loses its images' },
  json: { type: 'boolean', help: 'as JSON: what was found, and what could not be removed' },
} as const;

/** `attestd conformance cleanup`: remove what an interrupted run has left. */
export const command = define(
  {
    flags,
    notes: ['Without --name or --all it says what there is, by the label that everything of a run carries.'],
    exitCodes: '0 nothing is left of what was to be removed, 1 something is, 2 usage or no daemon',
    example: 'attestd conformance cleanup --host unix:///var/run/docker.sock --all',
  },
  async ({ values }) => {
    const { host, name, all = false, json = false } = values;
    if (name !== undefined && all) throw new AttestdError('USAGE', '--name or --all, not both');
    const run = all ? '*' : name;
    const { found, left } = await cleanUp({ ...(host !== undefined && { host }), ...(run !== undefined && { run }) });
    if (json) printJson({ found, left });
    else {
      const names = [...new Set(found.map((one) => one.run))].sort();
      const lines = names.map((each) => {
        const own = found.filter((one) => one.run === each);
        const kept = left.filter((one) => one.run === each).length;
        const isWanted = all || each === name;
        const done = isWanted ? `${own.length - kept} removed${kept > 0 ? `, ${kept} not` : ''}` : 'kept';
        return `${each}: ${own.length} found, ${done}`;
      });
      printLines(lines.length > 0 ? lines : ['nothing is left of any run']);
    }
    return left.length > 0 ? 1 : 0;
  },
);
