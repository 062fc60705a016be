import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect } from 'chai';
import { OpenAPIBackend } from 'openapi-backend';
import { operations } from '../../src/generated/operations.js';
import { buildDescription, type Channel, type Json, openApiDocument, toOpenApi } from '../../src/spec/index.js';
import { compareValues, structureOf } from '../../src/spec/structure.js';

function facts(version: string): Json {
  return JSON.parse(readFileSync(new URL(`../facts/engine-api-v${version}.json`, import.meta.url), 'utf8')) as Json;
}

function structure(channels: Channel[]): Json {
  return structureOf(buildDescription(channels) as unknown as Json);
}

describe('the description', function () {
  this.timeout(60_000);

  it('equals the published facts of API 1.54 before the patch', () => {
    expect(compareValues(structureOf(facts('1.54')), structure([]))).to.deep.equal([]);
  });

  it('equals the published facts of API 1.55 with the standard channel', () => {
    expect(compareValues(structureOf(facts('1.55')), structure(['standard']))).to.deep.equal([]);
  });

  it('gains the statements of attestation manifests and nothing else from the experimental channel', () => {
    const added = compareValues(structure(['standard']), structure(['standard', 'experimental']));
    expect(added).to.deep.equal([
      {
        op: 'add',
        pointer: '/definitions/ImageManifestSummary/properties/AttestationData/properties/Statements',
        to: { type: 'array', 'x-omitempty': true, items: { type: 'object' } },
      },
    ]);
  });

  it('changes the words of the type parameter in the experimental channel', () => {
    const type = (channels: Channel[]): string | undefined =>
      buildDescription(channels).paths['/images/{name}/attestations']?.get?.parameters?.find((p) => p.name === 'type')
        ?.description;
    expect(type(['standard'])).to.be.a('string');
    expect(type(['standard', 'experimental']))
      .to.match(/comma/)
      .and.not.equal(type(['standard']));
  });

  it('is valid Swagger 2.0 in every combination of channels', async () => {
    for (const channels of [
      ['standard', 'corrections'],
      ['standard', 'experimental', 'corrections'],
    ] as Channel[][]) {
      const result = await new Validator().validate(JSON.parse(JSON.stringify(buildDescription(channels))));
      expect(result.errors ?? [], channels.join()).to.deep.equal([]);
      expect(result.valid).to.equal(true);
    }
  });

  it('is valid OpenAPI in its converted forms, 3.0 and 3.1', async () => {
    for (const document of [openApiDocument(), toOpenApi(buildDescription(), '3.1')]) {
      const result = await new Validator().validate(structuredClone(document));
      expect(result.errors ?? []).to.deep.equal([]);
      expect(result.valid).to.equal(true);
    }
  });

  it('is loaded by openapi-backend with every validator compiled', async () => {
    const api = new OpenAPIBackend({
      definition: structuredClone(openApiDocument()) as never,
      strict: true,
      ajvOpts: { strict: false, logger: false },
    });
    await api.init();
    expect(api.getOperations()).to.have.length(operations.length);
    for (const { operationId: id, responses } of operations) {
      expect(api.validator.getRequestValidatorsForOperation(id), id).to.be.an('array');
      const json = Object.values(responses).some(({ types }) => types.includes('application/json'));
      expect(typeof api.validator.getResponseValidatorForOperation(id), id).to.equal(json ? 'function' : 'object');
    }
  });
});
