/** The bytes of each text format, item by item. */

import { describe, expect, test } from 'vitest';
import { createEncoder } from '../../../logger/export/create-encoder.ts';
import { formatView } from '../../../logger/queries/format.ts';
import type { DataItem, SnapshotItem } from '../../../logger/queries/items.ts';
import type { ExportQuery } from '../../../logger/queries/queries.ts';

const SECURITY = 'binance:BTCUSDT';
const SCALE = { priceExponent: 2, sizeExponent: 3 };
const MESSAGE = {
  sequence: 7,
  exchangeTimeUs: 1_795_158_000_000_000,
  receiveTimeUs: 1_795_158_000_002_500,
  scale: SCALE,
};
const TIMES = '2026-11-20T07:00:00Z,2026-11-20T07:00:00.0025Z';
const JSON_TIMES =
  '"exchangeTime":"2026-11-20T07:00:00Z","receiveTime":"2026-11-20T07:00:00.0025Z"';
const TARDIS_KEYS = 'binance,BTCUSDT,1795158000000000,1795158000002500';

const trade: DataItem = {
  ...MESSAGE,
  type: 'trade',
  tradeId: 5,
  price: 10_050,
  // More than a double holds exactly.
  size: 92_233_720_368_547_758_079n,
  side: 'sell',
};
const quote: DataItem = {
  ...MESSAGE,
  type: 'quote',
  bidPrice: null,
  bidSize: null,
  askPrice: 10_100,
  askSize: 2500,
};
const image: DataItem = {
  ...MESSAGE,
  type: 'image',
  horizon: { bid: 9000, ask: null },
  bids: [10_000, 1000],
  asks: [],
};
const update: DataItem = {
  ...MESSAGE,
  type: 'update',
  firstSequence: 6,
  bids: [9900, 0],
  asks: [10_100, 1],
};
const snapshot: SnapshotItem = {
  ...MESSAGE,
  type: 'snapshot',
  segment: 3,
  flows: {
    upticks: { notional: 22_502_500, count: 2 },
    downticks: { notional: 0, count: 0 },
    notionalExponent: 5,
  },
  security: SECURITY,
  level: 'L3',
  proof: 'sequence',
  atUs: MESSAGE.receiveTimeUs,
  clock: 'receive',
  horizon: { bid: null, ask: null },
  rows: {
    kind: 'orders',
    bids: [{ orderId: 'a,"b"', price: 10_000, size: 1000 }],
    asks: [{ orderId: 'c', price: 10_100, size: 1 }],
  },
};

/** Header, items and end as text. */
function encoded(
  query: Pick<ExportQuery, 'type' | 'format'> & Partial<ExportQuery>,
  ...items: readonly DataItem[]
): string {
  const encoder = createEncoder({ security: SECURITY, ...query });
  const chunks = [encoder.header(), ...items.map((item) => encoder.encode(item)), encoder.end()];
  return Buffer.concat(chunks).toString('utf8');
}

function counted(item: DataItem, bids: readonly number[], asks: readonly number[]): DataItem {
  return { ...item, counts: { bids, asks } } as DataItem;
}

const countedSnapshot: SnapshotItem = {
  ...snapshot,
  level: 'L2',
  rows: {
    kind: 'levels',
    bids: [10_000, 1000],
    asks: [10_100, 1],
    counts: { bids: [3], asks: [1] },
  },
};

