import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { readResults } from '../../../src/conformance/results/read.js';
import { renderSite } from '../../../src/conformance/results/site.js';
import { skip } from '../../helpers/record.js';
import { Browser, chromium, noChromium } from '../report/browser.js';

describe("the site of the repository's results", function () {
  this.timeout(60_000);
  const results = [...readResults('results').values()];
  const files = renderSite(results);

  describe('in Chromium', () => {
    let browser: Browser;
    let folder: string;

    before(async function () {
      if (chromium === undefined) skip(this, noChromium);
      folder = mkdtempSync(join(tmpdir(), 'attestd-site-'));
      for (const [name, text] of files) writeFileSync(join(folder, name), text);
      browser = await Browser.start(chromium);
      await browser.send('Emulation.setDeviceMetricsOverride', {
        width: 390,
        height: 800,
        deviceScaleFactor: 1,
        mobile: true,
      });
    });

    after(async () => {
      await browser?.close();
      if (folder) rmSync(folder, { recursive: true });
    });

    it('fits 390 pixels, tables scrolled in their own boxes, and complains about nothing', async () => {
      const widest = [...files].filter(([name]) => name.endsWith('.html')).sort(([, a], [, b]) => b.length - a.length);
      for (const name of ['index.html', ...widest.slice(0, 3).map(([page]) => page)]) {
        await browser.open(pathToFileURL(join(folder, name)).href);
        expect(await browser.value('document.documentElement.scrollWidth'), name).to.be.at.most(390);
        expect(await browser.value('document.querySelectorAll("main table, main section").length'), name).to.be.above(
          0,
        );
      }
      expect(browser.complaints).to.deep.equal([]);
    });
  });
});
