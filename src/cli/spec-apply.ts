import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AttestdError } from '../errors.js';
import { type ApplyResult, applyToText, fitMarks, type LocatedOverlay, locateOverlay } from '../spec/apply.js';
import { apiFolder } from '../spec/index.js';
import type { FlagValues } from './arguments.js';
import { command as define } from './command.js';
import { readUtf8, replaceFile } from './spec-output.js';
import { palette } from './terminal.js';

const flags = {
  to: { type: 'string', value: 'FILE', help: 'the description to patch, Swagger 2.0 in YAML or JSON; needed' },
  channel: {
    type: 'string',
    value: 'NAME',
    choices: ['standard', 'experimental'],
    help: 'the packaged patch; experimental is standard and more',
  },
  overlay: { type: 'string', multiple: true, value: 'FILE', help: 'an OpenAPI Overlay 1.0 document' },
  check: { type: 'boolean', help: 'write nothing; exit 1 when the file would change' },
  json: { type: 'boolean', help: 'report as JSON: file, changed, written, changes, conflicts' },
} as const;

function channelOverlays(channel: 'standard' | 'experimental'): LocatedOverlay[] {
  const folders = channel === 'standard' ? ['standard'] : ['standard', 'experimental'];
  return folders.flatMap((folder) => {
    const path = join(apiFolder, 'overlays', folder);
    const names = readdirSync(path).filter((name) => name.endsWith('.yaml'));
    return names.sort().map((name) => locateOverlay(readUtf8(join(path, name)), `${folder}/${name}`));
  });
}

function readOwnOverlay(path: string): LocatedOverlay {
  try {
    return locateOverlay(readUtf8(path), path);
  } catch (cause) {
    // A broken overlay is bad input, and no conflict with the file.
    if (cause instanceof AttestdError && cause.code === 'OVERLAY') {
      throw new AttestdError('INVALID_ARGUMENT', cause.message, { cause });
    }
    throw cause;
  }
}

function report(file: string, result: ApplyResult, values: FlagValues<typeof flags>, quiet: boolean): void {
  const { conflicts, changes } = result;
  if (values.json) {
    const written = !values.check && changes.length > 0;
    const places = changes.map(({ op, pointer }) => ({ op, pointer }));
    process.stdout.write(
      `${JSON.stringify({ file, changed: changes.length > 0, written, changes: places, conflicts })}\n`,
    );
    return;
  }
  if (conflicts.length > 0) {
    const { red } = palette(process.stderr);
    for (const { overlay, action, line: at, at: place, message } of conflicts) {
      const where = message.startsWith(place) ? '' : `${place}: `;
      process.stderr.write(`${overlay}:${at}: action ${action}: ${red('conflict')}: ${where}${message}\n`);
    }
    return;
  }
  if (quiet) return;
  const { green, yellow, red } = palette(process.stdout);
  const signs = { add: green('+'), replace: yellow('~'), remove: red('-') };
  if (changes.length === 0) process.stdout.write(`${file}: nothing to do\n`);
  else {
    const noun = changes.length === 1 ? 'change' : 'changes';
    process.stdout.write(`${file}: ${changes.length} ${noun}${values.check ? ' to make' : ''}\n`);
    for (const { op, pointer } of changes) process.stdout.write(`  ${signs[op]} ${pointer}\n`);
  }
}

/** `attestd spec apply`. */
export const command = define(
  {
    flags,
    notes: [
      `Without --channel and --overlay, the experimental channel is applied; --overlay alone applies just that; both
      apply the channel first. What the file has already stays as it is, so that applying twice changes nothing. An
      action that does not fit is reported with overlay, action and line, and the file stays untouched.`,
    ],
    exitCodes:
      '0 done or nothing to do, 1 a conflict, or --check and the file would change, 2 usage or unreadable input',
    example: 'attestd spec apply --to moby/api/swagger.yaml --channel standard --check',
  },
  ({ values }) => {
    if (values.to === undefined) throw new AttestdError('USAGE', '--to FILE is missing');
    const own = (values.overlay ?? []).map(readOwnOverlay);
    const channel = values.channel ?? (own.length > 0 ? undefined : 'experimental');
    const packaged = channel === undefined ? [] : channelOverlays(channel);
    const text = readUtf8(values.to);
    const result = applyToText(text, [...fitMarks(text, packaged), ...own], values.to);
    report(values.to, result, values, values.quiet ?? false);
    if (result.conflicts.length > 0) return 1;
    if (result.changes.length === 0) return 0;
    if (values.check) return 1;
    replaceFile(values.to, result.text);
    return 0;
  },
);
