/** Measures JSON on large statements; JSON.parse and stringify for comparison. */

import { digestOf } from '../src/oci/digest.js';
import { manifestType } from '../src/oci/manifest.js';
import { compactJson, decodeJson, jsonFault } from '../src/support/go/json.js';
import { readTool } from '../test/helpers/options.js';
import { type Measurement, measure, print } from './measure.js';

const { values } = readTool({
  name: 'json',
  help: `usage: npx tsx bench/json.ts [OPTIONS]

Measures JSON on large statements, beside JSON.parse and stringify.

  --mib N  size of the statement; 20 without it

example: npx tsx bench/json.ts --mib 50
`,
  options: { mib: { type: 'number', whole: true, default: 20 } },
});
const size = values.mib << 20;

const packages: object[] = [];
for (let bytes = 0; bytes < size; bytes += 190)
  packages.push({
    SPDXID: `SPDXRef-${packages.length}`,
    fileName: `./usr/share/${packages.length}`,
    checksum: digestOf(`${bytes}`),
  });
const indented = Buffer.from(JSON.stringify({ packages }, null, 2));
const compact = Buffer.from(JSON.stringify({ packages }));
const layer = { mediaType: 'application/vnd.in-toto+json', digest: digestOf(''), size: 1, annotations: { a: 'b' } };
const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: layer, layers: Array(10).fill(layer) }));

const rows: Measurement[] = [];
for (const [what, bytes] of [
  ['indented', indented],
  ['compact', compact],
] as const) {
  const amount = { bytes: bytes.length };
  const name = `a statement of ${(bytes.length / (1 << 20)).toFixed(0)} MiB, ${what}`;
  for (let round = 0; round < 2; round++) compactJson(bytes);
  rows.push(await measure(`compact ${name}`, amount, () => compactJson(bytes)));
  rows.push(await measure(`check ${name}`, amount, () => jsonFault(bytes)));
  rows.push(
    await measure(`JSON.parse and stringify ${name}`, amount, () => JSON.stringify(JSON.parse(bytes.toString()))),
  );
}
const times = 20_000;
rows.push(
  await measure('decode a manifest of 10 layers', { times }, () => {
    for (let i = 0; i < times; i++) decodeJson(manifest, manifestType);
  }),
);
print(rows);
