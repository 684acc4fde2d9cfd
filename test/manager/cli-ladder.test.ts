import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LevelRow } from '../../logger/queries/results.ts';
import { ladderLine, ladderLines } from '../../manager-cli/ladder.ts';
import { plain } from '../../manager-cli/style.ts';
import { until } from '../support/until.ts';
import { bookResult } from './fake-control.ts';
import { cli, expectError, startPort } from './fixture.ts';
import type { CliRun, Port } from './fixture.ts';

const SECURITY = 'binance:BTCUSDT';
const BIDS: LevelRow[] = [
  ['61837.63', '4'],
  ['61837.5', '0.25'],
];
const ASKS: LevelRow[] = [
  ['61837.64', '2'],
  ['61838', '0.00000001'],
];
const withCounts = (rows: LevelRow[]): LevelRow[] =>
  rows.map(([price, size], index) => [price, size, 1200 * index + 3]);

describe('the lines of a ladder', () => {
  test('prices descend, the spread is in the middle, a bar is its share of the largest', () => {
    expect(ladderLines({ bids: BIDS, asks: ASKS }, 40, plain)).toEqual([
      '61,838     0.00000001  ▏',
      '61,837.64  2           ████████▌',
      '—— spread 0.01 (0.0016 bp) ——',
      '61,837.63  4           █████████████████',
      '61,837.5   0.25        █▏',
    ]);
  });

  test('of a book of orders each price has its number of orders', () => {
    const lines = ladderLines({ bids: withCounts(BIDS), asks: withCounts(ASKS) }, 100, plain);
    expect(lines[0]).toMatch(/^61,838 {5}0\.00000001 {2}1,203 {2}▏$/);
    expect(lines[1]).toMatch(/^61,837\.64 {2}2 {11} {4}3 {2}█+$/);
  });

  test('a narrow terminal goes without bars, then without counts, never without a size', () => {
    const book = { bids: withCounts(BIDS), asks: withCounts(ASKS) };
    for (const columns of [80, 40, 34, 30, 25, 21]) {
      const lines = ladderLines(book, columns, plain);
      expect([columns, lines.filter((line) => line.length > columns)]).toEqual([columns, []]);
      expect(lines[0]).toContain('61,838     0.00000001');
    }
    expect(ladderLines(book, 30, plain)[0]).toBe('61,838     0.00000001  1,203');
    expect(ladderLines(book, 25, plain)[0]).toBe('61,838     0.00000001');
    expect(ladderLines(book, 1, plain)[0]).toBe('61,838     0.00000001');
  });

  test('a side that is empty, and both', () => {
    const lines = ladderLines({ bids: BIDS, asks: [] }, 40, plain);
    expect(lines[0]).toBe('—— one side is empty ——');
    expect(lines).toHaveLength(3);
    expect(ladderLines({ bids: [], asks: [] }, 40, plain)).toEqual(['—— one side is empty ——']);
  });

  test('on one line the best prices meet in the middle', () => {
    expect(ladderLine({ bids: BIDS, asks: withCounts(ASKS) })).toBe(
      '61,837.5×0.25 61,837.63×4 | 61,837.64×2/3 61,838×0.00000001/1203',
    );
  });
});

