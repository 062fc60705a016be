/** What was measured as Markdown with pictures. */
import { html } from '../src/html.js';
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

/** Why something misses its mark, where that is known. */
const reasons: Readonly<Record<string, string>> = {
  'memory at rest': `42 MB of it are the program file of Node.js, a bare \`node:http\` server takes 44; collecting garbage after the start gave
  nothing back, and smaller young generations (66 MB) or \`--optimize-for-size\` (56 MB) must be given to Node.js before it starts`,
  '200 slow readers of 40 MiB':
    'two pieces for each reader and what Node.js holds of a connection; smaller pieces took no less',
  'load, part of hashing': `each layer is written, synced, decompressed and hashed a second time, as a daemon unpacks it; \`node:http\` in the
  table only hashes, writes and syncs what it is sent`,
  'save, part of hashing':
    'what comes through a socket is copied four times; `node:http` in the table sends the same file and does nothing else',
  df: 'facts of all images are gone through four times, and the answer has each image twice',
  prune:
    'the first collection of a process reads and hashes each manifest: what is deleted is found out from the disk alone',
  memory: `\`--cache-size\` bounds what is kept, not the heap: after the first list of 10,000 images and a collection by V8, 46 MB of objects
  and 27 MB of buffers are more than before it, 7.3 kB an image: facts, rendered elements, and the buffers that these are pieces of`,
  'list again':
    'names, order and the elements that were kept are gone through for each image; an answer of so many megabytes is not kept whole',
  'first attestations':
    'images are sorted by their targets once, when the first is asked for; on a machine that others kept busy',
  'first list': 'what each image says is read from the file beside the layout, and its element is rendered',
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

/** The page, and the pictures that it shows by their names. */
export function report(result: Result): { readonly page: string; readonly pictures: Readonly<Record<string, string>> } {
  const all = [...result.rows, ...(result.kept ?? []).flatMap((kept) => kept.rows)];
  const groups = unique(all.map((row) => row.group));
  const pictures: Record<string, string> = {};
  const parts = groups.map((group) => {
    const rows = all.filter((row) => row.group === group);
    const shown = group === 'reads' || group === 'start' || group === 'store';
    const drawn = group === 'store' ? perImage(rows) : rows.filter(sameUnit(rows));
    if (shown) pictures[`benchmark-${group}.svg`] = bars(`${titles[group]}`, drawn);
    const picture = shown ? `![${titles[group]}](pictures/benchmark-${group}.svg)\n\n` : '';
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
  const runs = (result.kept ?? [])
    .map((kept) => {
      const who = unique(kept.rows.map((row) => row.who)).join(', ');
      return `The figures of ${who} are of a run of their own at ${kept.commit} on ${kept.date.slice(0, 10)}, load ${kept.load.map((one) => one.toFixed(1)).join(' to ')}. `;
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
