/**
 * Refuses regular expressions whose time grows faster than the text, in rooms that read text of clients and peers:
 * `tsx scripts/lint-expressions.ts`. One such expression can block the event loop.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { analyse } from 'scslre';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = 'attestations client engine gate oci policy server support'.split(' ');

let found = 0;

function look(path: string): void {
  const source = ts.createSourceFile(path, readFileSync(join(root, path), 'utf8'), ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      const { reports } = analyse({ source: node.text.slice(1, end), flags: node.text.slice(end + 1) });
      if (reports.length > 0) {
        found++;
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        const how = reports.some(({ exponential }) => exponential) ? 'exponential' : 'polynomial';
        process.stdout.write(`${path}:${line + 1}: ${node.text} takes ${how} time in a long text\n`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
}

for (const folder of folders)
  for (const entry of readdirSync(join(root, 'src', folder), { recursive: true, encoding: 'utf8' }))
    if (entry.endsWith('.ts')) look(join('src', folder, entry));
process.exitCode = found > 0 ? 1 : 0;
