/**
 * Runs the tests in the repository of the OpenAPI Overlay Specification: `tsx scripts/overlay-suite.ts DIR`, with DIR a clone.
 * Checks documents that must be accepted, documents that must be rejected, and overlays with their results, applied to a
 * parsed description and in place.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { applyToText, locateOverlay } from '../src/spec/apply.js';
import type { Json } from '../src/spec/document.js';
import { applyOverlay, parseOverlay } from '../src/spec/overlay.js';
import { overlayVersions } from '../src/spec/overlay-read.js';
import { parseYaml } from '../src/spec/yaml.js';

const [root = ''] = process.argv.slice(2);
if (!existsSync(join(root, 'tests'))) {
  process.stderr.write('usage: tsx scripts/overlay-suite.ts DIR, a clone of the Overlay Specification\n');
  process.exit(2);
}

let failed = 0;

/** Counts the files that pass a check. */
function count(what: string, names: readonly string[], check: (name: string) => string | undefined): void {
  const complaints = names.flatMap((name) => {
    const complaint = check(name);
    return complaint === undefined ? [] : [`  ${name}: ${complaint}\n`];
  });
  failed += complaints.length;
  process.stdout.write(`${what}: ${names.length - complaints.length} of ${names.length}\n${complaints.join('')}`);
}

function refusal(file: string): string | undefined {
  try {
    parseOverlay(readFileSync(file, 'utf8'), file);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

for (const version of overlayVersions) {
  for (const kind of ['pass', 'fail'] as const) {
    const folder = join(root, 'tests', `v${version}`, kind);
    count(`${version} must ${kind}`, readdirSync(folder), (name) => {
      const message = refusal(join(folder, name));
      if (kind === 'pass') return message;
      return message === undefined ? 'is read' : undefined;
    });
  }
}

const sets = join(root, 'compliant-sets');
const folders = readdirSync(sets).filter((name) => existsSync(join(sets, name, 'overlay.yaml')));
count('compliant sets', folders, (name) => {
  const text = (file: string): string => readFileSync(join(sets, name, file), 'utf8');
  const wanted = parseYaml(text('output.yaml'), 'output.yaml');
  const value = parseYaml(text('openapi.yaml'), 'openapi.yaml') as Json;
  applyOverlay(value, parseOverlay(text('overlay.yaml'), 'overlay.yaml'));
  if (!isDeepStrictEqual(value, wanted)) return 'as a value, something else comes out';
  const overlay = locateOverlay(text('overlay.yaml'), 'overlay.yaml', 'specification');
  const { text: patched } = applyToText(text('openapi.yaml'), [overlay], 'openapi.yaml');
  return isDeepStrictEqual(parseYaml(patched, 'patched'), wanted) ? undefined : 'in place, something else comes out';
});
process.exitCode = failed > 0 ? 1 : 0;
