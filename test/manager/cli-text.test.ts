/** What the CLI prints for people. */

import { describe, expect, test } from 'vitest';
import { bookResult, securityStatus } from './fake-control.ts';
import { expectError } from './fixture.ts';
import { SECURITY, manager, port } from './running.ts';

describe('for people', () => {
  test('a list is a table', async () => {
    port.control.recorded.set(
      'binance:ETHUSDT',
      securityStatus('binance:ETHUSDT', {
        state: 'stale',
        bestBid: null,
        lastMessageAge: 200,
        gaps: 3,
        message: 'the connection is down',
      }),
    );
    const run = await manager('list');
    expect(run.stdout).toMatchInlineSnapshot(`
      "SECURITY         STATE  FEED                  BID        ASK          SEQUENCE   AGE  MSG/S  GAPS  LAST IMAGE             STORED
      binance:BTCUSDT  live   L2 depth@100ms  61,837.63  61,837.64  9007199254740993  0.4s   10.5     0  2026-11-20 07:00:04Z  118 MiB
      binance:ETHUSDT  stale  L2 depth@100ms          –  61,837.64  9007199254740993    3m   10.5     3  2026-11-20 07:00:04Z  118 MiB
      binance:ETHUSDT: the connection is down
      "
    `);
  });

  test('a wide list has every column, and says what a contract is', async () => {
    const contract = {
      kind: 'inverse',
      multiplier: '-100000000',
      underlyingPerPosition: null,
      underlying: 'XBT',
      quoteCurrency: 'USD',
      settlementCurrency: 'XBt',
    } as const;
    const security = 'bitmex:XBTUSD';
    port.control.recorded.set(security, securityStatus(security, { contract }));
    const wide = { isTerminal: true, columns: 40, env: { NO_COLOR: '1' } };
    const [titles, ...rows] = (await manager('list --wide', wide)).stdout.split('\n');
    expect(titles).toMatch(/ LAST IMAGE +STORED +CONTRACT$/);
    const ours = rows.find((row) => row.startsWith(security));
    expect(ours).toMatch(/ inverse XBT\/USD, multiplier -100000000, settled in XBt$/);
    expect(JSON.parse((await manager('list --json')).stdout)).toContainEqual(
      expect.objectContaining({ security, contract }),
    );
    port.control.recorded.delete(security);
  });

  test.each(['list', 'health'])(
    '%s fits the terminal, without what is needed least',
    async (verb) => {
      const env = { NO_COLOR: '1' };
      const titles = async (columns: number): Promise<string[]> => {
        const { stdout } = await manager(verb, { isTerminal: true, columns, env });
        const table = stdout.split('\n').slice(stdout.split('\n').indexOf('') + 1);
        const lines =
          verb === 'list' ? stdout.trimEnd().split('\n') : table.filter((l) => l !== '');
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(columns, 60));
        return lines[0]?.split(/ {2,}/) ?? [];
      };
      const all = 'SECURITY,STATE,FEED,BID,ASK,SEQUENCE,AGE,MSG/S,GAPS,LAST IMAGE,STORED'.split(
        ',',
      );
      const without = (...gone: string[]): string[] => all.filter((title) => !gone.includes(title));
      expect(await titles(200)).toEqual(all);
      expect(await titles(120)).toEqual(without('LAST IMAGE'));
      expect(await titles(80)).toEqual(without('LAST IMAGE', 'STORED', 'SEQUENCE'));
      expect(await titles(20)).toEqual(['SECURITY', 'STATE', 'BID', 'ASK', 'GAPS']);
      expect((await manager(verb, { columns: 80, env })).stdout).toContain('LAST IMAGE');
    },
  );

  test('a book of orders explains the order of its queues', async () => {
    port.control.book = {
      ...bookResult(SECURITY),
      level: 'L3',
      bids: [
        ['61837.63', '1.5', 'first'],
        ['61837.63', '2', 'second'],
      ],
      asks: [['61837.64', '1', 'third']],
    };
    const { stdout } = await manager(`book ${SECURITY}`);
    expect(stdout).toMatch(/first\n.*second\n/);
    expect(stdout).toContain('Orders of a price are in queue order: the first one trades first.');
    port.control.book = bookResult(SECURITY);
    expect((await manager(`book ${SECURITY}`)).stdout).not.toContain('queue');
  });

  test('an empty list says what to type next', async () => {
    port.control.recorded.clear();
    expect((await manager('list')).stdout).toContain('orderbook-manager add binance:BTCUSDT');
    expect((await manager('list --json')).json).toEqual([]);
    expect((await manager('snapshot all')).code).toBe(0);
  });

  test('a book is a ladder with the spread in the middle', async () => {
    port.control.book = {
      ...bookResult(SECURITY),
      bids: [
        ['61837.63', '1.5'],
        ['61837.6', '12000'],
      ],
      asks: [
        ['61837.64', '0.00000001'],
        ['61838', '3'],
      ],
      horizon: { bid: '60000', ask: null },
    };
    expect((await manager(`book ${SECURITY}`)).stdout).toMatchInlineSnapshot(`
      "binance:BTCUSDT  L2  proven (by sequence)
      at        2026-11-20T07:00:04.031002Z (receive clock)
      received  2026-11-20T07:00:04.031002Z, exchange time 2026-11-20T07:00:04.000012Z
      sequence  9007199254740993

        ask  61,838          3
        ask  61,837.64       0.00000001
        —— spread 0.01 ——
        bid  61,837.63       1.5
        bid  61,837.6   12,000

      Known to be complete: bids down to 60,000.
      "
    `);
  });

  test('a long book shows 20 per side and counts the rest', async () => {
    port.control.book = bookResult(SECURITY, 1520);
    const { stdout } = await manager(`book ${SECURITY}`);
    expect(stdout.match(/^ {2}(ask|bid) +\d/gm)).toHaveLength(40);
    expect(stdout).toContain('1,500 more asks');
    expect(stdout).toContain('1,500 more bids');
  });

  test('a one-sided book has no spread', async () => {
    port.control.book = { ...bookResult(SECURITY), asks: [], horizon: { bid: null, ask: null } };
    const { stdout } = await manager(`book ${SECURITY}`);
    expect(stdout).not.toContain('spread');
    expect(stdout).toContain('Complete on both sides.');
  });

  test('coverage shows intervals and gaps in order, the covered share and receive-time defects', async () => {
    expect((await manager(`coverage ${SECURITY}`)).stdout).toMatchInlineSnapshot(`
      "      FROM                    TO                       LENGTH  FEED / CAUSE         SEQUENCES
      book  2026-11-20T07:00:00Z    2026-11-20T08:00:00Z         1h  depth (by sequence)  100 … 150
      gap   2026-11-20T08:00:00Z    2026-11-20T08:00:02.5Z     2.5s  sequence             151 … 160
      book  2026-11-20T08:00:02.5Z  2026-11-20T09:00:00Z    59m 58s  depth (by sequence)  161 … 200
      gap   2026-11-20T09:00:00Z    open                          –  sequence             151 … –

      binance:BTCUSDT: 1h 59m covered (99.965 %), 1 gap of 2.5s, and nothing since 2026-11-20T09:00:00Z (sequence).

      Books are right, but receive times are not arrival times in 2 ranges:
      FROM                  TO                       LENGTH  CAUSE
      2026-11-20T07:30:00Z  2026-11-20T07:30:00.85Z   0.85s  stall
      2026-11-20T07:45:00Z  2026-11-20T08:45:00.05Z      1h  clock
      "
    `);
  });

  test('of a gap that reaches out of the window, coverage shows both lengths', async () => {
    const { stdout } = await manager(
      `coverage ${SECURITY} --from 2026-11-20T08:00:01Z --to 2026-11-20T10:00:00Z`,
    );
    expect(stdout).toMatch(/gap .* 2\.5s \(1\.5s here\) /);
    expect(stdout).toMatch(/open +– \(1h here\) /);
    expect(stdout).toContain('1 gap of 1.5s, and nothing since 2026-11-20T09:00:00Z');
  });

  test('health is a paragraph and a table', async () => {
    const { stdout } = await manager('health');
    expect(stdout).toMatch(
      /^The logger is serving: version 9\.9\.9, up 1d 2h, 2 of 2 securities live\.\n/,
    );
    expect(stdout).toContain('The embedded archive is reachable');
    expect(stdout).toContain(
      'Self-check: 24 base images and 6 exchange snapshots compared, no mismatch.\n',
    );
  });

  test('health names the securities with self-check mismatches', async () => {
    port.control.healthOverrides = {
      securities: [
        securityStatus('binance:BTCUSDT'),
        securityStatus('binance:ETHUSDT', {
          selfCheck: { images: 3, snapshots: 1, mismatches: 2 },
        }),
      ],
      selfCheck: { images: 15, snapshots: 4, mismatches: 2 },
    };
    const { stdout } = await manager('health');
    expect(stdout).toContain(
      'Self-check: 15 base images and 4 exchange snapshots compared, 2 mismatches (binance:ETHUSDT 2; see the log).\n',
    );
  });

  test('colours are for terminals, and not with NO_COLOR', async () => {
    const escape = '\u001b[32mlive';
    expect((await manager('list')).stdout).not.toContain('\u001b');
    expect((await manager('list', { isTerminal: true })).stdout).toContain(escape);
    const env = { NO_COLOR: '1' };
    expect((await manager('list', { isTerminal: true, env })).stdout).not.toContain('\u001b');
  });

  test('the failures of an add are one line on stderr', async () => {
    const mixed = await manager('add binance:SOLUSDT binance:UNKNOWN');
    expect(mixed.stdout).toContain('binance:SOLUSDT');
    expect(mixed.stderr).toBe('orderbook-manager: binance:UNKNOWN: Invalid symbol.\n');
    const none = await manager('add binance:UNKNOWN');
    expectError(none, 1, /Invalid symbol/);
  });

  test('problems found by verify are a table, and its progress is only for terminals', async () => {
    port.reader.verified = {
      records: 3,
      problems: [{ security: SECURITY, record: 'block 1/42', problem: 'checksum' }],
    };
    port.reader.whileVerifying = async ({ onProgress }) => {
      onProgress?.({ security: SECURITY, records: 1000, problems: 1, total: 4000 });
      await new Promise((resolve) => setTimeout(resolve, 400));
    };
    const run = await manager('verify', { isTerminal: true });
    expect(run.stdout).toContain('block 1/42');
    expect(run.stderr).toContain('[#####...............]  25%  Checking');
    expect(run.stderr).toContain('1,000 records, 1 problem');
    const piped = await manager('verify');
    expect(piped.stderr).toBe('');
  });
});
