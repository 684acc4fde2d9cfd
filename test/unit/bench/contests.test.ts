import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeBlock, newestBlock } from '../../../logger/codec/formats.ts';
import type { MarketEvent } from '../../../logger/market/events.ts';
import type { DepthWork } from '../../../bench/depth-work.ts';
import { bookContenders, frameContenders } from '../../../bench/peers/book-contenders.ts';
import { bookFigures, checkBooks, fed } from '../../../bench/peers/book-contest.ts';
import type { BookContender, OpenBook } from '../../../bench/peers/book-contest.ts';
import { predecessorCodecs } from '../../../bench/peers/bson.ts';
import { sizeFigure, store, timeFigures } from '../../../bench/peers/codec-contest.ts';
import type { CodecContender, Part } from '../../../bench/peers/codec-contest.ts';
import { jsonCodecs } from '../../../bench/peers/json-codecs.ts';
import { Peers } from '../../../bench/peers/packages.ts';
import { parquet } from '../../../bench/peers/parquet.ts';
import { tardisCsv } from '../../../bench/peers/tardis-csv.ts';
import { openTreeBook, sortedBTree } from '../../../bench/peers/trees.ts';
import type { PlainLevels } from '../../../bench/peers/trees.ts';
import { binanceFrame, RECORDING_SCALE } from '../../../bench/recordings.ts';
import { needs, zstdNapi } from '../../support/requirements.ts';

const ROUNDS = { rounds: 1, warmUpRounds: 0 };

const depth = (U: number, b: string[][], a: string[][]): string =>
  JSON.stringify({
    stream: 'xusdt@depth@100ms',
    data: { e: 'depthUpdate', E: 1700000000000 + U, s: 'XUSDT', U, u: U + 1, b, a },
  });
const trade = (t: number): string =>
  JSON.stringify({
    stream: 'xusdt@trade',
    data: {
      e: 'trade',
      E: 1700000000001,
      s: 'XUSDT',
      t,
      p: '100.00000000',
      q: '0.25000000',
      T: 1700000000000,
      m: t % 2 === 0,
      M: true,
    },
  });
const frames = [
  depth(1, [['100.10000000', '1.50000000']], [['100.20000000', '2.00000000']]),
  trade(7),
  depth(3, [['100.15000000', '0.00012345']], []),
  trade(8),
  trade(9),
  depth(
    5,
    [
      ['100.15000000', '0.00000000'],
      ['100.00000000', '3.00000000'],
    ],
    [['100.30000000', '1.00000000']],
  ),
];
const read = frames.map((raw, i) => ({
  raw,
  event: binanceFrame(1700000000003000 + 1500 * i, raw).event as MarketEvent,
}));
const events = read.map(({ event }) => event);
const diffs = events.filter((event) => event.type === 'diff');

const work: DepthWork = {
  symbol: 'XUSDT',
  bids: [9_990_000_000, 500],
  asks: [],
  diffs,
  frames: read.filter(({ event }) => event.type === 'diff').map(({ raw }) => Buffer.from(raw)),
  snapshot: undefined,
  levelChanges: 6,
};
const part: Part = {
  content: { scale: RECORDING_SCALE, previousSequence: 0, events },
  frames,
};

const installed = new Peers();
const isParquetThere = (await parquet(installed)) !== undefined;
const peersInstalled = {
  isMet: isParquetThere,
  reason: 'no peers of the benchmark: npm ci --prefix bench',
};

