/** What was measured as Markdown with pictures. */
import { html } from '../src/support/foundation/markup.js';
import { reasons } from './reasons.js';
import { median, meets, type Result, type Row, spread } from './result.js';

const titles: Readonly<Record<string, string>> = {
  reads: 'Warm reads',
  store: 'A store of so many images',
  'first start': 'The same when a store is served for the first time',
  start: 'Starting',
  content: 'Big content',
  containers: 'Containers',
};

const notes: Readonly<Record<string, string>> = {
  reads: `Answers in a second over 16 connections. \`node:http\` is a bare server that sends the same bytes from memory: what
Node.js can do at most. Prism mocks the same description from its examples, and has only what these give.`,
  store: `Images of five small blobs of their own and a layer that fifty share, as another program would have written them. The
server has served the store before. Milliseconds, unless it says otherwise; what is empty was not measured.`,
  'first start': `Nothing beside the layout yet: what images say is found out while the server answers.`,
  start: '',
  content: '',
  containers: '',
};

/** A number with three digits that count. */
export function figure(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function cell(row: Row | undefined): string {
  if (row === undefined) return '';
  const range = row.values.length > 1 ? ` ± ${(spread(row.values) * 100).toFixed(0)} %` : '';
  const met = meets(row);
  return `${met === false ? '**' : ''}${figure(median(row.values))}${met === false ? '**' : ''}${range}`;
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];

function table(rows: readonly Row[]): string {
  const who = unique(rows.map((row) => row.who));
  const what = unique(rows.map((row) => row.what));
  const targets = rows.some((row) => row.target !== undefined);
  const units = unique(rows.map((row) => row.unit)).length > 1;
  const head = ['', ...who, ...(targets ? ['wanted'] : [])];
  const lines = what.map((name) => {
    const own = rows.filter((row) => row.what === name);
    const label = units ? `${name}, ${own[0]?.unit}` : name;
    const cells = who.map((one) => cell(own.find((row) => row.who === one)));
    return [label, ...cells, ...(targets ? [own.find((row) => row.target)?.target ?? ''] : [])];
  });
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Horizontal bars: one a row, with its figure. @param title what who does not see them is told */
export function bars(title: string, rows: readonly Row[]): string {
  const height = 24;
  const left = 330;
  const width = 420;
  const largest = Math.max(...rows.map((row) => median(row.values)));
  const drawn = rows.map((row, at) => {
    const value = median(row.values);
    const y = at * height;
    return html`<text x="${left - 8}" y="${y + 16}" text-anchor="end">${row.what}, ${row.who}</text>
<rect x="${left}" y="${y + 4}" width="${((value / largest) * width).toFixed(1)}" height="${height - 8}" fill="#4078c0"/>
<text x="${(left + (value / largest) * width + 6).toFixed(1)}" y="${y + 16}">${figure(value)} ${row.unit}</text>`;
  });
  return `${html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 130} ${rows.length * height}" font-family="sans-serif" font-size="12" fill="#57606a">
<title>${title}</title>
${drawn}
</svg>`}\n`;
}

const sameUnit =
  (rows: readonly Row[]) =>
  (row: Row): boolean =>
    row.unit === rows[0]?.unit;

/** What must not depend on the number of images, beside one another. */
const independent = ['first attestations', 'tag', 'untag', 'load', 'delete'];

const perImage = (rows: readonly Row[]): readonly Row[] =>
  independent.flatMap((what) => rows.filter((row) => row.what === what));

const nameOf = ({ group, what, who }: Row): string => [group, what, who].join(' ');

/** The page, and the pictures that it shows by their names. */
export function report(result: Result): { readonly page: string; readonly pictures: Readonly<Record<string, string>> } {
  // What a run of its own measured to compare with is in this one, too.
  const measured = new Set(result.rows.map(nameOf));
  const kept = (result.kept ?? []).map((one) => ({
    ...one,
    rows: one.rows.filter((row) => !measured.has(nameOf(row))),
  }));
  const all = [...result.rows, ...kept.flatMap(({ rows }) => rows)];
  const groups = unique(all.map((row) => row.group));
  const pictures: Record<string, string> = {};
  const parts = groups.map((group) => {
    const rows = all.filter((row) => row.group === group);
    const shown = group === 'reads' || group === 'start' || group === 'store';
    const drawn = group === 'store' ? perImage(rows) : rows.filter(sameUnit(rows));
    if (shown) pictures[`benchmark-${group}.svg`] = bars(`${titles[group]}`, drawn);
    const picture = shown ? `![${titles[group]}](../pictures/benchmark-${group}.svg)\n\n` : '';
    const note = notes[group] ? `${notes[group]}\n\n` : '';
    return `## ${titles[group]}\n\n${note}${table(rows)}\n\n${picture}`;
  });
  const missed = all.filter((row) => meets(row) === false);
  const misses = unique(missed.map((row) => row.what)).map((what) => {
    const figures = missed
      .filter((row) => row.what === what)
      .map((row) => {
        return `${figure(median(row.values))} ${row.unit} (${row.who}), wanted: ${row.target}`;
      });
    return `- ${what}: ${figures.join('; ')}${reasons[what] === undefined ? '' : `: ${reasons[what]}`}`;
  });
  const runs = kept
    .map(({ rows, commit, date, load }) => {
      const who = unique(rows.map((row) => row.who)).join(', ');
      return `The figures of ${who} are of a run of their own at ${commit} on ${date.slice(0, 10)}, load ${load.map((one) => one.toFixed(1)).join(' to ')}. `;
    })
    .join('');
  const page = `# Benchmarks

Made by \`make bench\` at ${result.commit} on ${result.date.slice(0, 10)}: ${result.machine}; load
${result.load[0].toFixed(1)} before and ${result.load[1].toFixed(1)} after. Medians of rounds that alternate, with half of the distance between lowest and highest; bold is
what missed its mark. ${runs}\`make bench-compare BASE=FILE\` holds another run's \`build/bench/result.json\` against the last one.

${parts.join('')}## What missed its mark

${misses.length === 0 ? 'Nothing.' : misses.join('\n')}
`;
  return { page: page.replaceAll(/\n{3,}/g, '\n\n'), pictures };
}
