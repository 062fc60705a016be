import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import Docker from 'dockerode';
import type { Browser, Page } from 'playwright-core';
import { page as frame } from '../../scripts/docs/frame.js';
import { Marks, patch } from '../../scripts/docs/marks.js';
import { reference } from '../../scripts/docs/reference.js';
import { methods } from '../../scripts/docs/samples.js';
import { makeSite } from '../../scripts/docs/site.js';
import { listOperations } from '../../src/spec/operations.js';
import { barriers, startBrowser } from '../browser.js';

/** The reference with the image operations only: axe takes minutes for all of it, and the rest is made alike. */
function excerpt(): string {
  const patched = patch();
  const { paths, definitions } = patched.after;
  const some = <T>(all: Record<string, T>, pattern: RegExp): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(([name]) => pattern.test(name)));
  const content = reference(
    {
      ...patched.after,
      paths: some(paths, /^\/images\/(json|load|\{name\}\/(json|attestations))$/),
      definitions: some(definitions, /^(Image|OCI|Attestation)/),
    },
    new Marks(patched),
  );
  return frame({ file: 'reference.html', ...content }, [
    { title: 'Reference', pages: [{ file: 'reference.html', title: content.title }] },
  ]);
}

describe('the documentation', function () {
  this.timeout(180_000);
  const patched = patch();
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const site = makeSite(root, patched);
  const pages = Object.fromEntries(site.documents);

  it('has a section for every operation and every definition, and no link that leads nowhere', () => {
    const ids = new Map(
      Object.entries(pages).map(([name, html]) => [
        name,
        new Set([...html.matchAll(/ id="([^"]+)"/g)].map((m) => m[1])),
      ]),
    );
    for (const { operation } of listOperations(patched.after)) {
      expect(ids.get('reference.html')?.has(`operation-${operation.operationId}`), operation.operationId).to.equal(
        true,
      );
    }
    for (const name of Object.keys(patched.after.definitions)) {
      expect(ids.get('reference.html')?.has(`definition-${name}`), name).to.equal(true);
    }
    for (const [name, html] of Object.entries(pages)) {
      for (const [, href = ''] of html.matchAll(/href="([^"]+)"/g)) {
        if (/^https?:/.test(href)) continue;
        const [file = '', id] = href.split('#');
        if (file.startsWith('files/')) {
          expect(site.files, `${name}: ${href}`).to.include(file.slice('files/'.length));
          continue;
        }
        expect(pages[file === '' ? name : file], `${name}: ${href}`).to.be.a('string');
        if (id) expect(ids.get(file === '' ? name : file)?.has(id), `${name}: ${href}`).to.equal(true);
      }
    }
  });

  it('gives no id twice', () => {
    for (const [name, html] of Object.entries(pages)) {
      const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((m) => m[1]);
      expect(
        ids.filter((id, at) => ids.indexOf(id) !== at),
        name,
      ).to.deep.equal([]);
    }
  });

  it('loads nothing from elsewhere and runs nothing but the search', () => {
    expect([...site.scripts.keys()]).to.deep.equal(['search.js']);
    for (const html of Object.values(pages)) {
      expect(html.match(/<script.*/g)).to.deep.equal(['<script src="search.js" defer></script>']);
      expect(html).not.to.match(/<(link|iframe)\b|@import|url\(|\son[a-z]+=/);
      for (const [, source = ''] of html.matchAll(/<img[^>]* src="([^"]*)"/g))
        expect(site.files).to.include(source.replace(/^files\//, ''));
    }
  });

  it('has a page for every document, each with a title, in the navigation of all', () => {
    for (const html of Object.values(pages)) {
      expect(html).to.match(/<title>[^<]+<\/title>/);
      expect(html.match(/ aria-current="page"/g)).to.have.lengthOf(1);
      for (const file of Object.keys(pages)) expect(html).to.include(`<a href="${file}"`);
    }
  });

  it('marks what each channel patched, where it stands', () => {
    const marks = new Marks(patched);
    const at = (...path: string[]): string | undefined => marks.at(path);
    expect(at('paths', '/images/{name}/attestations', 'get')).to.equal('standard');
    expect(at('definitions', 'AttestationStatement')).to.equal('standard');
    const data = ['definitions', 'ImageManifestSummary', 'properties', 'AttestationData', 'properties'];
    expect(at(...data, 'Statements')).to.equal('experimental');
    expect(at('definitions', 'ImageHistoryResponseItem', 'properties', 'Tags')).to.equal('corrections');
    expect(at(...data, 'For')).to.equal(undefined);
    expect(pages['reference.html']).to.include('class="badge experimental"');
  });

  it('tells every change of every channel', () => {
    for (const differences of Object.values(patched.changes)) {
      expect(differences.length).to.be.greaterThan(0);
      for (const { pointer } of differences) {
        expect(pages['changes.html']).to.include(`<code>${pointer.replaceAll('&', '&amp;')}</code>`);
      }
    }
  });

  it('has a small index, in which every target is there', () => {
    const [script] = site.scripts.values();
    expect(script?.length).to.be.lessThan(150_000);
    const entries = JSON.parse(/lookUp\((\[.*\])\);/s.exec(script as string)?.[1] as string) as [
      string,
      string,
      string,
    ][];
    for (const [title, target] of entries) {
      const [file = '', id] = target.split('#');
      expect(pages[file], title).to.be.a('string');
      if (id !== undefined) expect(pages[file], title).to.include(` id="${id}"`);
    }
    expect(entries.map(([, target]) => target)).to.include('reference.html#operation-ImageAttestations');
  });

  it('shows requests of each operation, by methods that dockerode has', () => {
    const reference = pages['reference.html'] as string;
    const operations = listOperations(patched.after);
    expect(reference.match(/<summary>Request samples<\/summary>/g)).to.have.length(operations.length);
    const ids = new Set(operations.map(({ operation }) => operation.operationId));
    const docker = new Docker({ host: '127.0.0.1', port: 1 });
    for (const [id, [call]] of Object.entries(methods)) {
      expect(ids.has(id), id).to.equal(true);
      const [, getter, method] = /^(?:(get\w+)\([^)]*\)\.)?(\w+)\(/.exec(call) as RegExpExecArray;
      const holder = getter === undefined ? docker : (docker[getter as 'getImage'] as (name: string) => object)('x');
      expect((holder as Record<string, unknown>)[method as string], call).to.be.a('function');
    }
  });

  it('leads from operations, parameters and schemas to the requirements that name them', () => {
    const section = /<section id="operation-ImageAttestations">.*?<\/section>/s.exec(
      pages['reference.html'] as string,
    )?.[0];
    expect(section).to.include('href="requirements.html#requirement-ImageAttestations.platform-absent"');
    expect(pages['requirements.html']).to.include('id="requirement-ImageAttestations.platform-absent"');
  });

  describe('in a browser', () => {
    let folder: string;
    let browser: Browser;
    let page: Page;
    before(async function () {
      browser = await startBrowser(this);
      folder = mkdtempSync(join(tmpdir(), 'attestd-docs-'));
      for (const [name, html] of Object.entries(pages)) writeFileSync(join(folder, name), html);
      for (const [name, script] of site.scripts) writeFileSync(join(folder, name), script);
      for (const path of site.files) {
        mkdirSync(join(folder, 'files', dirname(path)), { recursive: true });
        cpSync(join(root, path), join(folder, 'files', path));
      }
      writeFileSync(join(folder, 'excerpt.html'), excerpt());
      page = await browser.newPage();
    });
    after(async () => {
      await browser?.close();
      if (folder) rmSync(folder, { recursive: true, force: true });
    });

    for (const [name, colorScheme] of [
      ['excerpt.html', 'light'],
      ['excerpt.html', 'dark'],
      ['changes.html', 'light'],
      ['changes.html', 'dark'],
      ['index.html', 'light'],
      ['index.html', 'dark'],
      ['behaviour.html', 'light'],
      ['verdicts.html', 'dark'],
    ] as const) {
      it(`has no barrier that axe finds: ${name}, ${colorScheme}`, async () => {
        await page.emulateMedia({ colorScheme });
        await page.goto(pathToFileURL(join(folder, name)).href);
        expect(await barriers(page)).to.deep.equal([]);
      });
    }

    it('leads from the contents to an operation and from a mark to what changed', async () => {
      await page.goto(pathToFileURL(join(folder, 'reference.html')).href);
      await page.click('nav >> text=List the attestations of an image');
      const section = page.locator('#operation-ImageAttestations');
      expect(await section.evaluate((element) => element.getBoundingClientRect().top)).to.be.lessThan(50);
      await section.locator('h3 .badge').click();
      expect(page.url()).to.match(/changes\.html#standard$/);
      expect(await page.title()).to.equal('What 1.55 changes');
    });

    it('finds operations by their words, parameters and path', async () => {
      await page.setViewportSize({ width: 1200, height: 800 });
      await page.goto(pathToFileURL(join(folder, 'index.html')).href);
      for (const words of ['attestations image', 'ImageAttestations statement', 'GET attestations']) {
        await page.fill('#page-search', words);
        const found = page.locator('#page-found a').first();
        expect(await found.textContent(), words).to.include('GET /images/{name}/attestations');
      }
      await page.locator('#page-found a').first().click();
      expect(page.url()).to.match(/reference\.html#operation-ImageAttestations$/);
      await page.fill('#page-search', 'nothing has these words');
      expect(await page.locator('#page-search-status').textContent()).to.equal('0 found');
    });

    it('folds the contents away on a phone, until asked for', async () => {
      await page.setViewportSize({ width: 360, height: 740 });
      await page.goto(pathToFileURL(join(folder, 'spec.html')).href);
      const contents = page.locator('nav.side');
      expect(await contents.isVisible()).to.equal(false);
      await page.click('main >> text=Contents');
      expect(await contents.isVisible()).to.equal(true);
      await page.click('text=Close the contents');
      expect(await contents.isVisible()).to.equal(false);
    });

    it('fits a narrow screen', async () => {
      await page.setViewportSize({ width: 360, height: 740 });
      for (const name of Object.keys(pages)) {
        await page.goto(pathToFileURL(join(folder, name)).href);
        const width = await page.evaluate('document.documentElement.scrollWidth');
        expect(width, name).to.be.at.most(360);
        expect(await page.locator('h1').first().isVisible()).to.equal(true);
      }
    });
  });
});
