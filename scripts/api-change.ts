/**
 * Classes what changed in the public TypeScript surface by Semantic Versioning: `tsx scripts/api-change.ts REVISION` compares
 * docs/reference/api-report.md with the one of a git revision, and writes Markdown for a pull request.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** The version increment that a change requires. */
export type Part = 'major' | 'minor' | 'patch';

/** One change of the surface. */
export interface SurfaceChange {
  readonly part: Part;
  /** The entry and the export, such as `attestd/spec readModel`. */
  readonly place: string;
  readonly message: string;
}

/** The lines of a report by entry and export; functions may have several. */
function readReport(text: string): Map<string, string[]> {
  const exports = new Map<string, string[]>();
  for (const [, entry, body] of text.matchAll(/^## (\S+)\n\n```ts\n(.*?)\n```/gms)) {
    for (const block of (body as string).split(/\n\n|\n(?=function )/)) {
      const name = /^(?:interface|type|class|function|const) ([\w$]+)/.exec(block)?.[1];
      if (name === undefined) continue;
      const key = `${entry} ${name}`;
      exports.set(key, [...(exports.get(key) ?? []), block]);
    }
  }
  return exports;
}

const member = /^ {2}(?:readonly )?(.+?)(\?)?: (.*);$/;

/** The members of an object type or class by name, with what is said of each; undefined for anything else. */
function membersOf(block: string): Map<string, { optional: boolean; text: string }> | undefined {
  const [head = '', ...lines] = block.split('\n');
  if (!head.endsWith('{')) return undefined;
  return new Map(
    lines
      .filter((line) => line !== '}')
      .map((line) => {
        const [, name, optional, text] = member.exec(line) ?? [];
        return [
          name ?? line,
          { optional: optional !== undefined, text: `${line.includes('readonly ') ? 'readonly ' : ''}${text ?? line}` },
        ];
      }),
  );
}

function compareMembers(place: string, from: string, to: string): SurfaceChange[] | undefined {
  const [old, now] = [membersOf(from), membersOf(to)];
  if (!old || !now || from.split('\n')[0] !== to.split('\n')[0]) return undefined;
  const changes: SurfaceChange[] = [];
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const [a, b] = [old.get(name), now.get(name)];
    if (!b) changes.push({ part: 'major', place, message: `${name} is gone` });
    else if (!a) {
      // Code that creates such an object must set a new member that is not optional.
      const part = b.optional || from.startsWith('class ') ? 'minor' : 'major';
      changes.push({ part, place, message: `${name} is new${b.optional ? ', optional' : ''}` });
    } else if (a.text !== b.text)
      changes.push({ part: 'major', place, message: `${name} was ${a.text}, is ${b.text}` });
    else if (a.optional !== b.optional) {
      changes.push({ part: 'major', place, message: `${name} is ${b.optional ? 'optional' : 'required'} now` });
    }
  }
  return changes;
}

/** Whether a function only takes more: parameters after the old ones, all optional. */
function takesMore(from: string, to: string): boolean {
  const [a, b] = [from, to].map((text) => /^(function [\w$]+(?:<.*?>)?\()(.*)(\): .*)$/s.exec(text));
  if (!a || !b || a[1] !== b[1] || a[3] !== b[3]) return false;
  const [before = '', after = ''] = [a[2], b[2]];
  const rest = before === '' ? after : after.startsWith(`${before}, `) ? after.slice(before.length + 2) : '';
  return /^[\w$]+\?: /.test(rest);
}

/**
 * Compares two reports of the public surface.
 *
 * @param from the old text of docs/reference/api-report.md
 * @param to the new text
 * @returns the changes; a patch has none
 */
export function compareReports(from: string, to: string): SurfaceChange[] {
  const [old, now] = [readReport(from), readReport(to)];
  const changes: SurfaceChange[] = [];
  for (const place of new Set([...old.keys(), ...now.keys()])) {
    const [a, b] = [old.get(place), now.get(place)];
    if (!b) changes.push({ part: 'major', place, message: 'is gone' });
    else if (!a) changes.push({ part: 'minor', place, message: 'is new' });
    else if (a.join('\n') !== b.join('\n')) {
      const [[x = ''], [y = '']] = [a, b];
      const single = a.length === 1 && b.length === 1;
      const members = single ? compareMembers(place, x, y) : undefined;
      if (members) changes.push(...members);
      else if (single && takesMore(x, y)) changes.push({ part: 'minor', place, message: 'takes more, optionally' });
      else if (a.every((each) => b.includes(each))) changes.push({ part: 'minor', place, message: 'has another form' });
      else changes.push({ part: 'major', place, message: `was ${a.join(' ')}, is ${b.join(' ')}` });
    }
  }
  return changes;
}

/** The part of the version number that changes ask for. */
export function partOf(changes: readonly SurfaceChange[]): Part {
  const parts = changes.map(({ part }) => part);
  return parts.includes('major') ? 'major' : parts.includes('minor') ? 'minor' : 'patch';
}

/** Writes changes as Markdown. */
export function changeReport(changes: readonly SurfaceChange[]): string {
  const rows = (['major', 'minor'] as const).flatMap((wanted) =>
    changes
      .filter(({ part }) => part === wanted)
      .map(
        ({ part, place, message }) =>
          `| ${part} | \`${place}\` | ${message.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`,
      ),
  );
  const table = rows.length > 0 ? ['', '| part | export | change |', '|---|---|---|', ...rows] : [];
  return `${[`### Public TypeScript surface: ${partOf(changes)}`, ...table].join('\n')}\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [revision] = process.argv.slice(2);
  if (revision === undefined || revision.startsWith('-')) {
    process.stderr.write('usage: tsx scripts/api-change.ts REVISION\n');
    process.exit(2);
  }
  const old = execFileSync('git', ['show', '--end-of-options', `${revision}:docs/reference/api-report.md`], {
    encoding: 'utf8',
  });
  process.stdout.write(changeReport(compareReports(old, readFileSync('docs/reference/api-report.md', 'utf8'))));
}
