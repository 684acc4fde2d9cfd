/** What the CLI prints with `--json`. */

import { describe, expect, test } from 'vitest';
import { bookResult, securityStatus } from './fake-control.ts';
import { COVERAGE, GAP, noBook } from './fake-reader.ts';
import { LIST_KEYS } from './fixture.ts';
import { SECURITY, manager, port } from './running.ts';

describe('--json', () => {
  test('list has the documented keys, null for unknown values', async () => {
    port.control.recorded.set(
      'binance:NEW',
      securityStatus('binance:NEW', {
        state: 'syncing',
        sequence: null,
        bestBid: null,
        bestAsk: null,
        lastMessageAge: null,
        messageRate: 0,
        lastBaseImage: null,
        storedBytes: 0,
        message: 'waiting for the snapshot',
      }),
    );
    const run = await manager('list --json');
    expect(run.code).toBe(0);
    for (const row of run.json) {
      expect(Object.keys(row).slice(0, LIST_KEYS.length)).toEqual(LIST_KEYS);
    }
    expect(run.json[0]).toMatchObject({
      security: SECURITY,
      state: 'live',
      sequence: '9007199254740993',
      lastMessageAge: 0.4,
      storedBytes: 123_456_789,
    });
    expect(run.json[2]).toEqual(port.control.recorded.get('binance:NEW'));
  });

  test('health', async () => {
    const run = await manager('health --json');
    expect(run.code).toBe(0);
    expect(run.json).toEqual(await port.control.health());
    expect(Object.keys(run.json)).toEqual([
      'status',
      'uptime',
      'version',
      'archive',
      'securities',
      'process',
      'selfCheck',
    ]);
  });

  test.each(['degraded', 'down'] as const)('health that is %s ends with 1', async (status) => {
    port.control.healthOverrides = {
      status,
      archive: {
        kind: 'mongodb',
        reachable: false,
        lag: 12,
        spoolBytes: 4096,
        message: 'no server answers',
      },
    };
    const run = await manager('health --json');
    expect(run.code).toBe(1);
    expect(run.json).toMatchObject({ status, archive: { kind: 'mongodb', reachable: false } });
    expect(run.stderr).toBe('');
    const { stdout } = await manager('health');
    expect(stdout).toContain('archive is not reachable (no server answers), 12s behind');
  });

  test('book is exactly the result of the logger', async () => {
    const run = await manager(`book ${SECURITY} --json`);
    expect(run.json).toEqual(bookResult(SECURITY));
    expect(Object.keys(run.json)).toEqual(Object.keys(bookResult(SECURITY)));
  });

  test('a book of 100,000 levels per side is complete', async () => {
    port.control.book = bookResult(SECURITY, 100_000);
    const run = await manager(`book ${SECURITY} --json`);
    expect(run.json).toEqual(port.control.book);
  });

  test('book takes time, sequence, depth, clock and level', async () => {
    await manager(`book ${SECURITY} --at 2024-08-08T23:54:14.206652067Z --depth 5 --json`);
    await manager(`book ${SECURITY} --at 1723161254206ms --clock exchange --level 2 --json`);
    await manager(`book ${SECURITY} --sequence 42 --json`);
    expect(port.reader.queries).toMatchObject([
      { position: { clock: 'receive', us: 1_723_161_254_206_652 }, depth: 5 },
      { position: { clock: 'exchange', us: 1_723_161_254_206_000 } },
      { position: { sequence: 42 } },
    ]);
  });

  test('a book that is not recorded prints only the gap and ends with 5', async () => {
    port.reader.book = noBook(SECURITY);
    const run = await manager(`book ${SECURITY} --at 2026-11-20T08:00:01Z --json`);
    expect(run.code).toBe(5);
    expect(run.json).toEqual({
      security: SECURITY,
      state: 'gap',
      gap: { from: GAP.from, to: GAP.to, cause: GAP.cause },
    });
    expect(run.stderr).toBe('');
  });

  test('coverage', async () => {
    const run = await manager(`coverage ${SECURITY} --json --from 1000ms --to 2000ms`);
    expect(run.json).toEqual(COVERAGE);
    expect(port.reader.queries).toMatchObject([{ fromUs: 1_000_000, toUs: 2_000_000 }]);
  });

  test('ping, uptime, stats', async () => {
    const ping = await manager('ping --json');
    expect(ping.json).toEqual({ roundTrip: expect.any(Number) });
    const uptime = await manager('uptime --json');
    expect(uptime.json).toEqual({ since: '2026-11-20T00:00:00Z', uptime: expect.any(Number) });
    const stats = await manager('stats --json');
    expect(stats.json).toEqual((await port.control.health()).process);
  });

  test('add, remove, snapshot, reset: one result for each security', async () => {
    const result = { security: SECURITY, ok: true, state: 'live', message: null };
    expect((await manager('add binance:btcusdt --json')).json).toEqual([result]);
    expect((await manager(`snapshot ${SECURITY} --json`)).json).toEqual([result]);
    expect((await manager('snapshot all --json')).json).toHaveLength(2);
    expect((await manager('reset all --json')).json).toHaveLength(2);
    expect((await manager(`remove ${SECURITY} --json`)).json).toEqual([
      { ...result, state: 'removed' },
    ]);
  });

  test('add of an unknown symbol reports that one and ends with 1', async () => {
    const run = await manager('add binance:SOLUSDT binance:UNKNOWN --json');
    expect(run.code).toBe(1);
    expect(run.json).toEqual([
      { security: 'binance:SOLUSDT', ok: true, state: 'live', message: null },
      { security: 'binance:UNKNOWN', ok: false, state: null, message: 'Invalid symbol.' },
    ]);
  });

  test('add waits by default', async () => {
    await manager('add binance:A');
    await manager('add binance:A --no-wait');
    const waits = port.control.calls.filter((call) => call.method === 'add');
    expect(waits.map((call) => call.args[1])).toEqual([true, false]);
  });

  test('verify', async () => {
    const clean = await manager('verify --json');
    expect([clean.code, clean.json]).toEqual([0, { records: 1234, problems: [] }]);
    const problem = { security: SECURITY, record: 'block 1/42', problem: 'checksum' };
    port.reader.verified = { records: 3, problems: [problem] };
    const broken = await manager(`verify ${SECURITY} --json`);
    expect([broken.code, broken.json]).toEqual([1, { records: 3, problems: [problem] }]);
  });
});
