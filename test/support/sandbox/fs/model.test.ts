import { expect } from 'chai';
import fc from 'fast-check';
import type { ArchiveEntry, FileSystem } from '../../../../src/support/sandbox/fs/types.js';
import { entry, errno, listing, mountable, snapshotOf, stream } from './support.js';

/** What a file system without links does, in the simplest way: a map of paths. */
class Model {
  readonly nodes = new Map<string, string>([['/', 'directory']]);

  above(path: string): string {
    return path.slice(0, path.lastIndexOf('/')) || '/';
  }

  below(path: string): string[] {
    return [...this.nodes.keys()].filter(
      (other) => other.startsWith(path === '/' ? '/' : `${path}/`) && other !== path,
    );
  }

  add(path: string, node: string): boolean {
    const now = this.nodes.get(path);
    if (this.nodes.get(this.above(path)) !== 'directory') return false;
    if (now === 'directory' || (now !== undefined && node === 'directory')) return false;
    this.nodes.set(path, node);
    return true;
  }

  remove(path: string): boolean {
    if (path === '/') return false;
    for (const other of [path, ...this.below(path)]) this.nodes.delete(other);
    return true;
  }

  rename(from: string, to: string): boolean {
    const source = this.nodes.get(from);
    const target = this.nodes.get(to);
    if (source === undefined || this.nodes.get(this.above(to)) !== 'directory' || to.startsWith(`${from}/`))
      return false;
    if (from === to) return true;
    if (target !== undefined && (source === 'directory') !== (target === 'directory')) return false;
    if (target === 'directory' && this.below(to).length > 0) return false;
    const moved = [from, ...this.below(from)].map(
      (path) => [to + path.slice(from.length), this.nodes.get(path) ?? ''] as const,
    );
    this.remove(from);
    for (const [path, node] of moved) this.nodes.set(path, node);
    return true;
  }

  listing(): Record<string, string> {
    return Object.fromEntries([...this.nodes].filter(([path]) => path !== '/'));
  }
}

const path = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
  .map((parts) => `/${parts.join('/')}`);
const text = fc.string({ maxLength: 20 });
const act = fc.oneof(
  fc.record({ act: fc.constant('write' as const), path, text }),
  fc.record({ act: fc.constant('mkdir' as const), path }),
  fc.record({ act: fc.constant('remove' as const), path }),
  fc.record({ act: fc.constant('rename' as const), path, to: path }),
);
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

function inModel(model: Model, step: Act): boolean {
  if (step.act === 'write') return model.add(step.path, `file ${step.text}`);
  if (step.act === 'mkdir') return model.add(step.path, 'directory');
  if (step.act === 'rename') return model.rename(step.path, step.to);
  return model.nodes.has(step.path) && model.remove(step.path);
}

function inFileSystem(fs: FileSystem, step: Act): boolean {
  const done = errno(() => {
    if (step.act === 'write') fs.writeFile(step.path, step.text);
    else if (step.act === 'mkdir') fs.mkdir(step.path);
    else if (step.act === 'rename') fs.rename(step.path, step.to);
    else {
      fs.lstat(step.path);
      fs.remove(step.path);
    }
  });
  return done === undefined;
}

describe('a file system and its simplest model', () => {
  it('agree after any acts, on any image; the layer restores it, and nothing stays when it goes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), fc.array(act, { maxLength: 25 }), async (before, steps) => {
        const model = new Model();
        for (const step of before) inModel(model, step);
        const snapshot = await snapshotOf(
          [...model.nodes]
            .filter(([at]) => at !== '/')
            // Changes go by time and size, as dockerd's: two files of one time and size could change places unseen.
            .map(([at, node], nth) =>
              node === 'directory' ? entry(`${at}/`) : entry(at, { text: node.slice(5), mtime: BigInt(nth) }),
            ),
        );
        const image = model.listing();
        const { fs, budget } = mountable(snapshot);
        for (const step of steps) expect(inFileSystem(fs, step), JSON.stringify(step)).to.equal(inModel(model, step));
        expect(listing(fs)).to.deep.equal(model.listing());

        const again = mountable(snapshot).fs;
        await again.restore(stream(fs.layer()));
        expect(listing(again)).to.deep.equal(model.listing());

        const kinds = new Map(fs.changes().map((change) => [change.path, change.kind]));
        for (const at of new Set([...Object.keys(image), ...model.nodes.keys()])) {
          if (at === '/') continue;
          const was = at in image;
          const is = model.nodes.has(at);
          if (is && !was) expect(kinds.get(at), at).to.equal(1);
          if (is && was && image[at] !== model.nodes.get(at)) expect(kinds.get(at), at).to.equal(0);
        }
        fs.dispose();
        expect(budget.used).to.equal(0);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the layer as it was when its first entry was asked for, whatever is done until its last', async () => {
    const acts = fc.array(act, { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(acts, acts, fc.array(acts, { maxLength: 4 }), async (before, steps, meanwhile) => {
        const { fs: image } = mountable();
        for (const step of before) inFileSystem(image, step);
        const snapshot = await snapshotOf([...image.layer()]);
        const { fs, budget } = mountable(snapshot);
        for (const step of steps) inFileSystem(fs, step);
        const expected = listing(fs);

        const layer = fs.layer()[Symbol.iterator]();
        const entries: ArchiveEntry[] = [];
        for (const more of [[], ...meanwhile]) {
          for (const step of more) inFileSystem(fs, step);
          const { value, done } = layer.next();
          if (!done) entries.push(value);
        }
        fs.dispose();
        entries.push(...{ [Symbol.iterator]: () => layer });
        const again = mountable(snapshot).fs;
        await again.restore(stream(entries));
        expect(listing(again)).to.deep.equal(expected);
        expect(budget.used).to.equal(0);
      }),
      { numRuns: 400 },
    );
  });

  it('reads back what was written anywhere in a file, of an image or not', async () => {
    const write = fc.record({ at: fc.nat(200_000), length: fc.nat(70_000), byte: fc.integer({ min: 1, max: 255 }) });
    const size = fc.nat(200_000);
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 6 }), size, size, async (writes, cut, before) => {
        let expected = Buffer.alloc(before, 'image');
        const snapshot = await snapshotOf([{ ...entry('f'), size: before, content: [expected] }]);
        const { fs, budget } = mountable(before > 1000 ? snapshot : undefined);
        if (before <= 1000) expected = Buffer.alloc(0);
        const file = fs.open('/f', { read: true, write: true, create: true });
        for (const { at, length, byte } of writes) {
          const bytes = Buffer.alloc(length, byte);
          file.write(bytes, at);
          if (length === 0) continue;
          const grown = Buffer.alloc(Math.max(expected.length, at + length));
          expected.copy(grown);
          bytes.copy(grown, at);
          expected = grown;
        }
        const layer = [...fs.layer()].find(({ name }) => name === 'f');
        const saved = Buffer.concat([...((layer?.content ?? []) as Iterable<Uint8Array>)]);
        if (layer !== undefined) expect(saved.equals(expected)).to.equal(true);
        file.truncate(Math.min(cut, expected.length));
        file.truncate(expected.length);
        const full = Buffer.from(expected).fill(0, Math.min(cut, expected.length));
        expect(fs.readFile('/f').equals(full)).to.equal(true);
        const after = Buffer.concat([...((layer?.content ?? []) as Iterable<Uint8Array>)]);
        if (layer !== undefined) expect(after.equals(expected)).to.equal(true);
        file.close();
        fs.dispose();
        expect(budget.used).to.equal(0);
      }),
      { numRuns: 80 },
    );
  });
});
