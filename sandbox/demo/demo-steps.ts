/**
 * The steps of the demo: record, read the book now and in the past, survive a gap, stop, and read
 * from the archive alone.
 */

import { formatTimeUs, parseTimeUs } from '../../logger/market/time.ts';
import { everyExchange } from './demo-all.ts';
import { ladder, queues } from './demo-check.ts';
import type { BookReply } from './demo-check.ts';
import { DemoError } from './demo-process.ts';
import type { DemoOptions } from './demo-options.ts';
import type { DemoRunner } from './demo-runner.ts';
import { checkTrades } from './demo-trades.ts';

const BUSY = 'binance:BTCUSDT';
const DEEP = 'binance:DEEPUSDT';
const QUEUED = 'coinbase:BTC-USD';
const LADDER_DEPTH = 6;
const SHOWN_ORDERS = 4;
/** Book updates to wait for before the demo looks back. */
const UPDATES = 1000;
const UPDATES_LIMIT_MS = 15_000;
const MINUTE_MS = 60_000;
const GAP_LIMIT_MS = 15_000;
const DROPPED_UPDATES = 4;
/** Exit code of a command for a moment that was not recorded. */
const EXIT_NOT_RECORDED = 5;

export async function playDemo(
  demo: DemoRunner,
  archiveDirectory: string,
  { isAll, keep, minutes }: DemoOptions,
): Promise<void> {
  await start(demo);
  const book = await bookNow(demo);
  const queue = await queueNow(demo);
  await waitForUpdates(demo);
  await bookInThePast(demo, book);
  await queueInThePast(demo, queue);
  await deepBook(demo);
  await gap(demo);
  await trades(demo);
  if (isAll) await everyExchange(demo, [BUSY, QUEUED]);
  if (minutes > 0) await goOn(demo, minutes);
  await stop(demo);
  const last = await archiveAlone(demo, archiveDirectory, book);
  // The exchange keeps its own books for some minutes.
  if (minutes > 0) demo.checkSame(last, book);
  else demo.check(last, 'The book from the beginning');
  demo.story.end("every book matched the exchange's own, and the gap was reported");
  if (keep !== undefined) demo.story.say(`The archive is kept: --archive ${keep}`);
}

async function start(demo: DemoRunner): Promise<void> {
  const { binance, coinbase } = demo.sandbox.venues;
  demo.story.step(
    'Start a sandbox exchange and a logger',
    `The exchange runs inside this process. It speaks Binance's protocol at ${binance.wsUrl}`,
    `and Coinbase's at ${coinbase.wsUrl}.`,
    'The logger is a separate process with an empty archive. It records nothing yet.',
  );
  await demo.processes.startLogger();
  demo.story.say('The logger is up, and its manager port is open.');
  demo.story.step(
    'Record three books of two exchanges',
    '"add" returns as soon as the first book of each is proven and recorded.',
  );
  await demo.show(['add', BUSY, DEEP, QUEUED]);
  await demo.show(['list']);
  await demo.show(['health']);
}

async function bookNow(demo: DemoRunner): Promise<BookReply> {
  demo.story.step('The book now');
  const book = await demo.book([BUSY]);
  demo.story.lines(ladder(book, LADDER_DEPTH));
  demo.check(book, 'This book');
  return book;
}

async function queueNow(demo: DemoRunner): Promise<BookReply> {
  demo.story.step(
    'The order queues now',
    "Coinbase's feed carries every single order, so the book knows the queue at each price.",
  );
  const book = await demo.book([QUEUED]);
  demo.story.lines(queues(book, SHOWN_ORDERS));
  demo.check(book, 'This book');
  return book;
}

async function waitForUpdates(demo: DemoRunner): Promise<void> {
  demo.story.step('Let the market move on');
  const from = demo.sandbox.sequence(BUSY);
  await demo.until('the market to move on', UPDATES_LIMIT_MS, () => {
    const updates = demo.sandbox.sequence(BUSY) - from;
    const isEnough = updates >= UPDATES;
    demo.story.progress(`${updates} book updates since then`, isEnough);
    return isEnough;
  });
}

async function bookInThePast(demo: DemoRunner, past: BookReply): Promise<void> {
  demo.story.step(
    'The book in the past',
    'The market has moved on. Here is the first book again, rebuilt from the archive by its time …',
  );
  const byTime = await demo.book([BUSY, '--at', past.receiveTime]);
  demo.story.lines(ladder(byTime, LADDER_DEPTH));
  requireSequence(byTime, past);
  demo.check(byTime, 'The rebuilt book');
  demo.story.say('… and by its sequence.');
  demo.check(await demo.book([BUSY, '--sequence', String(past.sequence)]), 'The rebuilt book');
  const [bestBid] = demo.sandbox.book(BUSY).bids;
  demo.story.say(`(The best bid was ${past.bids[0]?.[0]} then and is ${bestBid?.[0]} now.)`);
}

