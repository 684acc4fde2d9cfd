/** The step of `npm run demo -- --all`: one book of every exchange, side by side, now and in the past. */

import type { BookReply } from './demo-check.ts';
import type { DemoRunner } from './demo-runner.ts';

/** How far the books move on before the demo looks back. */
const PAUSE_MS = 2000;
const LIMIT_MS = 15_000;

/** One of each exchange that the logger and the sandbox know. */
const SECURITIES = [
  'binance:BTCUSDT',
  'coinbase:BTC-USD',
  'bybit:BTCUSDT',
  'bitfinex:tBTCUST',
  'bitmex:XBTUSD',
] as const;

/** @param recorded what is recorded already. */
export async function everyExchange(demo: DemoRunner, recorded: readonly string[]): Promise<void> {
  demo.story.step(
    'Every exchange side by side',
    'One book of each exchange that the logger knows, each by its own protocol.',
  );
  await demo.show(['add', ...SECURITIES.filter((security) => !recorded.includes(security))]);
  await demo.show(['list']);
  const books: BookReply[] = [];
  for (const security of SECURITIES) {
    const book = await demo.book([security]);
    if (book.sequence !== null) demo.check(book, 'This book');
    books.push(book);
  }
  const sinceMs = performance.now();
  const isOver = (): boolean => performance.now() - sinceMs > PAUSE_MS;
  await demo.until('the markets to move on', LIMIT_MS, isOver);
  for (const book of books) {
    const rebuilt = await demo.book([book.security, '--at', book.receiveTime]);
    // Without sequences the exchange's own book of that moment can't be named.
    if (rebuilt.sequence !== null) demo.check(rebuilt, 'The rebuilt book');
    else demo.checkSame(rebuilt, book);
  }
}
