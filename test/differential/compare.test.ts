import { expect } from 'chai';
import { type Answer, compareAnswers } from './compare.js';
import type { Step } from './requests.js';

function answer(body: unknown, headers: Record<string, string> = {}, status = 200): Answer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: Buffer.from(text) };
}

function step(operation: string): Step {
  return { operation, method: 'GET', path: '/' };
}

describe('the comparison of two daemons', () => {
  it('sees another status, with what was said', async () => {
    const found = await compareAnswers(step('inspect'), answer('{}'), answer({ message: 'no' }, {}, 404));
    expect(found).to.deep.equal({ at: 'status', reference: '200 {}', real: '404 {"message":"no"}' });
  });

  it('sees another header, but not another date', async () => {
    const plain = answer('{}', { date: 'today', 'api-version': '1.55' });
    expect(await compareAnswers(step('inspect'), plain, answer('{}', { date: 'now', 'api-version': '1.55' }))).to.equal(
      undefined,
    );
    expect(await compareAnswers(step('inspect'), plain, answer('{}'))).to.include({ at: 'header api-version' });
  });

  it('sees another value, a missing key and another order of keys', async () => {
    const at = async (a: unknown, b: unknown): Promise<string | undefined> =>
      (await compareAnswers(step('inspect'), answer(a), answer(b)))?.at;
    expect(await at({ a: { b: 1 } }, { a: { b: 2 } })).to.equal('.a.b');
    expect(await at({ a: 1 }, { a: 1, b: null })).to.equal('.b');
    expect(await at({ a: [] }, { a: null })).to.equal('.a');
    expect(await at({ a: [1] }, { a: [1, 2] })).to.equal('.a[]');
    expect(await at({ a: 1, b: 2 }, { b: 2, a: 1 })).to.equal(' key order');
  });

  it('overlooks what depends on the disk, and only that', async () => {
    const image = (size: number, id: string): unknown => ({ Id: id, Size: size, Metadata: { LastTagTime: `${size}` } });
    expect(await compareAnswers(step('inspect'), answer(image(1, 'a')), answer(image(2, 'a')))).to.equal(undefined);
    expect(await compareAnswers(step('inspect'), answer(image(1, 'a')), answer(image(2, 'b')))).to.include({
      at: '.Id',
    });
    const descriptor = (size: number): unknown => ({ Size: { Total: size, Content: 1 } });
    expect(await compareAnswers(step('list'), answer([descriptor(1)]), answer([descriptor(2)]))).to.equal(undefined);
  });

  it('takes lists of images in any order', async () => {
    const [a, b] = [{ Id: 'a' }, { Id: 'b' }];
    expect(await compareAnswers(step('list'), answer([a, b]), answer([b, a]))).to.equal(undefined);
    expect(await compareAnswers(step('delete'), answer([a, b]), answer([b, a]))).to.include({ at: '[].Id' });
  });

  it('compares attestations byte by byte', async () => {
    const found = await compareAnswers(step('attestations'), answer('[{"a":1.0}]'), answer('[{"a":1}]'));
    expect(found).to.include({ at: 'bytes' });
  });

  it('names a difference in the text of an error apart', async () => {
    const refusal = (message: string): Answer => answer({ message }, {}, 404);
    expect(await compareAnswers(step('tag'), refusal('a'), refusal('b'))).to.include({ at: 'text' });
  });
});
