import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { diffArrays } from 'diff';
import { stringify } from 'yaml';
import { type ApplyResult, applyToText, fitToFile, locateOverlay } from '../../src/spec/apply.js';
import { toOpenApi } from '../../src/spec/convert.js';
import type { Json } from '../../src/spec/document.js';
import { parseDescription } from '../../src/spec/load.js';
import { compareValues, structureOf } from '../../src/spec/structure.js';
import { parseYaml } from '../../src/spec/yaml.js';
import { AttestdError } from '../../src/support/foundation/errors.js';

/** An overlay with one update or removal. */
function overlay(target: string, update: unknown): string {
  const action = update === undefined ? { target, remove: true } : { target, update };
  return JSON.stringify({ overlay: '1.0.0', info: { title: 'test', version: '1' }, actions: [action] });
}

function apply(text: string, ...overlays: string[]): ApplyResult {
  return applyToText(
    text,
    overlays.map((source, index) => locateOverlay(source, `overlay-${index + 1}`)),
    'file.yaml',
  );
}

/** The lines that a patch adds (`+`) and takes away (`-`). */
function lineDiff(before: string, after: string): string[] {
  return diffArrays(before.split('\n'), after.split('\n')).flatMap(({ added, removed, value }) =>
    added || removed ? value.map((line) => `${added ? '+' : '-'}${line}`) : [],
  );
}

const head = 'swagger: "2.0"\n';

