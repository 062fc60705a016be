/** Draws the project's parts from their imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { html } from '../../src/support/foundation/markup.js';

/** Captions of the parts. A part without a caption is an error. */
const captions: Readonly<Record<string, string>> = {
  cli: 'the commands',
  testing: 'startDaemon, image()',
  gate: 'a proxy that admits',
  server: 'HTTP, routes, gRPC',
  conformance: 'requirements, runner',
  client: 'find, read, verify',
  policy: 'admission rules',
  engine: 'the state of a daemon',
  attestations: 'in-toto statements',
  oci: 'store, layout, archives',
  spec: 'the description',
  sandbox: 'simulated containers',
  'registry-client': 'registry protocol',
  go: "Go's semantics",
};

/** Files and directories that every part may import. */
const base = ['generated', 'index', 'foundation'];

/** Returns the parts that each part imports, from the sources. */
export function partImports(root: string): Map<string, Set<string>> {
  const source = join(root, 'src');
  const found = new Map<string, Set<string>>();
  const partOf = (path: string): string => {
    const [room = '', part = ''] = relative(source, path).split(/[\\/]/);
    return (room === 'support' ? part : room).replace(/\.[jt]s$/, '');
  };
  for (const name of readdirSync(source, { recursive: true, encoding: 'utf8' })) {
    const part = partOf(join(source, name));
    if (!name.endsWith('.ts') || base.includes(part)) continue;
    const own = found.get(part) ?? new Set<string>();
    found.set(part, own);
    for (const { fileName } of ts.preProcessFile(readFileSync(join(source, name), 'utf8')).importedFiles) {
      if (!fileName.startsWith('.')) continue;
      const target = partOf(resolve(source, name, '..', fileName));
      if (target !== part && !base.includes(target) && captions[target] !== undefined) own.add(target);
    }
  }
  return found;
}

/** Removes imports that follow from others. */
function reduced(imports: ReadonlyMap<string, ReadonlySet<string>>): [string, string][] {
  const reaches = (from: string, to: string): boolean =>
    [...(imports.get(from) ?? [])].some((next) => next === to || reaches(next, to));
  return [...imports].flatMap(([from, targets]) =>
    [...targets]
      .filter((to) => ![...targets].some((other) => other !== to && reaches(other, to)))
      .map((to): [string, string] => [from, to]),
  );
}

/** Arranges parts in rows: each directly below its lowest importer, and centered below its importers. */
function layers(imports: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const importers = (part: string): string[] => [...imports.keys()].filter((from) => imports.get(from)?.has(part));
  const levelOf = (part: string): number => Math.max(-1, ...importers(part).map(levelOf)) + 1;
  const parts = Object.keys(captions).filter((part) => imports.has(part));
  const rows: string[][] = [];
  for (const part of parts) rows[levelOf(part)] = [...(rows[levelOf(part)] ?? []), part];
  const position = new Map<string, number>();
  for (const row of rows) {
    const middle = new Map(
      row.map((part) => {
        const above = importers(part).flatMap((from) => position.get(from) ?? []);
        return [part, above.reduce((sum, each) => sum + each, 0) / (above.length || 1)];
      }),
    );
    row.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
    for (const [at, part] of row.entries()) position.set(part, (at + 0.5) / row.length);
  }
  return rows;
}

const box = { width: 150, height: 46, gap: 22, rise: 92 };

/**
 * Draws a box for each part, above the parts that it imports. Lines that follow from others are left out.
 *
 * @param root the repository
 * @throws Error if a part has no caption
 */
export function partsPicture(root: string): string {
  const imports = partImports(root);
  const nameless = [...imports.keys()].filter((part) => captions[part] === undefined);
  if (nameless.length > 0) throw new Error(`scripts/pictures/parts.ts has no caption for ${nameless.join(', ')}`);
  const rows = layers(imports);
  const widest = Math.max(...rows.map((row) => row.length));
  const width = widest * (box.width + box.gap) + box.gap;
  const height = rows.length * box.rise + 40;
  const places = new Map<string, { x: number; y: number }>();
  for (const [at, row] of rows.entries()) {
    const left = (width - (row.length * (box.width + box.gap) - box.gap)) / 2;
    for (const [index, part] of row.entries())
      places.set(part, { x: left + index * (box.width + box.gap), y: 20 + at * box.rise });
  }
  const lines = reduced(imports).map(([from, to]) => {
    const [a, b] = [places.get(from), places.get(to)];
    if (!a || !b) throw new Error(`${from} or ${to} has no place`);
    const [x1, y1, x2, y2] = [a.x + box.width / 2, a.y + box.height, b.x + box.width / 2, b.y - 4];
    const middle = (y1 + y2) / 2;
    return html`<path d="M${x1} ${y1} C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}" marker-end="url(#arrow)"/>\n`;
  });
  const boxes = [...places].map(
    ([part, { x, y }]) => html`<rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="6"/>
<text x="${x + box.width / 2}" y="${y + 20}" class="name">${part}</text><text x="${x + box.width / 2}" y="${y + 37}">${captions[part] ?? ''}</text>\n`,
  );
  return `${html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">
<title id="title">The parts of attestd</title>
<desc id="desc">${[...imports].map(([from, targets]) => `${from} imports ${[...targets].sort().join(', ') || 'nothing'}.`).join(' ')}</desc>
<style>svg { background: #fff; } rect { fill: #eef4fb; stroke: #44607f; } path { fill: none; stroke: #7b8794; } #arrow path { fill: #7b8794; }
text { font: 12px system-ui, sans-serif; fill: #33404d; text-anchor: middle; } .name { font-weight: 700; font-size: 14px; fill: #14202b; }</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
<rect width="${width}" height="${height}" rx="8" style="fill: #fff; stroke: none"/>
${lines}${boxes}</svg>
`}`;
}