describe('jsonl', () => {
  test('has the number of orders at each level where it is told', () => {
    const items = [counted(image, [3], []), counted(update, [0], [12])];
    const lines = encoded({ type: 'incremental', format: 'jsonl' }, ...items).split('\n');
    expect(lines[0]).toContain('"bids":[["100","1",3]],"asks":[]}');
    expect(lines[1]).toContain('"bids":[["99","0",0]],"asks":[["101","0.001",12]]}');
    const text = encoded({ type: 'snapshots', format: 'jsonl' }, countedSnapshot);
    expect(text).toContain('"bids":[["100","1",3]],"asks":[["101","0.001",1]],"segment":3,');
  });

  test('writes one object per line, decimals and sequences as text', () => {
    expect(encoded({ type: 'trades', format: 'jsonl' }, trade)).toBe(
      `{"sequence":"7","tradeId":"5",${JSON_TIMES},"price":"100.5","size":"92233720368547758.079","side":"sell"}\n`,
    );
    expect(encoded({ type: 'quotes', format: 'jsonl' }, quote)).toBe(
      `{"sequence":"7",${JSON_TIMES},"bidPrice":null,"bidSize":null,"askPrice":"101","askSize":"2.5"}\n`,
    );
    expect(encoded({ type: 'incremental', format: 'jsonl' }, image, update)).toBe(
      `{"firstSequence":"7","sequence":"7",${JSON_TIMES},"image":true,"horizon":{"bid":"90","ask":null},"bids":[["100","1"]],"asks":[]}\n` +
        `{"firstSequence":"6","sequence":"7",${JSON_TIMES},"bids":[["99","0"]],"asks":[["101","0.001"]]}\n`,
    );
  });

  test('writes a snapshot as `bookAt` answers it, whatever its rows', () => {
    const totals: SnapshotItem = {
      ...snapshot,
      level: 'L2',
      rows: { kind: 'totals', bids: [{ price: 10_000, size: 1, count: 3 }], asks: [] },
    };
    const levels: SnapshotItem = {
      ...snapshot,
      level: 'L2',
      proof: 'connection',
      rows: { kind: 'levels', bids: [10_000, 1, 9900, 2], asks: [] },
    };
    for (const item of [snapshot, totals, levels, countedSnapshot]) {
      const text = encoded({ type: 'snapshots', format: 'jsonl' }, item);
      const flows = {
        segment: 3,
        upticks: { notional: '225.025', count: 2 },
        downticks: { notional: '0', count: 0 },
        flow: 'complete',
      };
      expect(text).toBe(`${JSON.stringify({ ...formatView(item), ...flows })}\n`);
    }
    const unknown = encoded({ type: 'snapshots', format: 'jsonl' }, { ...snapshot, flows: null });
    expect(unknown).toMatch(
      /"segment":3,"upticks":\{"notional":null,"count":null\},"downticks":\{"notional":null,"count":null\},"flow":"incomplete"\}\n$/,
    );
  });

  test('writes each tick of an unchanged book with its own time', () => {
    const later = { ...snapshot, atUs: snapshot.atUs + 1_000_000 };
    const [first, second] = encoded({ type: 'snapshots', format: 'jsonl' }, snapshot, later)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([first.at, second.at]).toEqual([
      '2026-11-20T07:00:00.0025Z',
      '2026-11-20T07:00:01.0025Z',
    ]);
    expect(second).toEqual({ ...first, at: second.at });
  });

  test('writes an order event with the fields that its type has', () => {
    const { scale, exchangeTimeUs, receiveTimeUs } = MESSAGE;
    const event = {
      type: 'activate',
      orderId: 'x"y',
      side: 'buy',
      stopType: 'entry',
      stopPrice: 10_000,
      size: 1500,
      funds: null,
      exchangeTimeUs,
      receiveTimeUs,
    } as const;
    const text = encoded({ type: 'orders', format: 'jsonl' }, { type: 'order', event, scale });
    expect(JSON.parse(text)).toMatchObject({
      sequence: null,
      orderId: 'x"y',
      stopPrice: '100',
      size: '1.5',
      funds: null,
    });
  });
});

const candle: DataItem = {
  type: 'candle',
  security: SECURITY,
  timeframe: '1m',
  fromUs: 1_795_158_000_000_000,
  toUs: 1_795_158_060_000_000,
  open: 10_050,
  high: 10_100,
  low: 9900,
  close: 10_000,
  volume: 2500,
  quoteVolume: 25_000_001,
  buyVolume: 1000,
  trades: 2,
  firstTradeId: 5,
  lastTradeId: 'a,b',
  state: 'incomplete',
  source: 'trades',
  missing: [
    { fromUs: 1_795_158_000_000_000, toUs: 1_795_158_001_500_000, cause: 'restart' },
    { fromUs: 1_795_158_050_000_000, toUs: 1_795_158_060_000_000, cause: 'connection' },
  ],
  scale: SCALE,
};

describe('candles', () => {
  test('csv: a row per interval, with what is missing', () => {
    const query = { type: 'candles', format: 'csv', timeframe: '1m' } as const;
    expect(encoded(query, candle).split('\n')).toEqual([
      'from,to,open,high,low,close,volume,quoteVolume,buyVolume,trades,firstTradeId,lastTradeId,state,source,missing',
      '2026-11-20T07:00:00Z,2026-11-20T07:01:00Z,100.5,101,99,100,2.5,250.00001,1,2,5,"a,b",incomplete,trades,' +
        '2026-11-20T07:00:00Z/2026-11-20T07:00:01.5Z/restart 2026-11-20T07:00:50Z/2026-11-20T07:01:00Z/connection',
      '',
    ]);
  });
});

