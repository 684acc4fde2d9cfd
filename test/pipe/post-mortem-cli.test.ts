/** `pipe --strategy arbitrage --mode post-mortem` over an archive and a store on disk. */

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { TwoSidedBook } from '../../logger/book/two-sided-book.ts';
import type { Diff, LevelImage, Levels } from '../../logger/market/events.ts';
import type { PostMortem } from '../../pipe/post-mortem/report.ts';
import { directionOf } from '../../pipe/post-mortem/missed.ts';
import type { DecisionRecord } from '../../pipe/records/records.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { openRecordStore } from '../../pipe/records/open-store.ts';
import { decide } from '../../pipe/strategy/arbitrage/decide.ts';
import { arbitrageSettings } from '../../pipe/strategy/arbitrage/settings.ts';
import { startPipe } from '../support/pipe-cli.ts';
import { recordSegments } from '../support/recorded-archive.ts';
import type { RecordedSegment } from '../support/recorded-archive.ts';
import { SCALE, testVenue } from '../support/recorded-venues.ts';
import { testFees } from '../support/test-fees.ts';
import { levelsOf } from '../support/trade-books.ts';

const T = Date.UTC(2026, 10, 20, 12) * 1000;
const MS = 1000;
const S = 1_000_000;
const A = testVenue('binance', '0.5');
const B = testVenue('bybit', '0.0001');
const TABLE = { exchanges: { binance: testFees(50), bybit: testFees(80) } };

const levels = (text: string): Levels => levelsOf(text, SCALE).levels;

function segment(
  image: readonly [us: number, bids: string, asks: string],
  ...updates: readonly (readonly [us: number, bids: string, asks: string])[]
): RecordedSegment {
  const [receiveTimeUs, bids, asks] = image;
  const first: LevelImage = {
    level: 'L2',
    sequence: 1,
    exchangeTimeUs: receiveTimeUs,
    receiveTimeUs,
    scale: SCALE,
    horizon: { bid: null, ask: null },
    bids: levels(bids),
    asks: levels(asks),
  };
  const diffs = updates.map(([us, bid, ask], i): Diff => ({
    type: 'diff',
    firstSequence: i + 2,
    lastSequence: i + 2,
    exchangeTimeUs: us,
    receiveTimeUs: us,
    bids: levels(bid),
    asks: levels(ask),
  }));
  return { image: first, diffs };
}

const onA = segment(
  [T - S, '99×5', '100×1 101×2'],
  [T - MS, '98×1', ''],
  [T + 30 * MS, '', '100×0.5'],
  [T + 31 * S, '', '104.5×9 100×0 101×0'],
  [T + 300 * S, '98.5×1', ''],
);
const onB = segment(
  [T - S, '50×10', '104×1'],
  [T, '103×1.5 102×1', ''],
  [T + 60 * MS, '102×2', ''],
  [T + 200 * MS, '103×0', ''],
  [T + 30 * S, '104×5', '104×0 105×5'],
  [T + 300 * S, '90×1', ''],
);

function legAt({ image, diffs }: RecordedSegment, venue: typeof A, us: number) {
  const book = TwoSidedBook.fromImage(image);
  const applied = diffs.filter(({ receiveTimeUs }) => receiveTimeUs <= us);
  for (const diff of applied) book.apply(diff);
  const last = applied.at(-1);
  const receiveTimeUs = last?.receiveTimeUs ?? image.receiveTimeUs;
  const sequence = last?.lastSequence ?? image.sequence;
  const point = {
    epoch: 1,
    sequence,
    isSequenced: true,
    exchangeTimeUs: receiveTimeUs,
    receiveTimeUs,
  };
  const { name, security, source } = venue;
  return { venue: name, security, source, point, book, horizon: image.horizon };
}

