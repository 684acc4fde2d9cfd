import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dataIn } from '../../../bench/data.ts';
import { depthWork } from '../../../bench/depth-work.ts';
import type { Report } from '../../../bench/report/report.ts';
import { built, needs } from '../../support/requirements.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orderbook-bench-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const line = (id: number, symbol: string, size: string): string => {
  const data = {
    e: 'depthUpdate',
    E: 1_700_000_000_000 + id,
    s: symbol,
    U: id,
    u: id,
    b: [['1.50000000', size]],
    a: [['1.60000000', size]],
  };
  const stream = `${symbol.toLowerCase()}@depth@100ms`;
  return `17000000000000${String(id).padStart(5, '0')} ${JSON.stringify({ stream, data })}\n`;
};
const snapshot =
  '1700000000000010000 {"lastUpdateId":10,"bids":[["1.40000000","1.00000000"]],"asks":[]}\n';

function writeRecordings(): void {
  const first = [5, 10, 11].map((id) => line(id, 'ABCUSDT', `${id}.00000000`));
  writeFileSync(join(folder, 'a-1.gz'), gzipSync(first[0] + snapshot + first.slice(1).join('')));
  writeFileSync(join(folder, 'a-2'), line(12, 'ABCUSDT', '0.00000000'));
  writeFileSync(join(folder, 'x.gz'), gzipSync(line(1, 'XUSDT', '2.00000000')));
  writeFileSync(join(folder, 'notes.txt'), 'nothing\n');
  writeFileSync(join(folder, 'damaged.gz'), 'no gzip');
}

test('recordings are found by their content, by symbol and in order', () => {
  writeRecordings();
  expect(dataIn(folder)).toMatchObject({
    isDefault: false,
    binance: [
      { symbol: 'ABCUSDT', files: [join(folder, 'a-1.gz'), join(folder, 'a-2')] },
      { symbol: 'XUSDT', files: [join(folder, 'x.gz')] },
    ],
    coinbase: [],
    ignored: ['damaged.gz', 'notes.txt'],
  });
});

test('the book starts with the snapshot and the diffs after it', () => {
  writeRecordings();
  const [first, second] = dataIn(folder).binance;
  const work = depthWork('ABCUSDT', first?.files ?? []);
  expect(work.snapshot?.sequence).toBe(10);
  expect(work.diffs.map(({ lastSequence }) => lastSequence)).toEqual([11, 12]);
  expect(work).toMatchObject({ bids: [140_000_000, 100_000_000], levelChanges: 4 });
  expect(depthWork('XUSDT', second?.files ?? [])).toMatchObject({ snapshot: undefined, bids: [] });
});

test('a folder without recordings is an error that says what one is', () => {
  expect(() => dataIn(folder)).toThrow('files of lines "<receive ns> <Binance frame>"');
});

test('npm run bench -- book --data', needs(built('dist/bench/main.js')), async () => {
  writeRecordings();
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['dist/bench/main.js', ...args]);
  const { stdout } = await run('book', '--data', folder, '--json');
  const report = JSON.parse(stdout) as Report;
  expect(report.sections.map(({ title }) => title)).toEqual([
    'Depth frames into the book: ABCUSDT',
    'The book alone, on ready diffs: ABCUSDT',
    'Depth frames into the book: XUSDT',
    'The book alone, on ready diffs: XUSDT',
  ]);
  expect(report.sections.flatMap(({ figures }) => figures).filter((each) => each.isWrong)).toEqual(
    [],
  );
  expect(report.data.ignored).toEqual(['damaged.gz', 'notes.txt']);
  await expect(run('walk', '--data', folder)).rejects.toThrow('walk makes its own');
});
