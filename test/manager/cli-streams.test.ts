import { lstatSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from 'vitest';
import { ArchiveUnavailableError } from '../../logger/errors.ts';
import { until } from '../support/until.ts';
import { GAP } from './fake-reader.ts';
import { LIST_KEYS, expectError } from './fixture.ts';
import { SECURITY, directory, manager, port } from './running.ts';

describe('export', () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `{"sequence":"${i}"}`);
  const gap = { ...GAP, missing: 'sequence' } as const;

  beforeEach(() => {
    port.reader.lines = () => lines.map((text) => ({ text }));
  });

  test('prints lines as they are', async () => {
    const run = await manager(
      `export ${SECURITY} --type quotes --from 1s --to 2s --clock exchange`,
    );
    expect(run.code).toBe(0);
    expect(run.stdout).toBe(`${lines.join('\n')}\n`);
    expect(port.reader.queries).toEqual([
      {
        security: SECURITY,
        type: 'quotes',
        format: 'jsonl',
        clock: 'exchange',
        fromUs: 1_000_000,
        toUs: 2_000_000,
      },
    ]);
  });

  test('a gap is a line in place, and exit code 5 unless allowed', async () => {
    port.reader.lines = () => [{ text: 'a' }, { gap }, { text: 'b' }];
    const run = await manager(`export ${SECURITY} --type trades`);
    expect(run.stdout).toBe(`a\n${JSON.stringify({ gap })}\nb\n`);
    expect(run.stderr).toMatch(/^orderbook-manager: 1 gap in the export.*\n$/);
    expect(run.code).toBe(5);
    const allowed = await manager(`export ${SECURITY} --type trades --allow-gaps`);
    expect([allowed.code, allowed.stderr]).toEqual([0, '']);
    expect(allowed.stdout).toBe(run.stdout);
  });

  test('of csv a gap is a comment in place, and a line on stderr', async () => {
    port.reader.lines = () => [{ text: 'header' }, { gap }, { text: 'row' }];
    const run = await manager(`export ${SECURITY} --type trades --format csv --allow-gaps`);
    expect(run.stdout).toBe(`header\n# ${JSON.stringify({ gap })}\nrow\n`);
    expect(run.stderr).toBe(`${JSON.stringify({ gap })}\n`);
    const path = join(directory, 'trades.csv.gz');
    const file = await manager(`export ${SECURITY} --type trades --out ${path}`);
    expect([file.code, file.stdout]).toEqual([5, `Wrote 2 lines to ${path}, with 1 gap.\n`]);
    expect(gunzipSync(readFileSync(path)).toString()).toBe(run.stdout);
  });

  test('of tardis-csv, whose readers accept nothing else in the file, gaps are beside it', async () => {
    port.reader.lines = () => [{ text: 'header' }, { gap }, { text: 'row' }];
    const path = join(directory, 'x.csv');
    const words = `export ${SECURITY} --type trades --format tardis-csv --out ${path}`;
    const run = await manager(words);
    expect(run.code).toBe(5);
    expect(run.stdout).toBe(
      `Wrote 2 lines to ${path}, with 1 gap (listed in ${path}.gaps.jsonl).\n`,
    );
    expect(run.stderr).toMatch(
      /^\{"gap":.*\}\norderbook-manager: 1 gap in the export; see \S+\.gaps\.jsonl: /,
    );
    expect(readFileSync(path, 'utf8')).toBe('header\nrow\n');
    expect(readFileSync(`${path}.gaps.jsonl`, 'utf8')).toBe(`${JSON.stringify({ gap })}\n`);
    expect((await manager(`${words} --force --json`)).json).toEqual({
      out: path,
      lines: 2,
      gaps: 1,
      gapFile: `${path}.gaps.jsonl`,
    });
    // An older list of gaps must not stand beside a newer file.
    port.reader.lines = () => [{ text: 'header' }];
    expect((await manager(`${words} --force`)).code).toBe(0);
    expect(readdirSync(directory)).toEqual(['x.csv']);
    writeFileSync(`${path}.gaps.jsonl`, 'precious');
    const other = await manager(words.replace('x.csv', 'x.csv.gaps.jsonl'));
    expectError(other, 2, /contradicts --format tardis-csv/);
  });

  test('a list of gaps is not replaced without --force, and not left behind by a failure', async () => {
    const path = join(directory, 'x.csv');
    const words = `export ${SECURITY} --type trades --format tardis-csv --out ${path}`;
    writeFileSync(`${path}.gaps.jsonl`, 'precious');
    expectError(await manager(words), 1, /x\.csv\.gaps\.jsonl: already exists; give --force/);
    port.reader.lines = function* broken() {
      yield { gap };
      throw new ArchiveUnavailableError('the disk is gone');
    };
    expect((await manager(`${words} --force`)).code).toBe(1);
    expect(readFileSync(`${path}.gaps.jsonl`, 'utf8')).toBe('precious');
    expect(readdirSync(directory)).toEqual(['x.csv.gaps.jsonl']);
  });

  test('to - is to stdout', async () => {
    const run = await manager(`export ${SECURITY} --type quotes --out -`);
    expect(run.stdout).toBe(`${lines.join('\n')}\n`);
    expectError(await manager(`export ${SECURITY} --type quotes --out - --force`), 2, /--force/);
  });

  test.each([
    ['trades.jsonl', 'jsonl'],
    ['trades.ndjson.gz', 'jsonl'],
    ['TRADES.CSV.GZ', 'csv'],
    ['trades', 'jsonl'],
    ['trades.gz', 'jsonl'],
    ['.trades', 'jsonl'],
    ['trades.csv --format tardis-csv', 'tardis-csv'],
    ['trades.txt --format csv', 'csv'],
    ['trades --format csv', 'csv'],
  ])('to %s is %s', async (name, format) => {
    const run = await manager(`export ${SECURITY} --type trades --out ${join(directory, name)}`);
    expect([run.code, run.stderr]).toEqual([0, '']);
    expect(port.reader.queries).toMatchObject([{ format }]);
  });

  test.each([
    ['trades.npy', /\.npy is not a format of export; end the name in \.jsonl or \.csv/],
    ['trades.avro --format csv', /\.avro is not a format/],
    ['trades.parquet --format csv', /\.parquet contradicts --format csv/],
    ['trades.txt --format parquet', /end the name in \.parquet/],
    ['trades --format npz', /end the name in \.npz/],
    ['trades.csv --floats', /--floats is for the formats parquet, feather, npz/],
    ['trades.csv --rows-per-file 5', /--rows-per-file is for the formats/],
    ['trades.npz --rows-per-file 0', /--rows-per-file/],
    ['trades.csv.zst --format csv', /\.zst is not a format/],
    ['trades.txt', /\.txt is not a format of export.*or give --format/],
    ['trades.parquet.gz', /parquet is compressed in itself; leave out \.gz/],
    ['trades.csv --format jsonl', /\.csv contradicts --format jsonl/],
    ['trades.jsonl.gz --format csv', /\.jsonl contradicts --format csv/],
  ])('to %s is wrong usage, and leaves no file', async (name, message) => {
    const out = join(directory, name);
    expectError(await manager(`export ${SECURITY} --type trades --out ${out}`), 2, message);
    expect(readdirSync(directory)).toEqual([]);
  });

  test('to a file, compressed by its name, in the format of its name', async () => {
    const plain = join(directory, 'quotes.jsonl');
    const run = await manager(`export ${SECURITY} --type quotes --out ${plain}`);
    expect(run.stdout).toBe(`Wrote 5,000 lines to ${plain}, with 0 gaps.\n`);
    expect(readFileSync(plain, 'utf8')).toBe(`${lines.join('\n')}\n`);
    const packed = join(directory, 'quotes.csv.gz');
    await manager(`export ${SECURITY} --type quotes --out ${packed} --json`);
    expect(gunzipSync(readFileSync(packed)).toString()).toBe(`${lines.join('\n')}\n`);
    expect(port.reader.queries).toMatchObject([{ format: 'jsonl' }, { format: 'csv' }]);
    expect(readdirSync(directory).sort()).toEqual(['quotes.csv.gz', 'quotes.jsonl']);
  });

  test('an existing file is not replaced without --force', async () => {
    const path = join(directory, 'x');
    writeFileSync(path, 'precious');
    const refused = await manager(`export ${SECURITY} --type quotes --out ${path}`);
    expectError(refused, 1, /--force/);
    expect(readFileSync(path, 'utf8')).toBe('precious');
    expect((await manager(`export ${SECURITY} --type quotes --out ${path} --force`)).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toContain('sequence');
  });

  test('through a link goes to the file behind it; a device or a directory is not replaced', async () => {
    const [path, link] = [join(directory, 'x'), join(directory, 'link')];
    writeFileSync(path, 'old');
    symlinkSync(path, link);
    expect((await manager(`export ${SECURITY} --type quotes --out ${link} --force`)).code).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain('sequence');
    for (const other of ['/dev/null', directory]) {
      const run = await manager(`export ${SECURITY} --type quotes --out ${other} --force`);
      expectError(run, 1, /is not a file/);
    }
    expect(lstatSync('/dev/null').isFile()).toBe(false);
  });

  test('to a file shows its progress, but only on a terminal', async () => {
    port.reader.lines = () => [...lines.map((text) => ({ text })), { gap }];
    const path = join(directory, 'x.csv');
    const words = `export ${SECURITY} --type quotes --out ${path} --force --allow-gaps`;
    const run = await manager(words, { isTerminal: true });
    expect(run.stderr).toMatch(/Exporting binance:BTCUSDT: [\d,]+ lines, 0 gaps/);
    // A gap stands on a line of its own, and the last thing is an empty one.
    expect(run.stderr).toContain(`\u001b[K${JSON.stringify({ gap })}\n`);
    expect(run.stderr.split('\n').at(-1)).not.toContain('Exporting');
    expect((await manager(words)).stderr).toBe(`${JSON.stringify({ gap })}\n`);
    const toTerminal = await manager(`export ${SECURITY} --type quotes --allow-gaps`, {
      isTerminal: true,
    });
    expect(toTerminal.stderr).toBe('');
  });

  test('one that fails half-way leaves no file, and keeps an existing one', async () => {
    port.reader.lines = function* broken() {
      for (const text of lines) yield { text };
      throw new ArchiveUnavailableError('the disk is gone');
    };
    const path = join(directory, 'x.gz');
    writeFileSync(path, 'precious');
    const run = await manager(`export ${SECURITY} --type quotes --out ${path} --force`);
    expectError(run, 1, /the disk is gone/);
    expect(readdirSync(directory)).toEqual(['x.gz']);
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  test('into a missing directory fails with one line', async () => {
    const path = join(directory, 'no', 'x');
    expectError(await manager(`export ${SECURITY} --type quotes --out ${path}`), 1, /--out/);
  });

  test('Ctrl-C leaves no file and is a failure', async () => {
    const interrupt = new AbortController();
    port.reader.lines = function* endless() {
      for (;;) yield { text: 'x'.repeat(1000) };
    };
    const path = join(directory, 'x');
    const running = manager(`export ${SECURITY} --type quotes --out ${path}`, {
      interrupted: interrupt.signal,
    });
    await until('the first bytes', () => readdirSync(directory).length === 1);
    interrupt.abort();
    expect((await running).code).toBe(130);
    expect(readdirSync(directory)).toEqual([]);
    await until('the logger to stop reading', () => port.reader.linesLeft === 1);
  });
});

describe('watch', () => {
  test('prints a line for each change and ends with 0 on Ctrl-C', async () => {
    const interrupt = new AbortController();
    let seen = '';
    const running = manager(`watch ${SECURITY}`, {
      interrupted: interrupt.signal,
      onStdout: (text) => (seen = text),
    });
    await until('the first line', () => seen.includes('61,837.63 / 61,837.64  spread 0.01'));
    port.control.change(SECURITY, { bestBid: '61000' });
    await until('the change', () => seen.includes('61,000 / 61,837.64'));
    interrupt.abort();
    const run = await running;
    expect([run.code, run.stderr]).toEqual([0, '']);
    expect(run.stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  test('--json is one object per line, with the keys of list', async () => {
    const interrupt = new AbortController();
    let seen = '';
    const running = manager('watch --json', {
      interrupted: interrupt.signal,
      onStdout: (text) => (seen = text),
    });
    await until('both', () => seen.trimEnd().split('\n').length === 2);
    await port.control.remove(['binance:ETHUSDT']);
    await until('the removal', () => seen.includes('removed'));
    interrupt.abort();
    await running;
    const rows = seen
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const row of rows) expect(Object.keys(row).slice(0, LIST_KEYS.length)).toEqual(LIST_KEYS);
    expect(rows[2]).toMatchObject({ security: 'binance:ETHUSDT', state: 'removed' });
  });

  test('on a terminal redraws in place and restores the cursor', async () => {
    const interrupt = new AbortController();
    let seen = '';
    const running = manager('watch', {
      isTerminal: true,
      interrupted: interrupt.signal,
      onStdout: (text) => (seen = text),
    });
    await until('the table', () => seen.includes('SECURITY'));
    port.control.change(SECURITY, { bestBid: '1' });
    await until('a redraw', () => seen.includes('\u001b[3A\r\u001b[J'));
    interrupt.abort();
    const run = await running;
    expect(run.stdout.startsWith('\u001b[?25l')).toBe(true);
    expect(run.stdout.endsWith('\u001b[?25h')).toBe(true);
  });

  test('ends with 4 when the logger stops', async () => {
    let seen = '';
    const running = manager('watch', { onStdout: (text) => (seen = text) });
    await until('the first line', () => seen !== '');
    await port.close(1000);
    const run = await running;
    expect(run.code).toBe(4);
    expect(run.stderr).toMatch(/^orderbook-manager: [^\n]+\n$/);
  });

  test('of a security that is not recorded is an error', async () => {
    expectError(await manager('watch binance:NEVER'), 1, /not recorded now/);
  });
});