describe('applying overlays to the text of a description', () => {
  it('adds lines and leaves comments, blank lines, quotes and order alone', () => {
    const text = `# a description\n${head}
info: {title: 'An API',   version: "1.0"} # both
paths:
    # listing
    "/things":
        get:
            operationId: ThingList   # the first

definitions:
    Thing:
        type: "object"
        properties:
            Name: {type: "string"}
            # how many
            Count:
                type: "integer"

    # the end
`;
    const { text: patched } = apply(
      text,
      overlay('$.definitions.Thing.properties', { Note: { type: 'string', description: 'One line.' } }),
    );
    expect(lineDiff(text, patched)).to.deep.equal([
      '+            Note:',
      '+                type: "string"',
      '+                description: "One line."',
    ]);
    expect(patched.indexOf('Note:')).to.be.lessThan(patched.indexOf('# the end'));
  });

  it('writes lists and quotes as the file writes those of the same key', () => {
    const text = `${head}
paths:
  /a:
    get:
      tags: ["One"]
      produces:
      - 'text/plain'
      operationId: AGet
  /b:
    get:
      tags: ["Two", "Three"]
      produces:
      - 'text/plain'
      operationId: BGet
`;
    const added = overlay('$.paths', {
      '/c': { get: { tags: ['Four'], produces: ['text/plain'], operationId: 'CGet' } },
    });
    expect(lineDiff(text, apply(text, added).text)).to.deep.equal([
      '+  /c:',
      '+    get:',
      '+      tags: ["Four"]',
      '+      produces:',
      "+      - 'text/plain'",
      '+      operationId: CGet',
    ]);
  });

  it('keeps CRLF line ends and the absence of one at the end of the file', () => {
    const text = 'swagger: "2.0"\r\ndefinitions:\r\n  A:\r\n    type: string';
    const { text: patched } = apply(text, overlay('$.definitions.A', { description: 'Two\nlines.' }));
    expect(patched).to.equal(
      'swagger: "2.0"\r\ndefinitions:\r\n  A:\r\n    type: string\r\n    description: |-\r\n      Two\r\n      lines.',
    );
  });

  it('keeps CRLF in a file that a removal leaves with one line', () => {
    const text = 'swagger: "2.0"\r\nhost: h';
    const { text: patched } = apply(text, overlay('$.host', undefined), overlay('$', { basePath: '/' }));
    expect(patched).to.equal('swagger: "2.0"\r\nbasePath: /');
  });

  it('keeps a byte order mark', () => {
    const text = `\uFEFF${head}info:\n  version: '1.54'\n`;
    expect(apply(text, overlay('$.info', { version: '1.55' })).text).to.equal(
      `\uFEFF${head}info:\n  version: '1.55'\n`,
    );
  });

  it('extends flow collections on one line and on several', () => {
    const text = `${head}definitions: {
  A: {type: string, enum: [x, y]}, # first
  B: {type: string}
}
`;
    const { text: patched } = apply(
      text,
      overlay('$.definitions.A.enum', 'z'),
      overlay('$.definitions', { C: { type: 'object', required: ['D'] } }),
    );
    expect(patched).to.equal(`${head}definitions: {
  A: {type: string, enum: [x, y, z]}, # first
  B: {type: string},
  C: {type: object, required: [D]}
}
`);
  });

  it('turns empty collections into blocks', () => {
    const text = `${head}definitions: {} # none\ntags: []\n`;
    const { text: patched } = apply(
      text,
      overlay('$.definitions', { A: { type: 'string' } }),
      overlay('$.definitions', { B: { type: 'string' } }),
      overlay('$.tags', { name: 'T' }),
    );
    expect(parseYaml(patched, 'p')).to.deep.equal({
      swagger: '2.0',
      definitions: { A: { type: 'string' }, B: { type: 'string' } },
      tags: [{ name: 'T' }],
    });
    expect(patched).to.include('# none\n  A:\n    type: string\n  B:\n');
    expect(patched).to.include('tags:\n  - name: T\n');
  });

  it('writes JSON into JSON', () => {
    const value = { swagger: '2.0', definitions: { A: { type: 'string' } }, tags: [] };
    const { text } = apply(
      JSON.stringify(value, null, 2),
      overlay('$.definitions', { B: { type: 'object', required: ['C'] } }),
      overlay('$.tags', { name: 'T' }),
      overlay('$.tags', { name: 'U' }),
    );
    expect(text).to.equal(
      JSON.stringify(
        {
          swagger: '2.0',
          definitions: { A: { type: 'string' }, B: { type: 'object', required: ['C'] } },
          tags: [{ name: 'T' }, { name: 'U' }],
        },
        null,
        2,
      ),
    );
  });

  it('replaces a value in the quotes of the old one, and text as a block', () => {
    const text = `${head}basePath: '/v1.54' # moves
info:
  version: "1.54"
  title: Short
  description: |
      Some
      words.

tags: []
`;
    const { text: patched } = apply(
      text,
      overlay('$', { basePath: '/v1.55' }),
      overlay('$.info', { version: '1.55', title: 'Long\ntitle', description: 'Other\n\nwords.' }),
    );
    expect(patched).to.equal(`${head}basePath: '/v1.55' # moves
info:
  version: "1.55"
  title: |-
    Long
    title
  description: |-
      Other

      words.

tags: []
`);
  });

  it('removes members and elements with their lines', () => {
    const text = `${head}definitions:
  A:
    type: object
    required: [X, Y, Z]
  B: # goes
    type: string
    # goes too
  C:
    type: string
tags:
  - name: one
    description: stays
  - name: two
`;
    const { text: patched } = apply(
      text,
      overlay('$.definitions.B', undefined),
      overlay("$.definitions.A.required[?@ == 'Y']", undefined),
      overlay('$.tags[0].name', undefined),
      overlay('$.tags[1]', undefined),
    );
    expect(patched).to.equal(`${head}definitions:
  A:
    type: object
    required: [X, Z]
  C:
    type: string
tags:
  - description: stays
`);
  });

  it('writes a text with blank lines below what loses such lines of its own', () => {
    const { text: patched } = apply(
      `\n${head}\na:\n - {\n\n      a: 0\n   }`,
      overlay('$.a', { New: [['x\n\n  y\n']] }),
      overlay('$.a[0].a', undefined),
    );
    expect(patched).to.equal(`\n${head}\na:\n - {}\n - New:\n     - - |\n         x\n\n           y`);
  });

  it('leaves a collection empty when all of it is removed', () => {
    const text = `${head}definitions:\n  A:\n    type: string\ntags: [{name: a}]\n`;
    const { text: patched } = apply(text, overlay('$.definitions.A', undefined), overlay('$.tags[0]', undefined));
    expect(patched).to.equal(`${head}definitions: {}\ntags: []\n`);
  });

  it('folds what a later overlay says about an addition into the addition', () => {
    const text = `${head}definitions:\n  A:\n    type: string\n`;
    const { text: patched } = apply(
      text,
      overlay('$.definitions', { B: { type: 'string', description: 'Before.' } }),
      overlay('$.definitions.B', { description: 'After.' }),
    );
    expect(patched).to.equal(`${text}  B:\n    type: string\n    description: After.\n`);
  });

  it('quotes what other YAML readers would take for no string', () => {
    const text = `${head}definitions:\n  A:\n    type: string\n    title: plain\n`;
    const words = ['yes', 'Off', '1_000', '12:30:45', '2024-01-02', '0o17', '.inf', '~', '1.55', 'n'];
    const { text: patched } = apply(text, overlay('$.definitions.A', { enum: words }));
    for (const word of words) expect(patched).to.include(`- "${word}"\n`);
    expect((parseYaml(patched, 'p') as { definitions: { A: { enum: string[] } } }).definitions.A.enum).to.deep.equal(
      words,
    );
  });

  it('reads quoted values that go on no deeper than their key, and leaves them so', () => {
    const text = `${head}definitions:
  A:
    description: "First words
    and more, and
  the last ones."
    type: string
  B:
  - title: 'One
  of two.'
`;
    const { text: patched } = apply(text, overlay('$.definitions.A', { title: 'T' }));
    expect(patched).to.equal(text.replace('    type: string\n', "    type: string\n    title: 'T'\n"));
    expect((parseYaml(patched, 'p') as { definitions: Json }).definitions).to.deep.equal({
      A: { description: 'First words and more, and the last ones.', type: 'string', title: 'T' },
      B: [{ title: 'One of two.' }],
    });
  });

  it('refuses a quote that is never closed', () => {
    for (const text of ['a:\n  b: "open\n  c: d\n', 'a:\n  b: "open\n  c: "d"\n', 'a: "b\n']) {
      expect(() => parseYaml(text, 'p'))
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_ARGUMENT');
    }
  });

  it('extends JSON on one line, with its spaces or without', () => {
    const value = { swagger: '2.0', tags: [{ name: 'a' }] };
    for (const text of [JSON.stringify(value), '{"swagger": "2.0", "tags": [{"name": "a"}]}\n']) {
      const gap = text.includes(': ') ? ' ' : '';
      const { text: patched } = apply(text, overlay('$.tags', { name: 'b' }));
      expect(patched).to.equal(text.replace('"a"}', `"a"},${gap}{"name":${gap}"b"}`));
    }
  });

  it('refuses to change what an alias shares', () => {
    const text = `${head}definitions:\n  A: &a\n    type: object\n  B: *a\n`;
    for (const name of ['A', 'B']) {
      expect(() => apply(text, overlay(`$.definitions.${name}`, { title: 'T' })), name)
        .to.throw(AttestdError)
        .with.property('code', 'OVERLAY');
    }
  });

  it('refuses a file that is no description', () => {
    for (const text of ['openapi: 4.0.0\n', '- a\n', 'a: [\n']) {
      expect(() => apply(text, overlay('$', { a: 1 })))
        .to.throw(AttestdError)
        .with.property('code', 'INVALID_ARGUMENT');
    }
  });
});

