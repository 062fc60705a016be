import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { applyChanges } from '../../../src/engine/dockerfile/changes.js';
import { importImage } from '../../../src/engine/images/import.js';
import { inspectImage } from '../../../src/engine/images/inspect.js';
import { listImages } from '../../../src/engine/images/list.js';
import { storeImage } from '../../../src/engine/images/write.js';
import { digestOf } from '../../../src/oci/digest.js';
import { AttestdError } from '../../../src/support/foundation/errors.js';
import { tar } from '../../oci/support/archives.js';
import { all, history, openEngine, parsed, refusal, type TestEngine } from '../support.js';

describe('Importing', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await openEngine();
  });
  afterEach(() => test.close());

  const files = (): Promise<Buffer> => tar({ 'hello.txt': 'hello' });

  it('makes an image of one layer and tells its id', async () => {
    const archive = Readable.from([await files()]);
    const [message] = await all(
      await importImage(test.context, archive, { repo: 'made', tag: '1', changes: ['CMD x'] }),
    );
    const image = parsed(await inspectImage(test.context, 'made:1', { apiVersion: '1.55' }));
    expect(message).to.deep.equal({ status: image.Id });
    expect(image).to.deep.include({ Comment: 'Imported from -', Architecture: 'amd64', Os: 'linux' });
    expect(image.Config).to.deep.equal({ Cmd: ['/bin/sh', '-c', 'x'] });
    expect(image.RootFS.Layers).to.have.length(1);
  });

  it('reports the tag before the import', async () => {
    await importImage(test.context, Readable.from([await files()]), { repo: 'made' });
    const [tagged, imported] = await history(test.context);
    expect(tagged).to.equal('tag made:latest');
    expect(imported).to.match(/^import sha256:/);
  });

  it('makes a dangling image without a repository', async () => {
    await importImage(test.context, Readable.from([await files()]), {});
    const [image] = parsed(await listImages(test.context, { apiVersion: '1.55' }));
    expect(image.RepoTags).to.deep.equal([]);
  });

  it('has the same layer whether the archive comes compressed or not', async () => {
    const layers: string[] = [];
    for (const bytes of [await files(), gzipSync(await files())]) {
      await importImage(test.context, Readable.from([bytes]), { repo: 'made' });
      layers.push(...parsed(await inspectImage(test.context, 'made', { apiVersion: '1.55' })).RootFS.Layers);
    }
    expect(new Set(layers).size).to.equal(1);
  });

  it('lets others have their turn while a long configuration is written', async () => {
    let turns = 0;
    const count = (): void => {
      turns++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    const found: number[] = [];
    const content = {
      ...test.context.store.content,
      ingest: async (bytes: Buffer) => {
        found.push(turns);
        return { digest: digestOf(bytes), size: bytes.length };
      },
    };
    const config = applyChanges(['EXPOSE 0-65535']);
    await storeImage(
      content,
      { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] }, config },
      [],
    );
    clearImmediate(next);
    // Nothing else here waits for anything: once after the members were put in order, once after they were written.
    expect(found[0]).to.be.at.least(2);
  });

  it('is for the platform and with the comment that are given', async () => {
    await importImage(test.context, Readable.from([await files()]), {
      repo: 'made',
      platform: 'linux/arm64',
      message: 'why',
    });
    const image = parsed(await inspectImage(test.context, 'made', { apiVersion: '1.55' }));
    expect(image).to.include({ Architecture: 'arm64', Comment: 'why' });
  });

  it('keeps an image that cannot be unpacked and fails', async () => {
    const [code, message] = await refusal(() =>
      importImage(test.context, Readable.from([Buffer.from('garbage garbage')]), { repo: 'made' }),
    );
    expect(code).to.equal('INTERNAL');
    expect(message).to.match(
      /^failed to unpack image: apply layer error for "docker.io\/library\/made:latest": failed to extract layer sha256:/,
    );
    expect(await listImages(test.context, { apiVersion: '1.55' })).to.have.length(1);
  });

  it('refuses a bad name before it reads the archive', async () => {
    const [code] = await refusal(() => importImage(test.context, Readable.from([]), { repo: 'UPPER' }));
    expect(code).to.equal('INVALID_REFERENCE');
  });
});

