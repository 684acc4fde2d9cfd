import type { BookResult, BookRow, NoBookResult } from '../../logger/queries/results.ts';
import type { BookQuery } from '../../logger/queries/queries.ts';
import { noBookReason } from '../../logger/queries/no-book.ts';
import { CLOCKS } from '../../logger/queries/validate.ts';
import { bookQuery } from '../arguments.ts';
import { ARCHIVE_OPTION, SECURITY, valued } from '../command.ts';
import type { Command } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { aligned, counted, difference, grouped } from '../format.ts';
import type { Paint } from '../style.ts';

/** Levels per side. */
const MAX_SHOWN = 20;

const QUEUES = 'Orders of a price are in queue order: the first one trades first.';

/** One line per level or order, in the given order. */
function ladder(asks: readonly BookRow[], bids: readonly BookRow[], paint: Paint): string[][] {
  const rows = [...asks, ...bids];
  const prices = aligned(rows.map(([price]) => price));
  const sizes = aligned(rows.map(([, size]) => size));
  const lines = rows.map(([price, , third], index) => {
    const isAsk = index < asks.length;
    const side = isAsk ? paint('red', 'ask') : paint('green', 'bid');
    // The price is only shown at the head of its queue.
    const isQueued =
      typeof third === 'string' && index !== asks.length && rows[index - 1]?.[0] === price;
    const shown = isQueued ? ' '.repeat(prices[index]?.length ?? 0) : prices[index];
    const what = typeof third === 'number' ? counted(third, 'order') : (third ?? '');
    return `  ${side}  ${shown}  ${sizes[index]}  ${paint('dim', what)}`.trimEnd();
  });
  return [lines.slice(0, asks.length), lines.slice(asks.length)];
}

/** Asks above, bids below, best prices in the middle. */
export function bookLines(book: BookResult, paint: Paint): string[] {
  const asks = book.asks.slice(0, MAX_SHOWN);
  const bids = book.bids.slice(0, MAX_SHOWN);
  const [askLines = [], bidLines = []] = ladder(asks, bids, paint);
  const more = (rows: readonly BookRow[], name: string): string[] =>
    rows.length > MAX_SHOWN
      ? [paint('dim', `  … ${counted(rows.length - MAX_SHOWN, `more ${name}`)}; --json shows all`)]
      : [];
  const [bestBid, bestAsk] = [bids[0]?.[0], asks[0]?.[0]];
  const spread =
    bestBid === undefined || bestAsk === undefined
      ? '—'
      : `—— spread ${grouped(difference(bestAsk, bestBid))} ——`;
  const { bid, ask } = book.horizon;
  const sides = [
    ...(bid === null ? [] : [`bids down to ${grouped(bid)}`]),
    ...(ask === null ? [] : [`asks up to ${grouped(ask)}`]),
  ];
  return [
    `${paint('bold', book.security)}  ${book.level}  ${paint('green', book.state)} (by ${book.proof})`,
    paint('dim', `at        ${book.at} (${book.clock} clock)`),
    paint('dim', `received  ${book.receiveTime}, exchange time ${book.exchangeTime}`),
    paint('dim', `sequence  ${book.sequence ?? 'none'}`),
    '',
    ...more(book.asks, 'ask'),
    ...(book.level === 'L3' ? queuesUp(askLines, asks) : askLines.toReversed()),
    `  ${paint('dim', spread)}`,
    ...bidLines,
    ...more(book.bids, 'bid'),
    '',
    completeness(book, sides),
    ...(book.level === 'L3' ? [QUEUES] : []),
  ];
}

function completeness({ windowed }: BookResult, sides: readonly string[]): string {
  if (windowed === true)
    return `The exchange shows a window: ${sides.join(', ') || 'it is empty'}.`;
  return sides.length === 0
    ? 'Complete on both sides.'
    : `Known to be complete: ${sides.join(', ')}.`;
}

/** Worst price first, but each queue from its head down. */
function queuesUp(lines: readonly string[], rows: readonly BookRow[]): string[] {
  const queues: string[][] = [];
  for (const [index, line] of lines.entries()) {
    const isQueued = index > 0 && rows[index - 1]?.[0] === rows[index]?.[0];
    if (isQueued) queues.at(-1)?.push(line);
    else queues.push([line]);
  }
  return queues.toReversed().flat();
}

/** The reason, and where to look; there is nothing to look for in the future. */
function noBookText(result: NoBookResult, query: BookQuery, program: string): string {
  const nowUs = Date.now() * 1000;
  const reason = noBookReason(result, query, nowUs);
  const { position } = query;
  const isFuture = position !== undefined && 'us' in position && position.us > nowUs;
  return isFuture ? reason : `${reason}; see: ${program} coverage ${result.security}`;
}

export const bookCommand: Command = {
  usage: 'book <security>',
  describe: 'Show the order book now or at a time in the past',
  positionals: { security: SECURITY },
  options: {
    at: valued('Show the book at this time (see below)'),
    sequence: valued('Show the book after this sequence of the exchange'),
    depth: valued('Prices per side, with all their orders (default: all)'),
    clock: {
      ...valued("Clock of --at: the logger's receive time, or the exchange's event time"),
      choices: [...CLOCKS],
      defaultDescription: 'receive',
    },
    level: { ...valued('2: an L3 book aggregated by price'), choices: ['2'] },
    ...ARCHIVE_OPTION,
  },
  examples: [
    ['book binance:BTCUSDT', 'the book now'],
    ['book binance:BTCUSDT --at -5m', 'five minutes ago'],
    ['book binance:BTCUSDT --at 2026-11-20T07:00:04.5Z --depth 5', 'at a time, five prices a side'],
    ['book coinbase:BTC-USD --level 2 --json', 'an L3 book by price, for scripts'],
  ],
  completes: { recorded: true },
  run: async (session) => {
    const { args, out, paint } = session;
    const query = bookQuery(args);
    const book = await (await session.history()).book(query, session.signal);
    if (book.state === 'gap') {
      if (out.isJson) await out.json(book);
      else out.note(`orderbook-manager: ${noBookText(book, query, session.program)}`);
      return EXIT.notRecorded;
    }
    if (out.isJson) await out.json(book);
    else for (const line of bookLines(book, paint)) await out.line(line);
    return EXIT.done;
  },
};