describe('books', () => {
  const tree = (change: (book: OpenBook<PlainLevels>) => Partial<OpenBook<PlainLevels>>) => {
    const inputs = diffs.map(({ bids, asks }) => ({
      bids: bids.map(Number),
      asks: asks.map(Number),
    }));
    const contender: BookContender = {
      name: 'tree',
      role: 'peer',
      unit: 1,
      ...fed(inputs, () => {
        const book = openTreeBook(sortedBTree, { bids: [9_990_000_000, 500], asks: [] });
        return { ...book, ...change(book) };
      }),
    };
    return checkBooks(work, [contender])[0]?.wrong;
  };

  test('ours and sorted-btree end with the right book, from diffs and from frames', async () => {
    const none = new Peers('/nowhere');
    const all = [...(await bookContenders(work, none)), ...(await frameContenders(work, none))];
    expect(all.length).toBeGreaterThanOrEqual(6);
    for (const { contender, wrong } of checkBooks(work, all)) {
      expect(`${contender.name}: ${wrong}`).toBe(`${contender.name}: undefined`);
    }
  });

  test('libraries that are missing are named', async () => {
    const none = new Peers('/nowhere');
    await bookContenders(work, none);
    await parquet(none);
    expect([...none.missing]).toEqual([
      'tardis-dev',
      'ccxt',
      'js-sdsl',
      'hyparquet-writer',
      'hyparquet',
    ]);
  });

  test('one that cannot be loaded is named with the reason', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'peers-'));
    mkdirSync(join(folder, 'ccxt/js/src/pro'), { recursive: true });
    writeFileSync(join(folder, 'ccxt/package.json'), '{"type":"module","version":"1"}');
    writeFileSync(join(folder, 'ccxt/js/src/pro/binance.js'), 'throw new Error("broken");');
    const peers = new Peers(folder);
    expect(await peers.load('ccxt')).toBeUndefined();
    expect([...peers.missing]).toEqual(['ccxt (cannot be loaded: Error: broken)']);
    rmSync(folder, { recursive: true });
  });

  test('one that fails is reported, and the others are timed', async () => {
    const [right] = await bookContenders(work, new Peers('/nowhere'));
    if (right === undefined) throw new Error('No contender');
    const open = (): never => {
      throw new Error('no');
    };
    const checked = checkBooks(work, [{ ...right, name: 'fails', open }, right]);
    const [failed, timed] = await bookFigures(checked, right.name, '×', {}, ROUNDS);
    expect(failed).toMatchObject({ isWrong: true, remark: 'fails: Error: no' });
    expect(timed).toMatchObject({ value: 1 });
  });

  test('so do the libraries', needs(peersInstalled), async () => {
    const all = [
      ...(await bookContenders(work, installed)),
      ...(await frameContenders(work, installed)),
    ];
    expect(all.map(({ name }) => name).join()).toMatch(/js-sdsl.*tardis-dev.*ccxt/);
    for (const { contender, wrong } of checkBooks(work, all)) {
      expect(`${contender.name}: ${wrong}`).toBe(`${contender.name}: undefined`);
    }
  });

  test('a book that is wrong at any moment or at the end is reported, not left out', async () => {
    expect(tree(() => ({}))).toBeUndefined();
    expect(
      tree((book) => ({
        readTop: (top) => {
          book.readTop(top);
          if (top[1] === 12345) top[1] = 12346;
        },
      })),
    ).toBe('size of the best bid after message 2 is not the right one');
    expect(tree((book) => ({ levels: () => ({ ...book.levels(), asks: [] }) }))).toBe(
      'ends with 0 asks instead of 2',
    );
    expect(
      tree((book) => ({
        levels: () => ({ ...book.levels(), asks: [10_020_000_000, 1, 10_030_000_000, 1e8] }),
      })),
    ).toBe('ends with other asks');
  });

  test('a wrong book has a figure that does not count', async () => {
    const lazy: BookContender = {
      name: 'lazy',
      role: 'peer',
      unit: 1,
      messages: diffs.length,
      open: () => ({
        apply: () => undefined,
        readTop: () => undefined,
        levels: () => ({ bids: [], asks: [] }),
      }),
    };
    const [figure] = await bookFigures(checkBooks(work, [lazy]), 'lazy', '×', {}, ROUNDS);
    expect(figure).toMatchObject({
      name: 'lazy',
      isWrong: true,
      remark: 'best bid after message 1 is not the right one',
    });
  });
});

describe('codecs', () => {
  const codec = newestBlock('L2');
  const ours: CodecContender = {
    name: 'ours',
    role: 'ours',
    encode: ({ content }) => codec.encode(content),
    decode: (stored) => decodeBlock(codec.encoding, stored).events,
  };
  const readFrame = (us: number, raw: string) => binanceFrame(us, raw).event;

  test('each gives back what it keeps', needs(zstdNapi), async () => {
    const columns = await parquet(installed);
    const all = [
      ours,
      ...(columns ? [columns] : []),
      ...jsonCodecs(readFrame, new Set()),
      tardisCsv('XUSDT'),
      ...predecessorCodecs('XUSDT'),
    ];
    for (const contender of all) {
      const { wrong, bytes } = await store(contender, [part, part]);
      expect(`${contender.name}: ${wrong}`).toBe(`${contender.name}: undefined`);
      expect(bytes).toBeGreaterThan(0);
    }
  });

  test('Parquet keeps a part without trades or without diffs', needs(peersInstalled), async () => {
    const columns = (await parquet(installed)) as CodecContender;
    for (const kind of ['diff', 'trade']) {
      const kept = events.filter(({ type }) => type === kind);
      const content = { ...part.content, events: kept };
      expect(await store(columns, [{ ...part, content }])).toMatchObject({ wrong: undefined });
    }
  });

  test('one that gives back other events, or cannot read, is reported', async () => {
    const changed: CodecContender = {
      ...ours,
      decode: (stored) => decodeBlock(codec.encoding, stored).events.slice(1),
    };
    const stored = await store(changed, [part]);
    expect(sizeFigure(stored, 'changed', 6, 'B')).toMatchObject({
      name: 'changed',
      isWrong: true,
      remark: 'gives back other events',
    });
    const broken: CodecContender = { ...ours, encode: () => new Uint8Array(3) };
    expect((await store(broken, [part])).wrong).toMatch(/^cannot read what it wrote/);
  });

  test('one that fails is reported, and the others are timed', async () => {
    const fails: CodecContender = {
      ...ours,
      name: 'fails',
      encode: () => {
        throw new Error('no');
      },
    };
    const stored = [await store(fails, [part]), await store(ours, [part])];
    const { encode, decode } = await timeFigures(stored, [part], ROUNDS);
    for (const [failed, right] of [encode, decode]) {
      expect(failed).toMatchObject({ isWrong: true, remark: 'cannot write it: Error: no' });
      expect(right?.value).toBeGreaterThan(0);
    }
  });

  test('what a format loses is a remark', async () => {
    const stored = await store(tardisCsv('XUSDT'), [part]);
    expect(sizeFigure(stored, 'csv', 6, 'B').remark).toMatch(/^loses update ids/);
  });
});
