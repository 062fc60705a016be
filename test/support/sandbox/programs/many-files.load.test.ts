import { expect } from 'chai';
import { turnsDuring } from '../../../helpers/turns.js';
import { type Container, container, sh } from '../support.js';

describe('a program that goes through very many files', () => {
  const count = 30_000;
  let box: Container;

  beforeEach(async () => {
    box = await container();
    box.fs.mkdir('/many');
    for (let n = 0; n < count; n += 1) box.fs.open(`/many/${n}`, { write: true, create: true, mode: 0o644 }).close();
  });

  // What is loaded with the first script gives turns too.
  before(() =>
    sh(
      'ls -l / > /dev/null; du /; grep -r x /dir; cat /dir/*; stat / > /dev/null; touch /a; rm /a; chown 0 /; chmod 755 /',
    ),
  );

  for (const script of [
    'ls /many > /dev/null',
    'ls -l /many > /dev/null',
    'du -s /many > /dev/null',
    'grep -r text /many > /dev/null; test $? = 1',
    'cat /many/* > /dev/null',
    'stat /many/* > /dev/null',
    'touch /many/*',
    'chmod -R 600 /many',
    'chown -R 5:5 /many',
    'cp -r /many /more',
    'rm -r /many',
  ])
    it(`lets others have their turn: ${script}`, async () => {
      let code = -1;
      const work = async (): Promise<void> => {
        code = (await sh(script, { in: box })).code;
      };
      expect(await turnsDuring(work)).to.be.greaterThan(2);
      expect(code).to.equal(0);
    });
});
