/** The page of a post-mortem as a reader sees it: in a real browser. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pageOf } from '../../pipe/post-mortem/page/page.ts';
import { BrowserPage, browserInstalled } from '../support/browser.ts';
import { madeUpOpportunity, madeUpReport } from '../support/post-mortem-report.ts';
import { needs } from '../support/requirements.ts';

/** Where pictures of the page are kept, for people. Not set: nowhere. */
const PICTURES = process.env['PICTURES'];

const opportunities = Array.from({ length: 48 }, (_, i) =>
  madeUpOpportunity(i, {
    verdict: i % 5 === 0 ? 'missed' : i % 2 === 0 ? 'taken' : 'rejected',
    profit: `${(i % 7) - 1}.25`,
    realised: i % 8 === 6 ? null : `${(i % 6) - 1}.5`,
    booked: i % 5 === 0 ? null : `${(i % 7) - 2}.25`,
    lifetimeUs: 3000 * 3 ** (i % 12),
    reasons:
      i % 2 === 1 && i % 5 !== 0
        ? [{ reason: i % 3 === 0 ? 'fees' : 'stale', detail: 'the fees are 12.5 USDT of 10 USDT' }]
        : [],
  }),
);

describe('the page in a browser', needs(browserInstalled), () => {
  const directory = mkdtempSync(join(tmpdir(), 'post-mortem-'));
  const file = join(directory, 'report.html');
  let page: BrowserPage;

  beforeAll(async () => {
    writeFileSync(file, pageOf(madeUpReport(opportunities)));
    page = await BrowserPage.open(pathToFileURL(file).href, { width: 1280 });
  });

  afterAll(async () => {
    await page?.close();
    rmSync(directory, { recursive: true });
  });

  async function picture(name: string, isWhole = true): Promise<void> {
    const png = await page.screenshot(isWhole);
    expect(png.length).toBeGreaterThan(10_000);
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(join(PICTURES, `${name}.png`), png);
  }

  const rowsShown = 'document.querySelectorAll("#opportunities tbody tr:not([hidden])").length';
  const set = (name: string, value: string): string =>
    `(() => { const field = document.querySelector('[name=${name}]'); field.value = ${JSON.stringify(value)}; field.dispatchEvent(new Event('input', { bubbles: true })); })()`;

  test('it is drawn without an error, and asks for nothing but itself', async () => {
    expect(page.problems).toEqual([]);
    expect(page.requests.filter((address) => !address.startsWith('data:'))).toEqual([
      pathToFileURL(file).href,
    ]);
    // Each chart has something in it, and words for those who don't see it.
    const charts = await page.evaluate<{ marks: number; name: string }[]>(
      `[...document.querySelectorAll('figure > svg')].map((svg) => ({
         marks: [...svg.querySelectorAll('path, rect')].filter((mark) => mark.getBBox().width > 0).length,
         name: svg.querySelector('title').textContent }))`,
    );
    expect(charts.map(({ name }) => name)).toEqual([
      'Cumulative paper profit, USDT',
      'Opportunities over time',
      'How long opportunities lasted',
      'Price difference of the venues, USDT',
    ]);
    for (const { marks } of charts) expect(marks).toBeGreaterThan(0);
    await picture('light');
  });

  test('filters show what was asked for, and say how many', async () => {
    expect(await page.evaluate(rowsShown)).toBe(48);
    await page.evaluate(set('verdict', 'missed'));
    const missed = opportunities.filter(({ verdict }) => verdict === 'missed').length;
    expect(await page.evaluate(rowsShown)).toBe(missed);
    expect(await page.evaluate('document.getElementById("shown").textContent')).toBe(
      `${missed} of 48 shown`,
    );
    await page.evaluate(set('verdict', ''));
    await page.evaluate(set('reason', 'fees'));
    expect(await page.evaluate(rowsShown)).toBe(
      opportunities.filter(({ reasons }) => reasons.some(({ reason }) => reason === 'fees')).length,
    );
    await page.evaluate(set('reason', ''));
    await page.evaluate(set('text', 'NO SUCH TEXT'));
    expect(await page.evaluate(rowsShown)).toBe(0);
    await page.evaluate(set('text', ''));
    expect(await page.evaluate(rowsShown)).toBe(48);
  });

  test.each([
    [7, 'Booked'],
    [8, 'Later books'],
  ])('column %i (%s) sorts by its values, and unknown ones come last', async (column, name) => {
    const label = `document.querySelector('[data-sort="${column}"]').textContent`;
    expect(await page.evaluate(label)).toBe(name);
    await page.evaluate(`document.querySelector('[data-sort="${column}"]').click()`);
    const orders = await page.evaluate<string[]>(
      `[...document.querySelectorAll('#opportunities tbody tr')].map((row) => row.cells[${column}].dataset.order)`,
    );
    const known = orders.filter((order) => order !== '').map(Number);
    expect(known.length).toBeGreaterThan(5);
    expect(orders.slice(known.length).every((order) => order === '')).toBe(true);
    expect(known).toEqual([...known].sort((a, b) => a - b));
  });

  test('dark and on a phone, everything fits and can be read', async () => {
    const ground = 'getComputedStyle(document.body).backgroundColor';
    const light = await page.evaluate(ground);
    await page.show({ width: 390, height: 2400, colorScheme: 'dark' });
    expect(await page.evaluate(ground)).not.toBe(light);
    // Nothing is wider than the window.
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    const sizes = await page.evaluate<number[]>(
      `[...document.querySelectorAll('figure:not([hidden]) > svg text')].map((text) => text.getBoundingClientRect().height)`,
    );
    expect(Math.min(...sizes)).toBeGreaterThan(10);
    await picture('phone-dark', false);
    await page.show({ width: 1280, colorScheme: 'dark' });
    await picture('dark');
  });
});
