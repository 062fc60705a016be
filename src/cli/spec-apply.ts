import { readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ApplyResult,
  type ApplyRules,
  applyToText,
  fitToFile,
  type LocatedOverlay,
  locateOverlay,
} from '../spec/apply.js';
import { apiFolder } from '../spec/index.js';
import { AttestdError } from '../support/foundation/errors.js';
import type { FlagValues } from './arguments.js';
import { command as define } from './command.js';
import { palette } from './output.js';
import { readUtf8, replaceFile } from './spec-output.js';

const flags = {
  to: {
    type: 'string',
    value: 'FILE',
    help: 'the description to patch, Swagger 2.0 or OpenAPI 3, YAML or JSON; default: what the overlay extends',
  },
  channel: {
    type: 'string',
    value: 'NAME',
    choices: ['standard', 'experimental', 'next'],
    help: 'the packaged patch; experimental and next (API 1.56) include standard',
  },
  overlay: { type: 'string', multiple: true, value: 'FILE', help: 'an OpenAPI Overlay 1.0 or 1.1 document' },
  fit: { type: 'boolean', help: 'apply --overlay as the packaged patch is applied: what the file has of it stays' },
  strict: { type: 'boolean', help: 'an action that selects nothing is a conflict' },
  check: { type: 'boolean', help: 'write nothing; exit 1 when the file would change' },
  json: { type: 'boolean', help: 'report as JSON: file, changed, written, changes, conflicts, notes' },
} as const;

function channelOverlays(channel: 'standard' | 'experimental' | 'next'): LocatedOverlay[] {
  const folders = channel === 'standard' ? ['standard'] : ['standard', channel];
  return folders.flatMap((folder) => {
    const path = join(apiFolder, 'overlays', folder);
    const names = readdirSync(path).filter((name) => name.endsWith('.yaml'));
    return names.sort().map((name) => locateOverlay(readUtf8(join(path, name)), `${folder}/${name}`));
  });
}

function readOwnOverlay(path: string, rules: ApplyRules): LocatedOverlay {
  try {
    return locateOverlay(readUtf8(path), path, rules);
  } catch (cause) {
    // A broken overlay is bad input, and no conflict with the file.
    if (cause instanceof AttestdError && cause.code === 'OVERLAY') {
      throw new AttestdError('INVALID_ARGUMENT', cause.message, { cause });
    }
    throw cause;
  }
}

/** The file that overlays extend, when they agree on one. */
function extendedFile(overlays: readonly LocatedOverlay[]): string {
  const files = overlays.flatMap(({ name, extends: reference }) => {
    if (reference === undefined) return [];
    if (/^file:/i.test(reference)) return [fileURLToPath(reference)];
    if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) {
      throw new AttestdError('USAGE', `${name} extends ${reference}: fetch it and name the file with --to`);
    }
    return [resolve(dirname(name), decodeURIComponent(reference))];
  });
  const [file] = files;
  if (file === undefined) throw new AttestdError('USAGE', '--to FILE is missing, and no overlay has extends');
  const other = files.find((path) => path !== file);
  if (other === undefined) return file;
  throw new AttestdError('USAGE', `the overlays extend ${file} and ${other}; say which with --to`);
}

function report(file: string, result: ApplyResult, values: FlagValues<typeof flags>, quiet: boolean): void {
  const { conflicts, changes, notes } = result;
  if (values.json) {
    const written = !values.check && changes.length > 0;
    const places = changes.map(({ op, pointer }) => ({ op, pointer }));
    process.stdout.write(
      `${JSON.stringify({ file, changed: changes.length > 0, written, changes: places, conflicts, notes })}\n`,
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
  for (const { overlay, action, line: at, at: place, message } of notes) {
    const where = message.startsWith(place) ? '' : `${place}: `;
    process.stderr.write(`${overlay}:${at}: action ${action}: ${where}${message}\n`);
  }
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
      apply the channel first. Of the packaged patch, what the file has already stays as it is, so that applying twice
      changes nothing; --overlay is applied as the Overlay Specification says. An action that does not fit is reported
      with overlay, action and line, and the file stays untouched.`,
    ],
    exitCodes:
      '0 done or nothing to do, 1 a conflict, or --check and the file would change, 2 usage or unreadable input',
    example: 'attestd spec apply --to moby/api/swagger.yaml --channel standard --check',
  },
  ({ values }) => {
    const rules = values.fit ? 'fit' : 'specification';
    const own = (values.overlay ?? []).map((path) => readOwnOverlay(path, rules));
    const file = values.to ?? extendedFile(own);
    const channel = values.channel ?? (own.length > 0 ? undefined : 'experimental');
    const packaged = channel === undefined ? [] : channelOverlays(channel);
    const text = readUtf8(file);
    const result = applyToText(text, [...fitToFile(text, packaged), ...own], file, { strict: values.strict ?? false });
    report(file, result, values, values.quiet ?? false);
    if (result.conflicts.length > 0) return 1;
    if (result.changes.length === 0) return 0;
    if (values.check) return 1;
    replaceFile(file, result.text);
    return 0;
  },
);