async function queueInThePast(demo: DemoRunner, past: BookReply): Promise<void> {
  demo.story.step('The order queues in the past', 'The same moment again, rebuilt order by order.');
  const rebuilt = await demo.book([QUEUED, '--at', past.receiveTime]);
  demo.story.lines(queues(rebuilt, SHOWN_ORDERS));
  requireSequence(rebuilt, past);
  demo.check(rebuilt, 'The rebuilt book');
  demo.story.say('Summed up by price, it is an ordinary level book:');
  await demo.show(['book', QUEUED, '--level', '2', '--depth', '3']);
}

async function deepBook(demo: DemoRunner): Promise<void> {
  demo.story.step(
    "A book deeper than the exchange's snapshot",
    "Binance's snapshots end at 5000 levels per side. The book says how far it is complete.",
  );
  const book = await demo.book([DEEP]);
  const { bid, ask } = book.horizon;
  if (bid === null || ask === null) throw new DemoError('The deep book should have a horizon');
  demo.story.say(`Complete from ${bid} to ${ask}.`);
  demo.check(book, 'Up to there the book');
}

interface GapReply {
  readonly from: string;
  readonly to: string | null;
  readonly cause: string;
}

async function gap(demo: DemoRunner): Promise<void> {
  demo.story.step(
    'A gap in the feed',
    `The exchange now drops ${DROPPED_UPDATES} updates. The logger must notice, record the gap`,
    'and start again from a fresh snapshot.',
  );
  demo.sandbox.inject({ type: 'drop-diffs', symbol: 'BTCUSDT', count: DROPPED_UPDATES });
  let found: GapReply | undefined;
  await demo.until('the gap to be recorded and over', GAP_LIMIT_MS, async () => {
    const { stdout } = await demo.run(['coverage', BUSY, '--json']);
    found = (JSON.parse(stdout) as { gaps: GapReply[] }).gaps.at(-1);
    return found !== undefined && found.to !== null;
  });
  if (!found?.to) throw new DemoError('There is no gap');
  await demo.show(['coverage', BUSY]);
  if (found.cause !== 'sequence') throw new DemoError(`The cause of the gap is ${found.cause}`);
  demo.story.say('There is no book from inside the gap:');
  const fromUs = parseTimeUs(found.from);
  const insideUs = Math.floor(fromUs + (parseTimeUs(found.to) - fromUs) / 2);
  const args = ['book', BUSY, '--at', formatTimeUs(insideUs)];
  const { stdout } = await demo.show(args, EXIT_NOT_RECORDED);
  if (/\bbids?\b/.test(stdout)) throw new DemoError('A book was shown from inside the gap');
  demo.story.checked('Exit code 5: that moment was not recorded.');
  demo.check(await demo.book([BUSY]), 'After the gap the book');
}

async function trades(demo: DemoRunner): Promise<void> {
  demo.story.step('The trades', 'One per line, for scripts.');
  await checkTrades(demo, BUSY);
}

async function goOn(demo: DemoRunner, minutes: number): Promise<void> {
  const limitMs = minutes * MINUTE_MS;
  demo.story.step(`Record for ${minutes} minute${minutes === 1 ? '' : 's'}`);
  const sinceMs = performance.now();
  await demo.until('the time to pass', 2 * limitMs, () => {
    const isOver = performance.now() - sinceMs > limitMs;
    const seconds = Math.round((performance.now() - sinceMs) / 1000);
    demo.story.progress(`${seconds} s`, isOver);
    return isOver;
  });
}

async function stop(demo: DemoRunner): Promise<void> {
  demo.story.step('Stop', 'Removing a security ends its recording; its archive is kept.');
  await demo.show(['remove', DEEP]);
  await demo.show(['list']);
  await demo.show(['terminate', '--yes']);
  const exitCode = await demo.processes.loggerExit();
  if (exitCode !== 0) {
    throw new DemoError(`The logger exited with ${exitCode}:${demo.processes.loggerTail()}`);
  }
  demo.story.say('The logger has exited with code 0.');
}

async function archiveAlone(
  demo: DemoRunner,
  archiveDirectory: string,
  past: BookReply,
): Promise<BookReply> {
  demo.story.step('The archive alone', 'Reading needs no running logger.');
  const archive = ['--archive', archiveDirectory];
  await demo.show(['verify', ...archive]);
  const book = await demo.book([BUSY, '--sequence', String(past.sequence), ...archive]);
  demo.story.lines(ladder(book, LADDER_DEPTH));
  return book;
}

function requireSequence(book: BookReply, { sequence, receiveTime }: BookReply): void {
  if (book.sequence === sequence) return;
  throw new DemoError(
    `The book at ${receiveTime} should have sequence ${sequence}, but has ${book.sequence}`,
  );
}
