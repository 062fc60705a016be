import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import type { Context } from '../../../src/engine/context.js';
import { imageAttestations } from '../../../src/engine/images/attestations.js';
import type { AttestationOptions } from '../../../src/engine/types.js';
import { failure, load, openEngine, refusal, type TestEngine } from '../support.js';

async function text(context: Context, name: string, options: AttestationOptions = {}): Promise<string> {
  const { content } = await imageAttestations(context, name, options);
  return (content instanceof Readable ? await buffer(content) : content).toString('latin1');
}

async function types(context: Context, name: string, options: AttestationOptions = {}): Promise<readonly string[]> {
  const entries: readonly { PredicateType: string }[] = JSON.parse(await text(context, name, options));
  return entries.map((entry) => entry.PredicateType);
}

const slsa = 'https://slsa.dev/provenance/v0.2';
const spdx = 'https://spdx.dev/Document';

describe('Attestations of an image', () => {
  let test: TestEngine;
  before(async () => {
    test = await openEngine();
    await load(
      test.context,
      'att-basic',
      'att-multi',
      'att-arm-only',
      'att-none',
      'att-two-manifests',
      'att-comma-type',
      'att-not-json',
      'att-missing-blob',
      'att-missing-attestation-manifest',
      'att-dhi',
      'att-empty-blob',
      'att-image-no-platform',
      'att-nested',
      'docker-list',
      'plain-manifest',
    );
  });
  after(() => test.close());

  it('are named at debug where they have no predicate type', async () => {
    await load(test.context, 'att-all-unannotated');
    const said: unknown[] = [];
    const context = {
      ...test.context,
      debug: (message: string, fields?: object) => said.push([message, Object.keys(fields ?? {})]),
    };
    expect(await types(context, 'att-all-unannotated')).to.deep.equal([]);
    expect(said).to.deep.include(['statement skipped', ['digest', 'reason']]);
  });

  it('are listed in layer order', async () => {
    expect(await types(test.context, 'att-basic')).to.deep.equal([slsa, spdx]);
  });

  it('end with one line feed and hold no statement unless asked', async () => {
    const answer = await text(test.context, 'att-basic');
    expect(answer.endsWith(']\n')).to.equal(true);
    expect(answer).not.to.include('"Statement"');
    expect(await text(test.context, 'att-basic', { statement: true })).to.include(',"Statement":{"_type":');
  });

  it('are those of the platform that is asked for', async () => {
    const wanted = await types(test.context, 'att-multi', { platform: { os: 'linux', architecture: 'arm64' } });
    expect(wanted).to.deep.equal(['https://slsa.dev/provenance/v1']);
  });

  it('are those of an older variant that the platform runs', async () => {
    const platform = { os: 'linux', architecture: 'amd64', variant: 'v3' };
    expect(await types(test.context, 'att-basic', { platform })).to.deep.equal([slsa, spdx]);
  });

  it('are not found for a platform that the image lacks', async () => {
    expect(await refusal(() => imageAttestations(test.context, 'att-arm-only'))).to.deep.equal([
      'NOT_FOUND',
      'resolving image manifest for platform &{Architecture:amd64 OS:linux OSVersion: OSFeatures:[] Variant:}: no manifest for platform linux/amd64: not found',
    ]);
  });

  it('are none where the image has none, is a single manifest, or a Docker manifest list', async () => {
    for (const name of ['att-none', 'plain-manifest', 'docker-list']) {
      expect(await text(test.context, name)).to.equal('[]\n');
    }
  });

  it('are taken from the first attestation manifest only', async () => {
    expect(await types(test.context, 'att-two-manifests')).to.have.length(1);
  });

  it('are found for any platform when the manifest says none', async () => {
    const platform = { os: 'plan9', architecture: 'mips' };
    expect(await text(test.context, 'att-image-no-platform', { platform })).to.include(slsa);
  });

  it('are not looked for in nested indexes', async () => {
    expect((await failure(() => imageAttestations(test.context, 'att-nested'))).code).to.equal('NOT_FOUND');
  });

  it('are selected by exact type, in layer order, blank values ignored', async () => {
    expect(await types(test.context, 'att-basic', { types: [spdx, slsa] })).to.deep.equal([slsa, spdx]);
    expect(await types(test.context, 'att-basic', { types: [` ${spdx} `] })).to.deep.equal([spdx]);
    expect(await types(test.context, 'att-basic', { types: ['', '  '] })).to.have.length(2);
    expect(await text(test.context, 'att-basic', { types: ['https://SPDX.dev/Document'] })).to.equal('[]\n');
    expect(await text(test.context, 'att-basic', { types: [`${slsa},${spdx}`] })).to.equal('[]\n');
  });

  it('fail only when a missing statement is needed', async () => {
    expect(await types(test.context, 'att-missing-blob')).to.have.length.above(1);
    const [code, message] = await refusal(() =>
      imageAttestations(test.context, 'att-missing-blob', { statement: true }),
    );
    expect(code).to.equal('NOT_FOUND');
    expect(message).to.match(
      /^attestation statement (sha256:\w{64}) is not available locally: NotFound: content digest \1: not found$/,
    );
  });

  it('are not found when their manifest is missing', async () => {
    const [code, message] = await refusal(() => imageAttestations(test.context, 'att-missing-attestation-manifest'));
    expect(code).to.equal('NOT_FOUND');
    expect(message).to.match(/^reading blob (sha256:\w{64}): NotFound: content digest \1: not found$/);
  });

  it('of a Docker hardened image are refused', async () => {
    expect((await failure(() => imageAttestations(test.context, 'att-dhi'))).httpStatus).to.equal(500);
  });

  it('write an empty statement as null', async () => {
    expect(await text(test.context, 'att-empty-blob', { statement: true })).to.include('"Statement":null}');
  });

  it('with a statement that is no JSON are an error object of dockerd on the standard channel', async () => {
    expect(await text(test.context, 'att-not-json', { statement: true })).to.equal(
      `{"message":"json: error calling MarshalJSON for type *json.RawMessage: invalid character 'h' looking for beginning of value"}\n`,
    );
  });
});

describe('Attestations on the experimental channel', () => {
  let test: TestEngine;
  before(async () => {
    test = await openEngine('experimental');
    await load(test.context, 'att-basic', 'att-comma-type', 'att-not-json');
  });
  after(() => test.close());

  it('are selected by a comma-separated list', async () => {
    expect(await types(test.context, 'att-basic', { types: [`${spdx},x`] })).to.deep.equal([spdx]);
    expect(await types(test.context, 'att-basic', { types: [` ${slsa} , ${spdx}`] })).to.deep.equal([slsa, spdx]);
  });

  it('are selected by a value that holds a comma itself', async () => {
    const [comma] = await types(test.context, 'att-comma-type');
    expect(comma).to.include(',');
    expect(await types(test.context, 'att-comma-type', { types: [comma as string] })).to.include(comma);
  });

  it('with a statement that is no JSON are refused with a status that says so', async () => {
    const error = await failure(() => imageAttestations(test.context, 'att-not-json', { statement: true }));
    expect(error.code).to.equal('CORRUPT');
    expect(error.httpStatus).to.equal(500);
    expect(error.message).to.match(/sha256:\w{64} is not valid JSON: invalid character 'h'/);
  });
});
