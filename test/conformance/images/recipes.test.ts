import { expect } from 'chai';
import { type Descriptor, digestOf, predicateKey, runLabel } from '../../../src/conformance/images/kit.js';
import { absentPlatform, build, foreignPlatform } from '../../../src/conformance/images/recipe.js';
import { type RecipeName, recipes } from '../../../src/conformance/images/recipes.js';
import { manyPlatforms } from '../../../src/conformance/images/recipes-sound.js';
import { readTar } from '../../../src/conformance/images/tar.js';

const amd64 = { architecture: 'amd64', os: 'linux' };
const arm64 = { architecture: 'arm64', os: 'linux', variant: 'v8' };
const names = Object.keys(recipes) as RecipeName[];
const made = (name: RecipeName, host = amd64, run = 'attestd-test') => build(name, recipes[name], { host, run });

interface Manifest {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
}

describe("the suite's images", () => {
  for (const name of names) {
    it(`'${name}' has equal bytes for an equal run`, () => {
      expect(made(name).tar.equals(made(name).tar)).to.equal(true);
    });

    it(`'${name}' holds blobs under their digests`, () => {
      const files = readTar(made(name).tar);
      for (const [path, bytes] of files) {
        const match = /^blobs\/(\w+)\/(\w+)$/.exec(path);
        if (match) expect(digestOf(bytes)).to.equal(`${match[1]}:${match[2]}`);
      }
      expect(files.get('oci-layout')?.toString()).to.equal('{"imageLayoutVersion":"1.0.0"}');
    });

    it(`'${name}' ${'unsound' in recipes[name] ? 'lacks or breaks something' : 'has everything that it refers to'}`, () => {
      const { blobs, root } = made(name);
      const missing: string[] = [];
      const follow = ({ digest, mediaType, data }: Descriptor): void => {
        const bytes = blobs.get(digest);
        if (!bytes) {
          if (data === undefined) missing.push(digest);
          return;
        }
        if (!/manifest|index/.test(mediaType)) return;
        const { manifests = [], config, layers = [] } = JSON.parse(bytes.toString()) as Manifest;
        for (const child of [...manifests, ...(config ? [config] : []), ...layers]) follow(child);
      };
      follow(root);
      const broken = name === 'not-json';
      expect(missing.length > 0 || broken).to.equal('unsound' in recipes[name]);
    });
  }

  it('share no digest between runs, apart from contents that every image has', () => {
    for (const name of names) expect(made(name).root.digest).to.not.equal(made(name, amd64, 'attestd-two').root.digest);
  });

  it('share no digest with a private copy', () => {
    const copy = build('basic', recipes.basic, { host: amd64, run: 'attestd-test', salt: '-1' });
    expect(copy.root.digest).to.not.equal(made('basic').root.digest);
    expect(copy.names).to.deep.equal(['attestd-test/basic-1:latest']);
  });

  it("are for the daemon's platform, whatever it is", () => {
    for (const host of [
      amd64,
      arm64,
      { architecture: 's390x', os: 'linux' },
      { architecture: 'riscv64', os: 'linux' },
    ]) {
      expect(made('basic', host).images[0]?.platform).to.deep.equal(host);
      const platforms = manyPlatforms(host).map((platform) => JSON.stringify(platform));
      expect(new Set(platforms).size).to.equal(platforms.length);
      expect(foreignPlatform(host).architecture).to.not.equal(host.architecture);
      expect(absentPlatform(host).architecture).to.not.equal(host.architecture);
      expect(absentPlatform(host)).to.not.deep.equal(foreignPlatform(host));
    }
  });

  it('carry the name of their run', () => {
    const config = made('basic').images[0]?.document as { config: { Labels: Record<string, string> } };
    expect(config.config.Labels[runLabel]).to.equal('attestd-test');
  });

  it('have diff ids that are the digests of their uncompressed layers', () => {
    const [image] = made('basic').images;
    expect(image?.diffIds).to.deep.equal(image?.layers.map(({ digest }) => digest));
    expect(image?.diffIds).to.have.length(2);
  });

  it('annotate attestation layers with their predicate types', () => {
    const types = made('basic').attested[0]?.layers.map((layer) => layer.annotations?.[predicateKey]);
    expect(types).to.deep.equal(['https://slsa.dev/provenance/v1', 'https://spdx.dev/Document']);
  });
});
