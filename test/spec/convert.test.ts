import { expect } from 'chai';
import { convertSchema, toOpenApi } from '../../src/spec/convert.js';
import type { Description, JsonObject, Schema } from '../../src/spec/index.js';

const both = (schema: Schema): [JsonObject, JsonObject] => [convertSchema(schema, '3.0'), convertSchema(schema, '3.1')];

describe('converting a schema', () => {
  it('makes a nullable type', () => {
    expect(both({ type: 'string', 'x-nullable': true })).to.deep.equal([
      { type: 'string', nullable: true },
      { type: ['string', 'null'] },
    ]);
  });

  it('lets null be one of the values of a nullable enum', () => {
    const [old, current] = both({ type: 'string', enum: ['a'], 'x-nullable': true });
    expect(old.enum).to.deep.equal(['a', null]);
    expect(current.enum).to.deep.equal(['a', null]);
  });

  it('makes a nullable reference, words kept outside', () => {
    const schema = { $ref: '#/definitions/A', description: 'x', 'x-nullable': true };
    const ref = { $ref: '#/components/schemas/A' };
    expect(both(schema)).to.deep.equal([
      { description: 'x', anyOf: [ref, { type: 'object', nullable: true, enum: [null] }] },
      { description: 'x', anyOf: [ref, { type: 'null' }] },
    ]);
  });

  it('puts a reference with words into allOf where OpenAPI 3.0 allows nothing beside it', () => {
    expect(both({ $ref: '#/definitions/A', description: 'x' })).to.deep.equal([
      { description: 'x', allOf: [{ $ref: '#/components/schemas/A' }] },
      { description: 'x', $ref: '#/components/schemas/A' },
    ]);
    expect(both({ $ref: '#/definitions/A' })[0]).to.deep.equal({ $ref: '#/components/schemas/A' });
  });

  it('goes into members, elements, maps and branches', () => {
    const leaf: Schema = { type: 'string', 'x-nullable': true, 'x-deprecated': true };
    const found = convertSchema(
      { allOf: [leaf], properties: { a: leaf }, items: leaf, additionalProperties: leaf },
      '3.0',
    );
    const expected = { type: 'string', nullable: true, deprecated: true };
    expect(found).to.deep.equal({
      allOf: [expected],
      properties: { a: expected },
      items: expected,
      additionalProperties: expected,
    });
  });
});

describe('converting a description', () => {
  const description: Description = {
    swagger: '2.0',
    basePath: '/v1.55',
    consumes: ['application/json', 'text/plain'],
    produces: ['application/json', 'text/plain'],
    info: { title: 'T', version: '1.55' },
    definitions: { E: { type: 'object', properties: { message: { type: 'string' } } } },
    paths: {
      '/x/{id}': {
        post: {
          operationId: 'X',
          parameters: [
            { name: 'id', in: 'path', required: true, type: 'string' },
            { name: 'many', in: 'query', type: 'array', items: { type: 'string' }, collectionFormat: 'multi' },
            { name: 'list', in: 'query', type: 'array', items: { type: 'string' } },
            { name: 'body', in: 'body', schema: { type: 'string', format: 'binary' } },
          ],
          produces: ['application/x-tar'],
          responses: {
            200: {
              description: 'ok',
              schema: { type: 'string', format: 'binary' },
              headers: { H: { type: 'string' } },
            },
            204: { description: 'none' },
            404: { description: 'no', schema: { $ref: '#/definitions/E' } },
          },
        },
      },
    },
  };
  const api = toOpenApi(description) as { paths: Record<string, Record<string, JsonObject>>; openapi: string };
  const operation = api.paths['/x/{id}']?.post as JsonObject;

  it('says which version it is', () => {
    expect(api.openapi).to.equal('3.0.3');
    expect(toOpenApi(description, '3.1').openapi).to.equal('3.1.0');
  });

  it('tells repeated parameters from lists with commas', () => {
    const styles = (operation.parameters as JsonObject[]).map(({ explode }) => explode);
    expect(styles).to.deep.equal([undefined, true, false]);
  });

  it('turns the body parameter into a request body, binary unless said otherwise', () => {
    expect(operation.requestBody).to.have.nested.property('content.application/octet-stream');
  });

  it('gives errors as JSON whatever the operation produces, and no content to an empty answer', () => {
    const responses = operation.responses as Record<string, { content?: JsonObject; headers?: JsonObject }>;
    expect(Object.keys(responses['200']?.content ?? {})).to.deep.equal(['application/x-tar']);
    expect(Object.keys(responses['404']?.content ?? {})).to.deep.equal(['application/json']);
    expect(responses['204']).to.deep.equal({ description: 'none' });
    expect(responses['200']?.headers).to.deep.equal({ H: { schema: { type: 'string' } } });
  });
});