describe('csv', () => {
  test('writes a row per level, and an empty field for what is absent', () => {
    expect(encoded({ type: 'quotes', format: 'csv' }, quote)).toBe(
      `sequence,exchangeTime,receiveTime,bidPrice,bidSize,askPrice,askSize\n7,${TIMES},,,101,2.5\n`,
    );
    expect(encoded({ type: 'incremental', format: 'csv' }, image, update).split('\n')).toEqual([
      'image,firstSequence,sequence,exchangeTime,receiveTime,side,price,size,count',
      `true,7,7,${TIMES},bid-horizon,90,,`,
      `true,7,7,${TIMES},ask-horizon,,,`,
      `true,7,7,${TIMES},bid,100,1,`,
      `false,6,7,${TIMES},bid,99,0,`,
      `false,6,7,${TIMES},ask,101,0.001,`,
      '',
    ]);
  });

  test('has the number of orders at each level where it is told', () => {
    const items = [counted(image, [3], []), counted(update, [0], [12])];
    expect(
      encoded({ type: 'incremental', format: 'csv' }, ...items)
        .split('\n')
        .slice(3),
    ).toEqual([
      `true,7,7,${TIMES},bid,100,1,3`,
      `false,6,7,${TIMES},bid,99,0,0`,
      `false,6,7,${TIMES},ask,101,0.001,12`,
      '',
    ]);
    const rows = encoded({ type: 'snapshots', format: 'csv' }, countedSnapshot).split('\n');
    const head = `2026-11-20T07:00:00.0025Z,7,${TIMES}`;
    expect(rows.slice(3)).toEqual([`${head},bid,100,1,3,`, `${head},ask,101,0.001,1,`, '']);
  });

  test('quotes an order id that holds a comma or a quote', () => {
    const rows = encoded({ type: 'snapshots', format: 'csv' }, snapshot).split('\n');
    expect(rows[3]).toBe(`2026-11-20T07:00:00.0025Z,7,${TIMES},bid,100,1,,"a,""b"""`);
    expect(rows[4]).toBe(`2026-11-20T07:00:00.0025Z,7,${TIMES},ask,101,0.001,,c`);
  });

  test.each(['csv', 'tardis-csv'] as const)('%s quotes a trade id that holds a comma', (format) => {
    const item = { ...trade, tradeId: '7,"b"#' } as DataItem;
    const [, row] = encoded({ type: 'trades', format }, item).split('\n');
    expect(row).toContain(',"7,""b""#",');
  });

  test('quotes text with the sign of a comment, which readers would cut off there', () => {
    const rows = {
      kind: 'orders',
      bids: [{ orderId: 'a#1', price: 1, size: 1 }],
      asks: [],
    } as const;
    const text = encoded({ type: 'snapshots', format: 'csv' }, { ...snapshot, rows });
    expect(text).toContain(',"a#1"\n');
  });
});

describe('tardis-csv', () => {
  test('writes the columns of its files', () => {
    expect(encoded({ type: 'trades', format: 'tardis-csv' }, trade).split('\n')).toEqual([
      'exchange,symbol,timestamp,local_timestamp,id,side,price,amount',
      `${TARDIS_KEYS},5,sell,100.5,92233720368547758.079`,
      '',
    ]);
    expect(encoded({ type: 'quotes', format: 'tardis-csv' }, quote)).toContain(
      `\n${TARDIS_KEYS},2.5,101,,\n`,
    );
    expect(encoded({ type: 'incremental', format: 'tardis-csv' }, image)).toContain(
      `\n${TARDIS_KEYS},true,bid,100,1\n`,
    );
  });

  test('fills a snapshot to its depth, the tick in the column of its clock', () => {
    const item: SnapshotItem = {
      ...snapshot,
      level: 'L2',
      atUs: MESSAGE.exchangeTimeUs + 10,
      clock: 'exchange',
      rows: { kind: 'levels', bids: [10_000, 1000], asks: [] },
    };
    const query = { type: 'snapshots', format: 'tardis-csv', depth: 5, clock: 'exchange' } as const;
    const [, row = ''] = encoded(query, item).split('\n');
    expect(row).toBe(
      `binance,BTCUSDT,1795158000000010,1795158000002500,,,100,1${',,,,'.repeat(4)}`,
    );
  });
});