describe('the post-mortem of the program', () => {
  const directory = mkdtempSync(join(tmpdir(), 'post-mortem-cli-'));
  const at = (name: string): string => join(directory, name);

  beforeAll(async () => {
    const archive = await openEmbeddedArchive({ directory: at('archive') });
    await recordSegments(archive, A.security, [onA]);
    await recordSegments(archive, B.security, [onB]);
    await archive.close();
    await records('records', (decision) => decision);
    await records('wrong-records', (decision) => ({
      ...decision,
      evaluation: { ...decision.evaluation, revenue: '1' },
    }));
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  async function records(
    name: string,
    recorded: (decision: DecisionRecord) => DecisionRecord,
  ): Promise<void> {
    const settings = arbitrageSettings({ transfer: 'yes' });
    const { verdict, reasons, evaluation, inputs, expected } = decide({
      atUs: T,
      buy: legAt(onA, A, T),
      sell: legAt(onB, B, T),
      table: TABLE,
      settings,
      inputs: {
        direction: directionOf(A, B),
        balances: { quote: '100000', base: '0' },
        taken: { asks: {}, bids: {} },
        halted: null,
        standing: { openTransfers: 0, failures: 0, resultOfDay: '0' },
      },
      risk: (delayMs) => ({ delayMs, samples: 100, move: '0.1' }),
    });
    const opportunity = `arbitrage/BTCUSDT/${String(T).padStart(16, '0')}/binance>bybit`;
    const common = { strategy: 'arbitrage', pair: 'BTCUSDT' };
    const decision: DecisionRecord = {
      id: `${opportunity}/1`,
      opportunity,
      ...common,
      atUs: T,
      verdict,
      reasons,
      evaluation,
      inputs: { ...inputs },
      expected: { ...expected },
    };
    const store = await openRecordStore(at(name), 'write', createSystemClock());
    await store.putFeeTable({ id: 'fees-1', table: TABLE });
    await store.putRun({
      id: `arbitrage/${String(T - S).padStart(16, '0')}`,
      strategy: 'arbitrage',
      startedUs: T - S,
      feeTable: 'fees-1',
      settings: { ...settings },
      venues: [A, B].map(({ name: venue, security, source }) => ({
        name: venue,
        security,
        source,
      })),
    });
    await store.put({
      opportunities: [
        {
          id: opportunity,
          ...common,
          buy: 'binance',
          sell: 'bybit',
          fromUs: T,
          toUs: T + 200 * MS,
          end: 'closed',
          first: evaluation,
          best: evaluation,
          evaluations: 3,
        },
      ],
      decisions: [recorded(decision)],
    });
    await store.close();
  }

  async function run(...more: string[]): Promise<{ exit: number; stdout: string; stderr: string }> {
    const argv = ['--strategy', 'arbitrage', '--mode', 'post-mortem', ...more];
    const pipe = startPipe(argv);
    const exit = await pipe.exit;
    return { exit, stdout: pipe.lines().join('\n'), stderr: pipe.stderr() };
  }

  const given = (store = 'records'): string[] => ['--archive', at('archive'), '--store', at(store)];

  test('text, JSON and page; the same again to the last byte, from the tops that were kept', async () => {
    const text = await run(...given());
    expect(text).toMatchObject({ exit: 0, stderr: '' });
    expect(text.stdout).toContain('1 decision recorded: 1 the same to the last digit');
    expect(text.stdout).toContain('predicted: 4.386857 USDT (174.43 bps) with 2.5');
    expect(text.stdout).toContain('at the later books: 3.988755 USDT with 2.5');
    expect(text.stdout).toContain('by transfer: 7.376364 USDT');
    expect(text.stdout).toContain('break-even: latency 200 ms;');
    expect(readdirSync(at('records/tops')).length).toBeGreaterThan(0);

    const json = await run(...given(), '--json', '--report', at('report.html'));
    const report = JSON.parse(json.stdout) as PostMortem;
    expect(report.opportunities.map(({ verdict }) => verdict)).toEqual(['taken']);
    expect(report.priceDifferences[0]?.points.length).toBeGreaterThan(2);
    const page = readFileSync(at('report.html'), 'utf8');
    expect(page).toContain('4.386857');

    expect((await run(...given())).stdout).toBe(text.stdout);
    const again = await run(...given(), '--json', '--report', at('report.html'));
    expect(again.stdout).toBe(json.stdout);
    expect(readFileSync(at('report.html'), 'utf8')).toBe(page);
  });

  test('a live record that the archive contradicts is exit 1 with the difference', async () => {
    const { exit, stdout } = await run(...given('wrong-records'));
    expect(exit).toBe(1);
    expect(stdout).toContain(
      '0 the same to the last digit when made again from the archive, 1 different',
    );
    expect(stdout).toContain('evaluation.revenue is "1" in the record, "256.143" by the archive');
  });

  test('another table of fees decides anew', async () => {
    const fees = at('fees.json');
    writeFileSync(
      fees,
      JSON.stringify({ exchanges: { binance: testFees(50, '0.03'), bybit: testFees(80, '0.03') } }),
    );
    const { exit, stdout } = await run(...given(), '--json', '--fees', fees);
    const report = JSON.parse(stdout) as PostMortem;
    expect(exit).toBe(0);
    expect(report.feeTable.isRecorded).toBe(false);
    expect(report.opportunities[0]).toMatchObject({ verdict: 'rejected' });
    expect(report.recomputation).toMatchObject({ equal: 1, different: 0 });
  });

  test('what is asked for wrongly, or is not there, is said in a line', async () => {
    expect(await run('--store', at('records'))).toMatchObject({ exit: 2 });
    const times = ['--from', '2026-11-21T00:00:00Z', '--to', '2026-11-20T00:00:00Z'];
    expect(await run(...given(), ...times)).toMatchObject({ exit: 2 });
    const none = await run('--archive', at('archive'), '--store', at('nowhere'));
    expect(none.exit).toBe(2);
    expect(none.stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(at('nowhere'))).toBe(false);
  });
});
