import { describe, expect, test } from 'vitest';
import { pageOf } from '../../../../pipe/post-mortem/page/page.ts';
import { duration } from '../../../../pipe/post-mortem/page/markup.ts';
import { madeUpOpportunity, madeUpReport } from '../../../support/post-mortem-report.ts';

describe('the page', () => {
  test('what comes from records is escaped everywhere', () => {
    const evil = '"><script>alert(1)</script>';
    const opportunity = madeUpOpportunity(1, {
      pair: evil,
      quote: evil,
      verdict: 'rejected',
      reasons: [{ reason: 'limit', detail: evil }],
      realised: null,
    });
    const page = pageOf(madeUpReport([opportunity], { strategy: evil }));
    expect(page).not.toContain(evil);
    expect(page.match(/<script/g)).toHaveLength(1);
  });

  test('the same report is the same page, and it asks for nothing from anywhere', () => {
    const report = madeUpReport([madeUpOpportunity(1), madeUpOpportunity(2)]);
    expect(pageOf(structuredClone(report))).toBe(pageOf(report));
    expect(pageOf(report)).not.toMatch(/https?:|url\(|@import|src=/);
  });

  test('a long run makes a small page', () => {
    const opportunities = Array.from({ length: 20_000 }, (_, i) =>
      madeUpOpportunity(i, {
        fromUs: 1_763_600_000_000_000 + i * 1_000_000,
        profit: String(i % 977),
        verdict: i % 4 === 0 ? 'taken' : 'rejected',
      }),
    );
    const page = pageOf(madeUpReport(opportunities));
    expect(page.length).toBeLessThan(2_000_000);
    expect(page).toContain('The 400 most important of 20000');
  });

  test('a run without opportunities is a page as well', () => {
    expect(pageOf(madeUpReport([]))).toContain('There were none.');
  });

  test('a record that the archive contradicts is an alarm', () => {
    const differences = [
      { decision: 'd/1', field: 'evaluation.profit', recorded: '1', recomputed: '2' },
    ];
    const recomputation = { decisions: 3, equal: 2, different: 1, skipped: [], differences };
    const page = pageOf(madeUpReport([madeUpOpportunity(1)], { recomputation }));
    expect(page).toContain('role="alert"');
    expect(page).toContain('evaluation.profit is 1 in the record, 2 by the archive');
  });

  test.each([
    [0, '0 µs'],
    [999, '999 µs'],
    [1500, '1.5 ms'],
    [59_999_999, '59.9 s'],
    [3_599_000_000, '59.9 min'],
    [90_000_000_000, '1.04 d'],
  ])('%s µs are %s', (us, text) => {
    expect(duration(us)).toBe(text);
  });
});