describe('Changes of an import', () => {
  it('set what the instructions say', () => {
    const changes = [
      'CMD echo hi',
      'ENV A=1 B="x y" C=$A',
      'EXPOSE 80 81/udp',
      'LABEL a=b "c d"=e\\ f',
      'USER me',
      'WORKDIR x',
      'WORKDIR y',
      'VOLUME /a /b',
      'STOPSIGNAL SIGKILL',
      'ONBUILD RUN x',
      'HEALTHCHECK --interval=5s --retries=2 CMD true',
      'ENTRYPOINT ["a","b"]',
    ];
    // Recorded from a dockerd 29.7.2 with these very changes.
    expect(applyChanges(changes)).to.deep.equal({
      User: 'me',
      ExposedPorts: { '80/tcp': {}, '81/udp': {} },
      Env: ['A=1', 'B=x y', 'C='],
      Entrypoint: ['a', 'b'],
      Cmd: ['/bin/sh', '-c', 'echo hi'],
      Volumes: { '/a': {}, '/b': {} },
      WorkingDir: '/x/y',
      Labels: { a: 'b', 'c d': 'e f' },
      StopSignal: 'SIGKILL',
      Healthcheck: { Test: ['CMD-SHELL', 'true'], Interval: 5_000_000_000, Retries: 2 },
      OnBuild: ['RUN x'],
    });
  });

  it('are read in their older and exec forms', () => {
    const changes = [
      'CMD ["x", "y"]',
      'ENV A b c',
      'VOLUME ["/x y"]',
      'HEALTHCHECK NONE',
      'WORKDIR /a/../b',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder is the instruction's
      'ENV P=${P:-q}$',
    ];
    expect(applyChanges(changes)).to.deep.equal({
      Env: ['A=b c', 'P=q$'],
      Cmd: ['x', 'y'],
      Volumes: { '/x y': {} },
      WorkingDir: '/b',
      Healthcheck: { Test: ['NONE'] },
    });
    expect(applyChanges(['cmd a', '# a comment', 'EXPOSE 8000-8002'])).to.deep.equal({
      Cmd: ['/bin/sh', '-c', 'a'],
      ExposedPorts: { '8000/tcp': {}, '8001/tcp': {}, '8002/tcp': {} },
    });
    expect(applyChanges(['CMD'])).to.deep.equal({ Cmd: ['/bin/sh', '-c'] });
  });

  it('take what earlier instructions set', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder is the instruction's
    expect(applyChanges(['ENV A=1', 'ENV B=${A}2', 'ENV A=3', "LABEL x='$A'"])).to.deep.equal({
      Env: ['A=3', 'B=12'],
      Labels: { x: '$A' },
    });
  });

  it('are as quick when they are many, and add a port once', function () {
    this.timeout(60_000);
    const ranges = Array.from({ length: 2000 }, (_, i) => `EXPOSE ${i}-65535`);
    expect(Object.keys(applyChanges(ranges).ExposedPorts ?? {})).to.have.lengthOf(65_536);
    const lines = Array.from(
      { length: 20_000 },
      (_, i) => `ENV a${i}=\${a${i - 1}}x\nLABEL l${i}=$a${i}\nVOLUME /v${i}`,
    );
    expect(() => applyChanges(lines)).to.throw('the changes make too large a configuration');
    expect(applyChanges(lines.slice(0, 2000)).Env).to.have.lengthOf(2000);
    const doubling = ['ENV a=xxxxxxxxxxxxxxxx', ...Array.from({ length: 60 }, () => 'ENV a=$a$a')];
    expect(() => applyChanges(doubling)).to.throw('the changes make too large a configuration');
  });

  it('take the command away with an entry point, but not one of their own', () => {
    expect(applyChanges(['ENTRYPOINT ["e"]'], { Cmd: ['a'] })).to.deep.equal({ Entrypoint: ['e'] });
    expect(applyChanges(['CMD ["c"]', 'ENTRYPOINT ["e"]'], { Cmd: ['a'] }).Cmd).to.deep.equal(['c']);
  });

  const refused: readonly (readonly [change: string, message: string])[] = [
    ['', 'file with no instructions'],
    ['# a comment', 'file with no instructions'],
    ['CMD ["a",1]', 'when using JSON array syntax, arrays must be comprised of strings only'],
    ['USER "a', 'failed to process "\\"a": unexpected end of statement while looking for matching double-quote'],
    ['HEALTHCHECK --interval=1 CMD a', 'time: missing unit in duration "1"'],
    ['RUN x', 'RUN is not a valid change command'],
    ['BOGUS', 'BOGUS is not a valid change command'],
    ['ENV', 'ENV requires at least one argument'],
    ['ENV a', 'ENV must have two arguments'],
    ['EXPOSE abc', 'invalid containerPort: abc'],
    ['LABEL x', 'LABEL must have two arguments'],
    ['USER', 'USER requires exactly one argument'],
    ['HEALTHCHECK --bogus CMD x', 'unknown flag: --bogus'],
    ['STOPSIGNAL bogus', 'invalid signal: bogus'],
  ];
  for (const [change, message] of refused) {
    it(`refuse "${change}" in the words of the daemon`, async () => {
      expect(await refusal(() => applyChanges([change]))).to.deep.equal(['INVALID_ARGUMENT', message]);
    });
  }

  it('never fail in another way, whatever comes', () => {
    const instruction = fc.constantFrom(
      'CMD',
      'ENV',
      'EXPOSE',
      'HEALTHCHECK',
      'LABEL',
      'ONBUILD',
      'USER',
      'VOLUME',
      'WORKDIR',
    );
    fc.assert(
      fc.property(instruction, fc.string(), (name, args) => {
        try {
          applyChanges([`${name} ${args}`]);
        } catch (error) {
          expect(error).to.be.instanceOf(AttestdError);
        }
      }),
    );
  });
});
