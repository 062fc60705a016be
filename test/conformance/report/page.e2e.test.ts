import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { renderHtml } from '../../../src/conformance/report/html.js';
import { makeReport } from '../../../src/conformance/report/model.js';
import { skip } from '../../helpers/record.js';
import { sampleContext, sampleRun } from '../sample.js';
import { Browser, chromium, noChromium } from './browser.js';

describe('the HTML report in Chromium', function () {
  this.timeout(60_000);
  let browser: Browser;
  let folder: string;
  const visible = `[...document.querySelectorAll('.requirement')].filter((row) => row.offsetParent !== null).map((row) => row.dataset.outcome)`;

  before(async function () {
    if (chromium === undefined) skip(this, noChromium);
    folder = mkdtempSync(join(tmpdir(), 'attestd-page-'));
    const file = join(folder, 'report.html');
    writeFileSync(file, renderHtml(makeReport(sampleRun(), sampleContext)));
    browser = await Browser.start(chromium);
    await browser.open(pathToFileURL(file).href);
  });

  after(async () => {
    await browser?.close();
    if (folder) rmSync(folder, { recursive: true });
  });

  it('works from a file, asks for nothing else and complains about nothing', () => {
    expect(browser.requested.filter((url) => !url.startsWith('data:'))).to.have.length(1);
    expect(browser.complaints).to.deep.equal([]);
  });

  it('shows every requirement and a row for each feature', async () => {
    expect(await browser.value(`${visible}.length`)).to.equal(8);
    const features = makeReport(sampleRun(), sampleContext).features.length;
    expect(
      await browser.value(
        `[...document.querySelectorAll('table')].some((table) => table.tBodies[0].rows.length === ${features})`,
      ),
    ).to.equal(true);
  });

  it('filters by outcome when a box is clicked', async () => {
    await browser.value(`document.querySelector('.filter input[value=failed]').click()`);
    expect(await browser.value(visible)).to.deep.equal(['error', 'blocked', 'unsupported', 'skipped', 'passed']);
    await browser.value(`document.querySelector('.filter input[value=failed]').click()`);
    expect(await browser.value(`${visible}.length`)).to.equal(8);
  });

  it('filters by text', async () => {
    const type = (text: string) =>
      `{ const box = document.querySelector('input[type=search]'); box.value = '${text}'; box.dispatchEvent(new Event('input')); }`;
    await browser.value(type('b-failed'));
    expect(await browser.value(visible)).to.deep.equal(['failed']);
    await browser.value(type(''));
  });

  it('opens an exchange to its request and its response', async () => {
    const text = await browser.value(`{
      const row = document.querySelector('.requirement[data-outcome=failed]');
      row.open = true;
      for (const one of row.querySelectorAll('details')) one.open = true;
      row.innerText;
    }`);
    expect(text).to.include('GET /v1.55/images/x/attestations').and.to.include('Content-Type: application/json');
    expect(text).to.include('</script><b>');
  });

  it('is dark for those who like it dark, and light otherwise, with contrast in both', async () => {
    const colours: string[] = [];
    for (const scheme of ['dark', 'light']) {
      await browser.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
      const [back, text] = (await browser.value(
        `['backgroundColor', 'color'].map((name) => getComputedStyle(document.body)[name])`,
      )) as string[];
      const light = (colour = ''): number =>
        (colour.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765;
      expect(Math.abs(light(back) - light(text))).to.be.greaterThan(0.5);
      expect(light(back) > 0.5).to.equal(scheme === 'light');
      colours.push(back ?? '');
      expect((await browser.picture()).subarray(1, 4).toString()).to.equal('PNG');
    }
    expect(new Set(colours).size).to.equal(2);
  });

  it('fits a narrow screen without scrolling sideways', async () => {
    await browser.send('Emulation.setDeviceMetricsOverride', {
      width: 360,
      height: 640,
      deviceScaleFactor: 1,
      mobile: true,
    });
    expect(await browser.value('document.documentElement.scrollWidth')).to.be.at.most(360);
  });
});
