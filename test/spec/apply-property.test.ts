import { expect } from 'chai';
import fc from 'fast-check';
import { Document, isMap, isScalar, isSeq, visit } from 'yaml';
import { applyToText, locateOverlay } from '../../src/spec/apply.js';
import { isObject, type Json } from '../../src/spec/document.js';
import { applyOverlay, parseOverlay } from '../../src/spec/overlay.js';
import { parseYaml } from '../../src/spec/yaml.js';

const word = fc.stringMatching(/^[a-z]{1,6}$/);
const text = fc.oneof(
  word,
  fc.constantFrom(
    '',
    ' ',
    '#',
    'a: b',
    'a #b',
    '- x',
    '"',
    "'",
    'yes',
    '1',
    '{',
    '@',
    'x\ny',
    'x\n\n  y\n',
    '\n',
    'ü€😀',
    'a\tb',
  ),
  fc.string({ maxLength: 12 }),
);
const leaf: fc.Arbitrary<Json> = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null));
const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(word, tie('value'), { maxKeys: 4, noNullPrototype: true }) as fc.Arbitrary<Json>,
  ),
}));

/** The style of a file. The numbers select nodes. */
const styles = fc.record({
  indent: fc.constantFrom(2, 3, 4),
  indentSeq: fc.boolean(),
  quoting: fc.constantFrom('PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE'),
  flowEvery: fc.constantFrom(0, 2, 5),
  flowPadding: fc.boolean(),
  commentEvery: fc.constantFrom(0, 2, 3),
  blankEvery: fc.constantFrom(0, 1, 4),
  crlf: fc.boolean(),
  lastNewline: fc.boolean(),
  json: fc.constantFrom(false, false, false, true),
});
type Style = typeof styles extends fc.Arbitrary<infer T> ? T : never;

function write(data: Json, style: Style): string {
  if (style.json) return JSON.stringify(data, null, style.indent) + (style.lastNewline ? '\n' : '');
  const doc = new Document(data, { aliasDuplicateObjects: false });
  let count = 0;
  const every = (step: number): boolean => step > 0 && count % step === 0;
  visit(doc, {
    Node(key, node) {
      count += 1;
      if (isScalar(node) && typeof node.value === 'string' && !node.value.includes('\n')) {
        node.type = style.quoting as 'PLAIN';
      }
      if ((isMap(node) || isSeq(node)) && key !== null && every(style.flowEvery)) node.flow = true;
      if (key === 'key' && every(style.blankEvery)) node.spaceBefore = true;
      if (key === 'key' && every(style.commentEvery)) node.commentBefore = ` about ${count}`;
    },
  });
  let out = doc.toString({
    indent: style.indent,
    indentSeq: style.indentSeq,
    lineWidth: 0,
    flowCollectionPadding: style.flowPadding,
    singleQuote: null,
  });
  // A `|+` scalar needs its last line break.
  if (!style.lastNewline) out = out.replace(/(\S)\n$/, '$1');
  return style.crlf ? out.replaceAll('\n', '\r\n') : out;
}

/** The JSONPaths of all mappings and lists. */
function containers(node: Json, at = '$'): { path: string; list: boolean; node: Json }[] {
  if (Array.isArray(node)) {
    return [{ path: at, list: true, node }, ...node.flatMap((item, index) => containers(item, `${at}[${index}]`))];
  }
  if (!isObject(node)) return [];
  const inner = Object.entries(node).flatMap(([key, item]) => containers(item as Json, `${at}['${key}']`));
  return [{ path: at, list: false, node: node as Json }, ...inner];
}

const plans = fc.array(
  fc.record({
    pick: fc.nat(),
    key: fc.stringMatching(/^[A-Z][a-z]{0,4}$/),
    value,
    replace: fc.boolean(),
    remove: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

/** An overlay that adds, replaces and removes at random places of a description; undefined when it would do nothing. */
function overlayFor(data: Json, plan: Plan, mayRemove: boolean): string {
  const places = containers(data);
  const actions = plan.map(({ pick, key, value: update, replace, remove }, index) => {
    const place = places[pick % places.length] as (typeof places)[number];
    // Marked, so that no list has it already.
    if (place.list) return { target: place.path, update: { [`New${index}`]: update } };
    const members = Object.entries(place.node as Record<string, Json>);
    const [old, scalar] = members[pick % Math.max(1, members.length)] ?? [];
    if (old !== undefined && old !== 'swagger') {
      if (mayRemove && remove && index === plan.length - 1) return { target: `${place.path}['${old}']`, remove: true };
      const plain = typeof scalar !== 'object' || scalar === null;
      if (replace && plain && scalar !== null) return { target: place.path, update: { [old]: key } };
    }
    return { target: place.path, update: { [`${key}${index}`]: update } };
  });
  return JSON.stringify({ overlay: '1.0.0', info: { title: 't', version: '1' }, actions });
}

const file = fc
  .dictionary(word, value, { maxKeys: 5, noNullPrototype: true })
  .map((data) => ({ swagger: '2.0', ...data }) as Json);

/** Whether the lines of a text appear in another one, in order. */
function isContained(lines: readonly string[], within: readonly string[]): boolean {
  let at = 0;
  return lines.every((line) => {
    at = within.indexOf(line, at) + 1;
    return at > 0;
  });
}

describe('applying an overlay to text, whatever the file and the overlay', () => {
  it('gives the value that the overlay gives when it is applied to the file’s value', () => {
    fc.assert(
      fc.property(file, styles, plans, (data, style, plan) => {
        const source = write(data, style);
        const overlay = overlayFor(parseYaml(source, 'file') as Json, plan, true);
        const wanted = parseYaml(source, 'file') as Json;
        applyOverlay(wanted, parseOverlay(overlay, 'overlay'));
        const { text: patched, conflicts } = applyToText(source, [locateOverlay(overlay, 'overlay')], 'file');
        expect(conflicts).to.deep.equal([]);
        expect(parseYaml(patched, 'patched')).to.deep.equal(wanted);
        const keeps = !overlay.includes('"remove":true') && !style.json;
        for (const [comment] of keeps ? source.matchAll(/# about \d+/g) : []) {
          expect(patched, comment).to.match(new RegExp(`${comment}\\b`));
        }
        if (style.crlf && source.includes('\r\n')) expect(patched).not.to.match(/[^\r]\n/);
      }),
      { numRuns: 400 },
    );
  });

  it('keeps every line and is done after one time, when nothing is replaced in a file without brackets', () => {
    const additions = plans.map((plan) => plan.map((step) => ({ ...step, replace: false, remove: false })));
    fc.assert(
      fc.property(file, styles, additions, (data, style, plan) => {
        const source = write(data, { ...style, flowEvery: 0, json: false });
        // An empty collection is written in brackets, which go when it gets its first item.
        fc.pre(!/[[{][ ]*[\]}]/.test(source));
        const overlay = locateOverlay(overlayFor(data, plan, false), 'overlay');
        const once = applyToText(source, [overlay], 'file');
        expect(once.conflicts).to.deep.equal([]);
        expect(isContained(source.split(/\r?\n/), once.text.split(/\r?\n/))).to.equal(true);
        expect(applyToText(once.text, [overlay], 'file').text).to.equal(once.text);
      }),
      { numRuns: 300 },
    );
  });
});
