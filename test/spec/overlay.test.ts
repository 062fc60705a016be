import { expect } from 'chai';
import { stringify } from 'yaml';
import { applyOverlay, type Json, parseOverlay } from '../../src/spec/index.js';

function apply(root: Json, ...actions: Json[]): Json {
  const overlay = { overlay: '1.0.0', info: { title: 'test', version: '1' }, actions };
  applyOverlay(root, parseOverlay(stringify(overlay), 'test.yaml'));
  return root;
}

describe('an overlay', () => {
  it('merges objects, deep down, and replaces other values', () => {
    expect(apply({ a: { b: 1, c: { d: 1 } } }, { target: '$.a', update: { b: 2, c: { e: 2 } } })).to.deep.equal({
      a: { b: 2, c: { d: 1, e: 2 } },
    });
  });

  it('appends to arrays: those in an update, and those that it selects', () => {
    expect(apply({ l: [1] }, { target: '$', update: { l: [2, 3] } })).to.deep.equal({ l: [1, 2, 3] });
    expect(apply({ l: [{ a: 1 }] }, { target: '$.l', update: { a: 2 } })).to.deep.equal({ l: [{ a: 1 }, { a: 2 }] });
  });

  it('updates every place that it selects', () => {
    const root = { p: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] };
    expect(apply(root, { target: "$.p[?@.name == 'a']", update: { x: true } })).to.deep.equal({
      p: [{ name: 'a', x: true }, { name: 'b' }, { name: 'a', x: true }],
    });
  });

  it('removes members and elements, several of an array too', () => {
    expect(apply({ a: 1, b: 2 }, { target: '$.a', remove: true })).to.deep.equal({ b: 2 });
    expect(apply({ l: [1, 2, 3, 2] }, { target: '$.l[?@ == 2]', remove: true })).to.deep.equal({ l: [1, 3] });
  });

  it('applies its actions in order, each on what the one before left', () => {
    const root = apply({}, { target: '$', update: { a: {} } }, { target: '$.a', update: { b: 1 } });
    expect(root).to.deep.equal({ a: { b: 1 } });
  });

  it('gives every place its own copy of an update', () => {
    const root = apply({ a: {}, b: {} }, { target: '$[*]', update: { c: { d: 1 } } }) as Record<string, { c: unknown }>;
    expect(root.a?.c).to.deep.equal(root.b?.c);
    expect(root.a?.c === root.b?.c).to.equal(false);
  });

  it('is refused when it selects nothing, or what cannot be updated', () => {
    expect(() => apply({}, { target: '$.a', update: { b: 1 } }))
      .to.throw()
      .with.property('code', 'OVERLAY');
    expect(() => apply({ a: 1 }, { target: '$.a', update: { b: 1 } }))
      .to.throw()
      .with.property('code', 'OVERLAY');
  });
});
