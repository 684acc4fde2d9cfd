import type { BookAnswer, LevelRow } from '../../logger/reader/answers.ts';
import { clock, integer, oneOf, security, time } from '../arguments.ts';
import { type Command, archiveOption, valued } from '../command.ts';
import { EXIT, usageError } from '../exit-codes.ts';
import { counted, difference, grouped } from '../format.ts';
import type { Paint } from '../style.ts';

/** Levels a side on a screen. */
const SHOWN = 20;

/** The texts of one column, their decimal points under one another. */
function aligned(values: readonly string[]): string[] {
  const fractions = values.map((value) => value.split('.')[1]?.length ?? 0);
  const digits = Math.max(0, ...fractions);
  const padded = values.map((value, index) => {
    const missing = digits - (fractions[index] ?? 0);
    const point = fractions[index] === 0 && digits > 0 ? 1 : 0;
    return grouped(value) + ' '.repeat(missing + point);
  });
  const width = Math.max(0, ...padded.map((value) => value.length));
  return padded.map((value) => value.padStart(width));
}

/** One line a level, in the order given. */
function ladder(asks: readonly LevelRow[], bids: readonly LevelRow[], paint: Paint): string[][] {
  const rows = [...asks, ...bids];
  const prices = aligned(rows.map(([price]) => price));
  const sizes = aligned(rows.map(([, size]) => size));
  const lines = rows.map((_row, index) => {
    const isAsk = index < asks.length;
    const side = isAsk ? paint('red', 'ask') : paint('green', 'bid');
    return `  ${side}  ${prices[index]}  ${sizes[index]}`.trimEnd();
  });
  return [lines.slice(0, asks.length), lines.slice(asks.length)];
}

/** Asks above, bids below, best prices next to each other in the middle. */
export function bookLines(book: BookAnswer, paint: Paint): string[] {
  const asks = book.asks.slice(0, SHOWN);
  const bids = book.bids.slice(0, SHOWN);
  const [askLines = [], bidLines = []] = ladder(asks, bids, paint);
  const more = (rows: readonly LevelRow[], name: string): string[] =>
    rows.length > SHOWN
      ? [paint('dim', `  … ${counted(rows.length - SHOWN, `more ${name}`)}; --json shows all`)]
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
    paint('dim', `sequence  ${book.sequence ?? 'not numbered'}`),
    '',
    ...more(book.asks, 'ask'),
    ...askLines.toReversed(),
    `  ${paint('dim', spread)}`,
    ...bidLines,
    ...more(book.bids, 'bid'),
    '',
    sides.length === 0 ? 'Complete on both sides.' : `Known to be complete: ${sides.join(', ')}.`,
  ];
}

/** The book now, or then. */
export const bookCommand: Command = {
  usage: 'book <security>',
  describe: 'Show the order book now, or at a moment in the past',
  options: (yargs) =>
    archiveOption(yargs)
      .option('at', valued('The book at this time: ISO 8601, or like 1723161254206ms'))
      .option('sequence', valued('The book after this sequence of the exchange'))
      .option('depth', valued('Levels per side (all of them by default)'))
      .option('clock', {
        ...valued("What --at means: the logger's clock, or the exchange's event time"),
        choices: ['receive', 'exchange'],
        defaultDescription: 'receive',
      })
      .option('level', {
        ...valued('2: an order-by-order book by price level'),
        choices: ['2'],
      }),
  run: async (session) => {
    const { args, out, paint } = session;
    oneOf(args, 'level', ['2']);
    const at = time(args, 'at');
    const sequence = integer(args, 'sequence', { min: 0, max: Number.MAX_SAFE_INTEGER });
    if (at !== undefined && sequence !== undefined) {
      throw usageError('--at and --sequence contradict each other; give one of them');
    }
    const depth = integer(args, 'depth', { min: 1, max: 10_000_000 });
    const question = { security: security(args), at, sequence, clock: clock(args), depth };
    const book = await (await session.history()).book(question, session.signal);
    if (book.state === 'gap') {
      if (out.isJson) {
        await out.json(book);
      } else {
        const { from, to, cause } = book.gap;
        out.note(
          `orderbook-manager: ${book.security} was not recorded then: gap from ${from} to ${to ?? 'now'} (${cause}); see orderbook-manager coverage ${book.security}`,
        );
      }
      return EXIT.notRecorded;
    }
    if (out.isJson) await out.json(book);
    else for (const line of bookLines(book, paint)) await out.line(line);
    return EXIT.done;
  },
};
