import { expect } from 'chai';
import { operations } from '../../src/generated/operations.js';
import type { OperationHandlers } from '../../src/server/operation.js';
import { contextWithoutStore, raw, serveContext, type TestService } from './support.js';

/** The query parameters that came after the oldest version that the server speaks. */
const newer = operations.flatMap(({ operationId, method, path, since: first = '1.25', parameters }) =>
  parameters.flatMap(({ name, in: place, since }) => {
    const minor = Number(since?.split('.')[1]);
    return place === 'query' && minor > 40 && minor > Number(first.split('.')[1])
      ? [{ operationId, method, path: path.replace(/\{.*?\}/g, 'x'), name, minor }]
      : [];
  }),
);

describe('a parameter that came with a version', () => {
  const seen: string[][] = [];
  let name = '';
  let service: TestService;

  before(async () => {
    const handlers: OperationHandlers = Object.fromEntries(
      newer.map(({ operationId }) => [
        operationId,
        async (request) => {
          seen.push([...(await request.form()).all(name)]);
          return { kind: 'empty', status: 204 };
        },
      ]),
    );
    service = await serveContext(contextWithoutStore(), { handlers });
  });
  after(() => service.close());

  it('stands in the description for more than one operation', () => {
    expect(newer).to.have.length.above(20);
  });

  for (const { operationId, method, path, name: parameter, minor } of newer) {
    it(`${parameter} of ${operationId} is there from 1.${minor} on, and left out before`, async () => {
      name = parameter;
      for (const [version, expected] of [
        [minor, ['7']],
        [minor - 1, []],
      ] as const) {
        await raw(service.path, `${method} /v1.${version}${path}?${parameter}=7 HTTP/1.1`);
        expect(seen.pop(), `1.${version}`).to.deep.equal(expected);
      }
    });
  }
});
