import { expect } from 'chai';
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

  it('lists as many folders below one as there are files in others', async () => {
    const wide = await container();
    for (let n = 0; n < count; n += 1) wide.fs.mkdir(`/wide/${n}`, { recursive: true, mode: 0o755 });
    const { code, stdout } = await sh('ls -R /wide | grep -c :', { in: wide });
    expect([code, stdout]).to.deep.equal([0, `${count + 1}\n`]);
  });
});