describe('the packaged patch', () => {
  const root = new URL('../../api/', import.meta.url);
  const base = readFileSync(new URL('base/engine-v1.54.yaml', root), 'utf8');
  const patch = (text: string, ...channels: string[]): ApplyResult => {
    const overlays = channels.flatMap((channel) =>
      readdirSync(new URL(`overlays/${channel}/`, root))
        .sort()
        .map((name) =>
          locateOverlay(readFileSync(new URL(`overlays/${channel}/${name}`, root), 'utf8'), `${channel}/${name}`),
        ),
    );
    return applyToText(text, fitToFile(text, overlays), 'base');
  };
  // Parsing the base and what is made of it is most of the time of these tests.
  const made = new Map<string, ApplyResult>();
  const patchedBase = (...channels: string[]): ApplyResult => {
    const known = made.get(channels.join()) ?? patch(base, ...channels);
    made.set(channels.join(), known);
    return known;
  };
  const facts = (version: string) =>
    JSON.parse(readFileSync(new URL(`../facts/engine-api-v${version}.json`, import.meta.url), 'utf8'));

  it('changes the lines of the version and else only adds some', () => {
    const { text, conflicts } = patchedBase('standard', 'experimental');
    expect(conflicts).to.deep.equal([]);
    // Lines in order: what is taken away, with what stands in its place.
    const kept = text.split('\n');
    let at = 0;
    const gone = base.split('\n').filter((line) => {
      const found = kept.indexOf(line, at);
      if (found >= 0) at = found + 1;
      return found < 0;
    });
    expect(gone).to.deep.equal(['basePath: /v1.54', "  version: '1.54'"]);
  });

  it('gives the structure of the published 1.55 file, in YAML and in JSON', () => {
    for (const text of [base, JSON.stringify(facts('1.54')), JSON.stringify(facts('1.54'), null, 2)]) {
      const { text: patched } = patch(text, 'standard');
      expect(compareValues(structureOf(facts('1.55')), structureOf(parseYaml(patched, 'p') as never))).to.deep.equal(
        [],
      );
    }
  });

  it('gives a published 1.55 file only the statements and the type rule', () => {
    const { changes } = patch(JSON.stringify(facts('1.55'), null, 2), 'standard', 'experimental');
    expect(changes.map(({ op, pointer }) => `${op} ${pointer}`)).to.deep.equal([
      'add /definitions/ImageManifestSummary/properties/AttestationData/properties/Statements',
      'add /paths/~1images~1{name}~1attestations/get/parameters/2/description',
    ]);
    expect(patch(JSON.stringify(facts('1.55')), 'standard').changes).to.deep.equal([]);
  });

  it('only adds lines to a file that has the endpoint with words of its own', () => {
    const text = patchedBase('standard').text.replace(
      /( +)Return only statements of this predicate type[\s\S]*?empty array\.\n/,
      '$1The type to look for.\n\n$1Example: `a`\n',
    );
    expect(text).to.include('The type to look for.');
    const { text: patched, notes } = patch(text, 'standard', 'experimental');
    const changed = lineDiff(text, patched);
    expect(changed.filter((line) => line.startsWith('-'))).to.deep.equal([]);
    expect(changed.join('\n')).to.include('Experimental: a value may also be a list');
    expect(notes).to.deep.equal([]);
  }).timeout(60_000);

  it('changes nothing when it is applied twice', () => {
    const once = patchedBase('standard', 'experimental', 'corrections').text;
    const again = patch(once, 'standard', 'experimental', 'corrections');
    expect(again.conflicts).to.deep.equal([]);
    expect(again.changes).to.deep.equal([]);
    expect(again.text).to.equal(once);
  });

  it('stands beside its kin: the path after the paths of one image, the definition after the OCI types', () => {
    const { text } = patchedBase('standard');
    const neighbour = (name: string): string | undefined => {
      const lines = text.split('\n').filter((line) => /^ {2}\S/.test(line));
      return lines[lines.findIndex((line) => line.startsWith(`  ${name}:`)) - 1]?.trim();
    };
    expect(neighbour('AttestationStatement')).to.match(/^OCI/);
    expect(neighbour('/images/{name}/attestations')).to.match(/^\/images\/\{name\}\/\w+:/);
  });

  it('gives a description in OpenAPI 3 what it gives one in Swagger 2.0', () => {
    const before = parseDescription(base, 'base');
    const after = parseDescription(patchedBase('standard', 'experimental').text, 'patched');
    for (const dialect of ['3.0', '3.1', '3.2'] as const) {
      const text = stringify(toOpenApi(before, dialect), { aliasDuplicateObjects: false });
      const { text: patched, conflicts, notes } = patch(text, 'standard', 'experimental');
      expect([conflicts, notes], dialect).to.deep.equal([[], []]);
      // The style is left out where it is the one that parameters have anyway.
      const plain = (value: string): Json => JSON.parse(value.replaceAll('"style":"form",', '')) as Json;
      const found = plain(JSON.stringify(parseYaml(patched, 'p')));
      const wanted = plain(JSON.stringify(toOpenApi(after, dialect)));
      expect(compareValues(structureOf(found), structureOf(wanted)), dialect).to.deep.equal([]);
      if (dialect === '3.2') expect(patch(patched, 'standard', 'experimental').changes).to.deep.equal([]);
    }
  }).timeout(120_000);

  it('raises the version in the address of a server, and leaves one that has none', () => {
    const text = stringify({
      ...toOpenApi(parseDescription(base, 'base'), '3.1'),
      servers: [{ url: 'http://localhost:2375/v1.54' }, { url: 'unix:///var/run/docker.sock' }],
    });
    expect((parseYaml(patch(text, 'standard').text, 'p') as { servers: Json }).servers).to.deep.equal([
      { url: 'http://localhost:2375/v1.55' },
      { url: 'unix:///var/run/docker.sock' },
    ]);
  });

  it('leaves marks out of a file that has none', () => {
    expect(patchedBase('standard').text.match(/x-since/g)?.length).to.be.greaterThan(
      base.match(/x-since/g)?.length as number,
    );
    expect(patch(base.replaceAll(/^ *x-since:.*\n/gm, ''), 'standard', 'experimental').text).not.to.match(/x-since: /);
  });
});