describe('watch --ladder', () => {
  let port: Port;
  let interrupt: AbortController;
  let seen = '';

  beforeEach(async () => {
    port = await startPort({ securities: [SECURITY, 'binance:ETHUSDT'] });
    interrupt = new AbortController();
    seen = '';
  });

  afterEach(() => port.close(0));

  function start(line: string, options: Parameters<typeof cli>[1] = {}): Promise<CliRun> {
    return cli(line.split(' '), {
      port: port.port,
      interrupted: interrupt.signal,
      onStdout: (text) => (seen = text),
      ...options,
    });
  }

  function setBook(bids: LevelRow[], asks: LevelRow[] = ASKS): void {
    port.control.book = { ...bookResult(SECURITY), bids, asks };
    port.control.change(SECURITY);
  }

  test('on a terminal is redrawn in place, and restores the cursor', async () => {
    const running = start(`watch --ladder ${SECURITY}`, {
      isTerminal: true,
      env: { NO_COLOR: '1' },
    });
    await until('the ladder', () => seen.includes('—— spread 1'));
    setBook([['61000', '9']]);
    await until('the change', () =>
      /61,000 +9/.test(seen.split('\u001b[9A\r\u001b[J').at(-1) ?? ''),
    );
    interrupt.abort();
    const run = await running;
    expect([run.code, run.stderr]).toEqual([0, '']);
    expect(run.stdout.startsWith('\u001b[?25l\u001b[?7l')).toBe(true);
    expect(run.stdout.endsWith('\u001b[?7h\u001b[?25h')).toBe(true);
    expect(run.stdout).toContain(
      `${SECURITY}  L2 depth@100ms  live  10.5 msg/s  last 0.4s ago  0 gaps  sequence 9007199254740993\n\n`,
    );
  });

  test('asks for no more prices than the terminal has lines for', async () => {
    port.control.book = bookResult(SECURITY, 100);
    const options = { isTerminal: true, env: { NO_COLOR: '1' }, rows: 12, columns: 60 };
    const running = start(`watch --ladder ${SECURITY}`, options);
    await until('two ladders', () => seen.includes('\u001b[11A'));
    interrupt.abort();
    const run = await running;
    const asked = port.control.calls.filter(({ method }) => method === 'bookNow');
    expect(asked[0]?.args).toEqual([SECURITY, 4, 'L2']);
    const frame = run.stdout.split('\u001b[J')[1]?.split('\n') ?? [];
    // 11 lines, and what comes before the next frame.
    expect(frame).toHaveLength(12);
    for (const line of frame.slice(2, 11)) expect(line.length).toBeLessThanOrEqual(60);
  });

  test('in a pipe prints a line for each change within --depth', async () => {
    setBook(BIDS);
    const running = start(`watch ${SECURITY} --ladder --depth 1`);
    await until('the first line', () => seen !== '');
    // What lies beyond the depth is no one's business: no line.
    setBook([BIDS[0]!, ['1', '1']]);
    const before = port.control.calls.length;
    await until('another look at the book', () => port.control.calls.length > before + 2);
    setBook([['61837.63', '5']]);
    await until('the change', () => seen.includes('×5'));
    interrupt.abort();
    const run = await running;
    expect(run.code).toBe(0);
    const time = '2026-11-20T07:00:04.031002Z';
    expect(run.stdout.trimEnd().split('\n')).toEqual([
      `${time}  ${SECURITY}  61,837.63×4 | 61,837.64×2`,
      `${time}  ${SECURITY}  61,837.63×5 | 61,837.64×2`,
    ]);
  });

  test('--json is one book per line, or a gap', async () => {
    const running = start(`watch --ladder ${SECURITY} --json`, { isTerminal: true });
    await until('the book', () => seen.includes('"proven"'));
    const gap = { from: '2026-11-20T07:00:05Z', to: null, cause: 'connection' } as const;
    port.control.book = { security: SECURITY, state: 'gap', gap };
    port.control.change(SECURITY, { state: 'stale' });
    await until('the gap', () => seen.includes('"gap"'));
    interrupt.abort();
    const [book, none, ...more] = (await running).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(book).toMatchObject({ security: SECURITY, state: 'proven', level: 'L2' });
    expect(none).toEqual({ security: SECURITY, state: 'gap', gap });
    expect(more).toEqual([]);
  });

  test('without a proven book the terminal shows since when and why', async () => {
    const gap = { from: '2026-11-20T07:00:05Z', to: null, cause: 'sequence' } as const;
    port.control.book = { security: SECURITY, state: 'gap', gap };
    port.control.change(SECURITY, { state: 'syncing', gaps: 2 });
    const running = start(`watch --ladder ${SECURITY}`, { isTerminal: true });
    await until('the reason', () =>
      seen.includes('no proven book since 2026-11-20T07:00:05Z (sequence)'),
    );
    expect(seen).toContain('2 gaps');
    setBook(BIDS);
    await until('the ladder again', () => seen.includes('61,837.63'));
    interrupt.abort();
    expect((await running).code).toBe(0);
  });

  test.each([
    ['watch --ladder', /one security/],
    [`watch --ladder ${SECURITY} binance:ETHUSDT`, /one security/],
    [`watch ${SECURITY} --depth 3`, /--ladder/],
    [`watch --ladder ${SECURITY} --depth 0`, /--depth/],
  ])('%s is wrong usage', async (line, text) => {
    expectError(await start(line), 2, text);
  });

  test('ends with 4 when the logger stops, and 1 for a security that is not recorded', async () => {
    expectError(await start('watch --ladder binance:NEVER'), 1, /not recorded now/);
    const running = start(`watch --ladder ${SECURITY}`);
    await until('the first line', () => seen !== '');
    await port.close(1000);
    expect((await running).code).toBe(4);
  });
});

describe('watch as a table', () => {
  let port: Port;

  beforeEach(async () => {
    port = await startPort({ securities: [SECURITY] });
  });

  afterEach(() => port.close(0));

  test.each([
    [200, ['SEQUENCE', 'LAST IMAGE', 'FEED', 'STORED']],
    [130, ['SEQUENCE', 'FEED', 'STORED']],
    [110, ['FEED', 'STORED']],
    [80, []],
  ])('keeps rates, ages and gaps in %i columns', async (columns, more) => {
    const interrupt = new AbortController();
    let seen = '';
    const running = cli(['watch'], {
      port: port.port,
      isTerminal: true,
      columns,
      env: { NO_COLOR: '1' },
      interrupted: interrupt.signal,
      onStdout: (text) => (seen = text),
    });
    await until('the table', () => seen.includes('10.5'));
    interrupt.abort();
    const [titles = '', row = ''] = (await running).stdout.split('\u001b[J')[1]?.split('\n') ?? [];
    for (const title of ['SECURITY', 'STATE', 'BID', 'ASK', 'AGE', 'MSG/S', 'GAPS', ...more]) {
      expect(titles).toContain(title);
    }
    expect(Math.max(titles.length, row.length)).toBeLessThanOrEqual(columns);
  });
});
