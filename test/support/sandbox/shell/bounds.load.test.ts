// biome-ignore-all lint/suspicious/noTemplateCurlyInString: scripts are what is tested
import { expect } from 'chai';
import { turnsDuring } from '../../../helpers/turns.js';
import { container, sh } from '../support.js';

describe('a pattern of very many paths', () => {
  it('lets others have their turn while they are looked for', async () => {
    const box = await container();
    for (let i = 0; i < 100; i++) for (let j = 0; j < 60; j++) box.fs.mkdir(`/t/${i}/${j}`, { recursive: true });
    const turns = await turnsDuring(async () => {
      const again = 'for i in 1 2 3 4; do echo /t/*/*/nothing* >/dev/null; done';
      const { stdout } = await sh(`${again}; echo /t/*/*/nothing* /t/*/5*/.`, { in: box });
      expect(stdout.split(' ')).to.have.length(1101);
    });
    expect(turns).to.be.greaterThan(3);
  });
});
