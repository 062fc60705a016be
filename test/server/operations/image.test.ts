import { expect } from 'chai';
import { contextWithoutStore, raw, serveContext, type TestService } from '../support.js';

describe('the parameters of image operations', () => {
  let service: TestService;
  before(async () => {
    service = await serveContext(contextWithoutStore());
  });
  after(() => service.close());

  for (const [query, message] of [
    ['platform=&platform=', 'only one platform value is currently supported'],
    ['platform=linux/amd64', "failed to parse platform: invalid character 'l' looking for beginning of value"],
    ['platform=%7B%7D', 'both OS and Architecture must be provided'],
    [
      'platform=%7B%22variant%22%3A%22v8%22%7D',
      'optional platform fields provided, but OS and Architecture are missing',
    ],
    [
      'platform=%7B%22os%22%3A1%7D',
      'failed to parse platform: json: cannot unmarshal number into Go struct field Platform.os of type string',
    ],
  ] as const) {
    it(`refuse attestations?${query} before the image is looked for`, async () => {
      const answer = await raw(service.path, `GET /images/x/attestations?${query} HTTP/1.1`);
      expect(answer.status).to.equal(400);
      expect(JSON.parse(answer.body.toString())).to.deep.equal({ message });
    });
  }
});
