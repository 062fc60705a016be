import { expect } from 'chai';
import { ownPart } from '../../../src/conformance/report/own.js';
import { exchange } from '../sample.js';

const kept = (path: string, body: unknown) => {
  const { body: text, leftOut } = ownPart(exchange(JSON.stringify(body), { path }), 'attestd-1');
  return [JSON.parse(text.toString('utf8')), leftOut];
};

describe('what a report keeps of an answer', () => {
  it('are the entries of lists that are about the run', () => {
    const own = { Id: 'sha256:1', RepoTags: ['attestd-1/basic:latest'] };
    const other = { Id: 'sha256:2', RepoTags: ['secret/app:1'], Labels: { who: 'else' } };
    expect(kept('/v1.55/images/json?all=1', [own, other])).to.deep.equal([[own], 1]);
    expect(kept('/system/df', { LayersSize: 3, Images: [other, own, other] })).to.deep.equal([
      { LayersSize: 3, Images: [own] },
      2,
    ]);
    expect(kept('/v1.55/images/json', [own])).to.deep.equal([[own], 0]);
  });

  it('are the events of the run', () => {
    const lines =
      '{"Type":"image","Actor":{"ID":"a","Attributes":{"name":"secret/app"}}}\n{"Type":"image","name":"attestd-1/x"}\n';
    const { body, leftOut } = ownPart(exchange(lines, { path: '/v1.55/events?since=1' }), 'attestd-1');
    expect(body.toString('utf8')).to.equal('{"Type":"image","name":"attestd-1/x"}\n');
    expect(leftOut).to.equal(1);
  });

  it('is everything of answers about one image, byte by byte, and of what is no JSON', () => {
    const body = Buffer.from('{"Id" : 1.0}');
    expect(ownPart(exchange(body, { path: '/v1.55/images/attestd-1/x/json' }), 'attestd-1').body).to.deep.equal(body);
    expect(ownPart(exchange('no json', { path: '/images/json' }), 'attestd-1').leftOut).to.equal(0);
  });
});
