/** `status` and `ledger`, of both kinds of stores, beside the run that writes there. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openRecordStore } from '../../pipe/records/open-store.ts';
import type { LedgerEntry, RecordStore } from '../../pipe/records/records.ts';
import { systemClock } from '../../sandbox/server/system-clock.ts';
import { freshDatabase, mongoUri, uriOf } from '../support/mongodb.ts';
import { pipe } from '../support/pipe-cli.ts';
import {
  sampleDecision,
  sampleEntry,
  sampleOpportunity,
  sampleResult,
  sampleRun,
  START_US,
} from './sample-pipe-records.ts';

const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function directory(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'status-'));
  cleanUps.push(() => rm(made, { recursive: true }));
  return join(made, 'records');
}

const STORES = [
  { name: 'LMDB', place: directory, isThere: true },
  {
    name: 'MongoDB',
    place: () => Promise.resolve(uriOf(freshDatabase())),
    isThere: mongoUri !== undefined,
  },
];

/** So much later than the samples' start is a minute from now: today, also if midnight comes meanwhile. */
const NOW_US = Math.floor(Date.now() / 1000 + 60) * 1_000_000 - START_US;

async function fill(store: RecordStore): Promise<void> {
  await store.putRun(sampleRun(0));
  await store.putRun(sampleRun(5));
  const opportunities = [1, 2, NOW_US].map((us) => sampleOpportunity(us));
  const [first, second, last] = opportunities.map((one) => sampleDecision(one));
  if (!first || !second || !last) throw new Error('No decisions');
  const sent = { ...first, expected: { transfer: { delayMs: 60_000 } } };
  const reasons = [
    { reason: 'fees', detail: 'one' },
    { reason: 'fees', detail: 'two' },
    { reason: 'stale', detail: 'three' },
  ] as const;
  const of = (decision: string | null, changes: Partial<LedgerEntry>): Partial<LedgerEntry> => {
    return { decision, fill: 'paper', ...changes };
  };
  const moves = [
    of(null, { fill: null }),
    of(sent.id, { kind: 'buy', amount: '-251.5', balance: '748.5' }),
    of(sent.id, { kind: 'buy', coin: 'BTC', amount: '2.5', balance: '2.5' }),
    of(sent.id, { kind: 'withdrawal', coin: 'BTC', amount: '-2.499', balance: '0.001', fill: null }), // prettier-ignore
    of(sent.id, { kind: 'transfer-fee', coin: 'BTC', amount: '-0.001', balance: '0', fill: null }), // prettier-ignore
  ];
  await store.put({
    opportunities,
    decisions: [sent, second, { ...last, verdict: 'rejected', reasons }],
    ledger: moves.map((changes, place) => {
      const atUs = START_US + (place < 3 ? place && 10 : 20);
      return sampleEntry(place + 1, { atUs, ...changes });
    }),
    results: [
      sampleResult(sampleOpportunity(2)),
      { ...sampleResult(sampleOpportunity(NOW_US)), result: '-1.5', hasFailed: true },
      { ...sampleResult(sampleOpportunity(NOW_US + 1)), result: '4.25' },
    ],
  });
}

for (const { name, place, isThere } of STORES) {
  describe.skipIf(!isThere)(`on ${name}`, () => {
    async function filled(): Promise<string> {
      const location = await place();
      const store = await openRecordStore(location, 'write', systemClock());
      cleanUps.push(() => store.close());
      await fill(store);
      return location;
    }

    it('status says what is there, on its way, and what the day has brought', async () => {
      const location = await filled();
      const { code, stdout, stderr } = await pipe(['status', '--store', location]);
      expect([code, stderr]).toEqual([0, '']);
      const [halted, , run, today] = stdout.split('\n');
      expect([halted, run, today]).toEqual([
        'not halted',
        'arbitrage: 2 runs, the last since 2025-11-30T10:53:20.000005Z',
        'today (UTC): 2.75 USDT of 2 actions, 1 failed',
      ]);
      expect(stdout).toMatch(/VENUE +COIN +BALANCE\nbinance +BTC +0\nbinance +USDT +748.5\n/);
      expect(stdout).toMatch(/BTC +binance +bybit +2.5 +0.001 +2025-11-30T10:54:20.00002Z\n/);
      expect(stdout).toMatch(/taken +2.5 +4.386857 +174.43 *\n.*rejected .* fees, stale\n$/);
      expect(stdout).not.toContain('spread-capture');
    });

    it('status --json has the same, and the last decisions alone', async () => {
      const location = await filled();
      const { stdout } = await pipe(['status', '--store', location, '--last', '2', '--json']);
      const { halted, strategies } = JSON.parse(stdout) as {
        halted: unknown;
        strategies: { decisions: { evaluation: { atUs: number } }[] }[];
      };
      expect([halted, strategies.length]).toEqual([null, 1]);
      expect(strategies[0]).toMatchObject({
        strategy: 'arbitrage',
        runs: 2,
        balances: [{ coin: 'BTC', balance: '0' }, { venue: 'binance', coin: 'USDT', balance: '748.5' }], // prettier-ignore
        transfers: [{ amount: '2.5', fee: '0.001', hasArrived: false }],
        today: [{ quote: 'USDT', result: '2.75', actions: 2, failed: 1 }],
      });
      const times = strategies[0]?.decisions.map(({ evaluation }) => evaluation.atUs - START_US);
      expect(times).toEqual([2, NOW_US]);
    });

    it('ledger lists every movement', async () => {
      const location = await filled();
      const lines = (await pipe(['ledger', '--store', location])).stdout.split('\n');
      expect(lines.map((line) => line.split('  ').slice(1).join('  '))).toEqual([
        'opening  binance: +1000 USDT',
        'buy  binance: -251.5 USDT, +2.5 BTC (paper)',
        'withdrawal  binance: -2.499 BTC, -0.001 BTC (transfer-fee)',
        '',
      ]);
      const json = (await pipe(['ledger', '--store', location, '--json'])).stdout;
      const entries = json.trimEnd().split('\n');
      expect(entries.map((line) => (JSON.parse(line) as LedgerEntry).number)).toEqual([
        1, 2, 3, 4, 5,
      ]);
    });
  });
}

it('a mistake and a store that is not there are wrong usage', async () => {
  const nowhere = await directory();
  for (const [argv, text] of [
    [['status', '--store', nowhere], 'There are no records of strategies in'],
    [['status', '--last', '0'], '--last: not a whole number from 1'],
    [['ledger', '--strategy', 'toy'], '--strategy: not one of arbitrage, spread-capture'],
    [['status', '--port', '1'], 'needs no logger; omit --port'],
  ] as const) {
    const { code, stderr } = await pipe(argv);
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
  }
});
