import { expect } from 'chai';
import { stringify } from 'yaml';
import { applyOverlay, type Json, type Overlay, parseOverlay } from '../../src/spec/index.js';

function read(version: string, actions: Json[], more: Record<string, Json> = {}): Overlay {
  const overlay = { overlay: version, info: { title: 'test', version: '1' }, actions, ...more };
  return parseOverlay(stringify(overlay), 'test.yaml');
}

function apply(root: Json, ...actions: Json[]): Json {
  applyOverlay(root, read('1.0.0', actions));
  return root;
}

function apply11(root: Json, ...actions: Json[]): Json {
  applyOverlay(root, read('1.1.0', actions));
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

  it('leaves all as it is where it selects nothing, unless it is to be strict', () => {
    expect(apply({}, { target: '$.a', update: { b: 1 } })).to.deep.equal({});
    expect(() => applyOverlay({}, read('1.0.0', [{ target: '$.a', update: { b: 1 } }]), { strict: true }))
      .to.throw()
      .with.property('code', 'OVERLAY');
  });

  it('does nothing where an action says nothing to do, and only removes where it says both', () => {
    expect(apply({ a: 1 }, { target: '$', description: 'nothing' })).to.deep.equal({ a: 1 });
    expect(apply({ a: {} }, { target: '$.a', update: { b: 1 }, remove: true })).to.deep.equal({});
  });

  it('is refused when an update does not fit what it selects', () => {
    const actions: Json[] = [
      { target: '$.n', update: { b: 1 } },
      { target: '$.n', update: 2 },
      { target: '$.o', update: 'text' },
      { target: '$', update: { l: {} } },
      { target: '$', update: { o: [] } },
      { target: '$', remove: true },
    ];
    for (const action of actions) {
      expect(() => apply({ n: 1, o: {}, l: [] }, action), JSON.stringify(action))
        .to.throw()
        .with.property('code', 'OVERLAY');
    }
  });
});

describe('an overlay of version 1.1', () => {
  it('replaces values that it selects, and puts arrays together', () => {
    expect(apply11({ a: 1, l: [1] }, { target: '$.a', update: 'x' })).to.deep.equal({ a: 'x', l: [1] });
    expect(apply11({ l: [1] }, { target: '$.l', update: [2, 3] })).to.deep.equal({ l: [1, 2, 3] });
    expect(apply11({ l: [1] }, { target: '$.l', update: { a: 2 } })).to.deep.equal({ l: [1, { a: 2 }] });
    // Version 1.0 appends any value as one element.
    expect(apply({ l: [1] }, { target: '$.l', update: [2, 3] })).to.deep.equal({ l: [1, [2, 3]] });
  });

  it('copies one value to every place that it selects', () => {
    const root = { a: { x: 1, l: [1] }, b: { l: [2] }, c: {} };
    expect(apply11(root, { target: "$['b','c']", copy: '$.a' })).to.deep.equal({
      a: { x: 1, l: [1] },
      b: { l: [2, 1], x: 1 },
      c: { x: 1, l: [1] },
    });
    // Moving is copying and removing.
    const actions: Json[] = [
      { target: '$', update: { new: {} } },
      { target: '$.new', copy: '$.old' },
      { target: '$.old', remove: true },
    ];
    expect(apply11({ old: { x: 1 } }, ...actions)).to.deep.equal({ new: { x: 1 } });
  });

  it('is refused when it copies none or several, or selects values of different kinds', () => {
    const actions: Json[] = [
      { target: '$.o', copy: '$.none' },
      { target: '$.o', copy: '$[*]' },
      { target: '$[*]', update: { a: 1 } },
    ];
    for (const action of actions) {
      expect(() => apply11({ o: {}, l: [], n: 1 }, action), JSON.stringify(action))
        .to.throw()
        .with.property('code', 'OVERLAY');
    }
  });
});

describe('reading an overlay', () => {
  const action = { target: '$', update: {} };

  it('takes extensions anywhere, and knows what it extends', () => {
    const overlay = read('1.0.7', [{ ...action, 'x-note': [] }], { 'x-a': {}, extends: 'openapi.yaml' });
    expect(overlay).to.include({ version: '1.0', extends: 'openapi.yaml', title: 'test' });
    expect(overlay.actions).to.deep.equal([action]);
  });

  it('refuses what its version does not have', () => {
    const bad: [string, Json[], Record<string, Json>?][] = [
      ['1.2.0', [action]],
      ['1.9.0', [action]],
      ['2.0.0', [action]],
      ['1.1', [action]],
      ['1.0.0', []],
      ['1.0.0', [1]],
      ['1.0.0', [{ update: {} }]],
      ['1.0.0', [action, action]],
      ['1.0.0', [action], { more: true }],
      ['1.0.0', [action], { extends: 1 }],
      ['1.0.0', [action], { info: { title: 'a', version: 1 } }],
      ['1.0.0', [action], { info: { title: 'a', version: '1', description: 'words' } }],
      ['1.1.0', [action], { info: { title: 'a', version: '1', description: 1 } }],
      ['1.0.0', [{ target: '$', copy: '$.a' }]],
      ['1.1.0', [{ target: '$', copy: 1 }]],
      ['1.1.0', [{ target: '$', copy: 'a.b' }]],
      ['1.1.0', [{ target: '$', copy: '$.a', update: {} }]],
      ['1.1.0', [{ target: '$', delete: true }]],
      ['1.1.0', [{ target: '$', remove: 'yes' }]],
      ['1.1.0', [{ target: '$', description: 1 }]],
    ];
    for (const [version, actions, more] of bad) {
      expect(() => read(version, actions, more), JSON.stringify([version, actions, more]))
        .to.throw()
        .with.property('code', 'OVERLAY');
    }
    for (const version of [1.1, 2, null]) {
      expect(() => parseOverlay(stringify({ overlay: version }), 't'))
        .to.throw()
        .with.property('code', 'OVERLAY');
    }
  });
});
