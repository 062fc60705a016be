/** A headless Chromium for tests of HTML pages. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { noChromium, chromium as path } from './conformance/report/browser.js';
import { skip } from './helpers/record.js';

/**
 * Starts the browser, or skips the tests of the suite if none is installed.
 *
 * @param context the mocha context of a hook
 * @returns the browser; to be closed by the caller
 */
export async function startBrowser(context: Mocha.Context): Promise<Browser> {
  if (path === undefined) skip(context, noChromium);
  return chromium.launch({
    executablePath: path,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** What an accessibility check finds. */
export interface Barrier {
  readonly id: string;
  readonly impact: string;
  /** The first elements that it concerns, as CSS selectors. */
  readonly places: readonly string[];
}

/**
 * Checks a page with axe.
 *
 * @param page an open page
 * @returns every barrier that axe finds
 */
export async function barriers(page: Page): Promise<Barrier[]> {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
  const results = await page.evaluate(() =>
    (
      globalThis as unknown as {
        axe: {
          run(
            options: object,
          ): Promise<{ violations: { id: string; impact: string; nodes: { target: string[] }[] }[] }>;
        };
      }
    ).axe.run({ resultTypes: ['violations'] }),
  );
  return results.violations.map(({ id, impact, nodes }) => ({
    id,
    impact,
    places: nodes.slice(0, 3).map(({ target }) => target.join(' ')),
  }));
}
