/** The steps of `npm run demo:arbitrage`. */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkEvaluation, without } from './arbitrage-check.ts';
import type { AlreadyTaken, RecordedEvaluation, RecordedLeg } from './arbitrage-check.ts';
import { DemoError } from './demo-process.ts';
import type { RunningCommand } from './demo-process.ts';
import type { DemoRunner } from './demo-runner.ts';
import type { VenueBook } from '../venues/venue.ts';

/** In the directory of the demo. */
export const ARCHIVE = 'archive';
const STORE = 'records';
const FEES_FILE = 'fees.json';
const BALANCES_FILE = 'balances.json';
const PAGE = 'report.html';

const PAIR = 'BTCUSDT';
const [BUY, SELL] = ['binance', 'bybit'] as const;
const SECURITIES = [`${BUY}:${PAIR}`, `${SELL}:${PAIR}`];
const VENUES = ['--pairs', PAIR, '--exchanges', `${BUY},${SELL}`];
const LIMIT_MS = 30_000;
const SHOWN_LINES = 4;
const SHOWN_COLUMNS = 28;
const WRAP_COLUMNS = 110;
/** Both fees together are 20 bps. */
const SMALL_BPS = 15;
const LARGE_BPS = 60;
/** Ended by hand, when it was seen. */
const LONG_MS = 60_000;
/** How long prices stay apart after the decision. */
const APART_MS = 1500;

const FEES = {
  exchanges: {
    [BUY]: { taker: '0.001', maker: '0.001', feeIn: 'received', latencyMs: 100 },
    [SELL]: { taker: '0.001', maker: '0.001', feeIn: 'received', latencyMs: 100 },
  },
} as const;
const BALANCES = {
  [BUY]: { USDT: '1000000', BTC: '10' },
  [SELL]: { USDT: '1000000', BTC: '10' },
} as const;

/** What the post-mortem prints, as far as it is checked here. */
interface PostMortemReply {
  readonly recomputation: {
    readonly decisions: number;
    readonly equal: number;
    readonly different: number;
  };
  readonly opportunities: readonly {
    readonly verdict: string;
    readonly end: string;
    readonly reasons: readonly { readonly reason: string }[];
    readonly predicted: RecordedEvaluation;
    readonly alreadyTaken: AlreadyTaken;
  }[];
}

/** @param directory where the commands run. */
export async function playArbitrage(demo: DemoRunner, directory: string): Promise<void> {
  await mkdir(join(directory, ARCHIVE));
  await start(demo);
  const lines = await topLines(demo);
  const action = await startStrategy(demo, directory);
  await eatenByFees(demo, action);
  await taken(demo, action);
  await gap(demo, action, lines);
  await stop(demo, [action, lines]);
  await postMortem(demo, directory);
  demo.story.end('every figure is right, and every decision was made again from the archive');
}

async function start(demo: DemoRunner): Promise<void> {
  demo.story.step(
    'Start two exchanges and a logger',
    "Both exchanges run inside this process, with Binance's and Bybit's protocols and the same market.",
    'The logger is a separate process: it records both books, and proves them message by message.',
  );
  await demo.processes.startLogger();
  await demo.show(['add', ...SECURITIES]);
}

async function topLines(demo: DemoRunner): Promise<RunningCommand> {
  demo.story.step(
    'One top of book over both',
    'The pipe is a client of the logger. It prints a line whenever a best price or size changes.',
  );
  demo.story.command(VENUES, 'pipe');
  const lines = demo.processes.start(VENUES, 'pipe');
  const isWhole = (): boolean =>
    linesOf(lines)
      .slice(-SHOWN_LINES)
      .every((line) => !line.includes('null'));
  await wait(demo, 'top lines', lines, () => linesOf(lines).length > SHOWN_LINES && isWhole());
  const [first = '', ...more] = linesOf(lines).slice(-SHOWN_LINES);
  demo.story.lines(wrapped(first).map((part) => `│ ${part}`));
  demo.story.say('In short, and the next ones:');
  demo.story.lines([first, ...more].map(compact));
  return lines;
}

async function startStrategy(demo: DemoRunner, directory: string): Promise<RunningCommand> {
  demo.story.step(
    'Start the arbitrage strategy, on paper',
    'Each exchange has 1,000,000 USDT and 10 BTC. A trade costs 0.1 % of what is received, on either.',
  );
  await writeFile(join(directory, FEES_FILE), JSON.stringify(FEES));
  await writeFile(join(directory, BALANCES_FILE), JSON.stringify(BALANCES));
  const args = ['--strategy', 'arbitrage', '--mode', 'action', ...VENUES, '--store', STORE];
  args.push('--fees', FEES_FILE, '--balances', BALANCES_FILE, '--min-profit', '1');
  // A busy machine may take its time.
  args.push('--max-notional', '10000', '--max-age', '3s');
  demo.story.command(args, 'pipe');
  return demo.processes.start(args, 'pipe');
}

async function eatenByFees(demo: DemoRunner, action: RunningCommand): Promise<void> {
  demo.story.step(
    `Prices come apart by ${SMALL_BPS / 100} %`,
    `${SELL} is dearer than ${BUY} by less than both fees: an opportunity that is none.`,
  );
  await apart(demo, SMALL_BPS);
  const [line = ''] = await decisions(demo, action, 'rejected', 1);
  demo.story.say(`│ ${line}`);
  await together(demo);
}

async function taken(demo: DemoRunner, action: RunningCommand): Promise<void> {
  demo.story.step(
    `Prices come apart by ${LARGE_BPS / 100} %`,
    'Now it pays: the strategy walks both books for the size that brings most, and takes it.',
    'Paper orders fill 100 ms later, at the book as it stands then: if the price has moved, one stays unfilled.',
  );
  await apart(demo, LARGE_BPS);
  await decisions(demo, action, 'taken', 1);
  await pause(APART_MS);
  await wait(demo, 'both orders', action, () => linesOf(action).filter(isOutcome).length >= 2);
  const before = linesOf(action).length;
  await together(demo);
  await wait(demo, 'its end', action, () => linesOf(action).slice(before).some(isEnd));
  showSince(demo, action, 'taken');
}

async function gap(demo: DemoRunner, action: RunningCommand, lines: RunningCommand): Promise<void> {
  demo.story.step(
    'A gap in the middle of an opportunity',
    `${SELL} loses a message. From there on its book is not proven: the pipe says null, and trades on it no more.`,
  );
  await apart(demo, LARGE_BPS);
  await decisions(demo, action, 'taken', 2);
  const before = linesOf(action).length;
  const from = linesOf(lines).length;
  demo.sandbox.inject({ type: 'drop-diffs', exchange: SELL, symbol: PAIR, count: 1 });
  const isNull = (line: string): boolean => line.includes(`"${SELL}":null`);
  const since = (): readonly string[] => linesOf(lines).slice(from);
  await wait(demo, 'the gap', lines, () => since().some(isNull));
  await wait(demo, 'its end', action, () => linesOf(action).slice(before).some(isEnd));
  const at = since().findIndex(isNull);
  for (const line of since().slice(Math.max(0, at - 1), at + 1)) demo.story.say(compact(line));
  for (const line of linesOf(action).slice(before).filter(isEnd)) demo.story.say(`│ ${line}`);
  const ended = linesOf(action).slice(before).find(isEnd) ?? '';
  if (!ended.includes('gap'))
    throw new DemoError(`The opportunity did not end by the gap: ${ended}`);
  demo.story.checked('The venue is null, and the opportunity ended with the gap.');
  await wait(demo, 'the book', lines, () => !isNull(since().at(-1) ?? ''));
  await together(demo);
}

async function stop(demo: DemoRunner, running: readonly RunningCommand[]): Promise<void> {
  for (const command of running) {
    const { exitCode, stderr } = await command.interrupt();
    if (exitCode !== 0) throw new DemoError(`The pipe ended with ${exitCode}: ${stderr.trim()}`);
  }
  await demo.run(['terminate', '--yes']);
  await demo.processes.loggerExit();
}

async function postMortem(demo: DemoRunner, directory: string): Promise<void> {
  demo.story.step(
    'Why, and what would have come of it',
    'Everything is stopped. The post-mortem makes every decision again from the archive, and follows the books on.',
  );
  const args = ['--strategy', 'arbitrage', '--mode', 'post-mortem', '--archive', ARCHIVE];
  args.push('--store', STORE, '--report', PAGE);
  demo.story.command(args, 'pipe');
  showPostMortem(demo, (await demo.run(args, 0, 'pipe')).stdout);
  const { stdout } = await demo.run([...args.slice(0, -2), '--json'], 0, 'pipe');
  check(demo, JSON.parse(stdout) as PostMortemReply);
  for (const part of [STORE, FEES_FILE, BALANCES_FILE]) {
    await rm(join(directory, part), { recursive: true, force: true });
  }
  demo.story.say(`The page: ${join(directory, PAGE)}`);
}

/** @throws DemoError */
function check(demo: DemoRunner, { recomputation, opportunities }: PostMortemReply): void {
  const { decisions, equal, different } = recomputation;
  if (different !== 0 || equal !== decisions || decisions < 3) {
    throw new DemoError(
      `Of ${decisions} decisions ${equal} were made again, ${different} otherwise`,
    );
  }
  const takenOnes = opportunities.filter(({ verdict }) => verdict === 'taken');
  if (takenOnes.length < 2) throw new DemoError(`${takenOnes.length} were taken, not 2`);
  let others = 0;
  for (const { predicted, alreadyTaken } of takenOnes) {
    others += checkEvaluation(predicted, {
      asks: without(bookOf(demo, predicted.buy).asks, alreadyTaken.asks),
      bids: without(bookOf(demo, predicted.sell).bids, alreadyTaken.bids),
      buyFee: FEES.exchanges[BUY].taker,
      sellFee: FEES.exchanges[SELL].taker,
      lot: '0.00001',
    });
  }
  const fees = opportunities.filter(({ reasons }) =>
    reasons.some(({ reason }) => reason === 'fees'),
  );
  if (fees.length === 0) throw new DemoError('No opportunity was rejected because of fees');
  if (!opportunities.some(({ end }) => end === 'gap')) throw new DemoError('None ended by a gap');
  demo.story.checked(
    `All ${decisions} decisions were made again from the archive, digit by digit.`,
  );
  demo.story.checked(
    `Cost, revenue and profit of what was taken follow from the exchanges' own books, and ${others} other sizes bring less.`,
  );
}

function bookOf(demo: DemoRunner, { security, point }: RecordedLeg): VenueBook {
  const book = demo.sandbox.bookAtSequence(security, point.sequence);
  if (book?.sequence === point.sequence) return book;
  throw new DemoError(`The exchange has no book of ${security} at sequence ${point.sequence}`);
}

async function apart(demo: DemoRunner, bps: number): Promise<void> {
  await Promise.resolve();
  demo.sandbox.inject({ type: 'skew', exchange: SELL, symbol: PAIR, bps, durationMs: LONG_MS });
}

async function together(demo: DemoRunner): Promise<void> {
  demo.sandbox.inject({ type: 'skew', exchange: SELL, symbol: PAIR, bps: 0, durationMs: 0 });
  // Past the next message of each.
  await pause(APART_MS);
}

/** Waits for so many lines of a verdict. */
async function decisions(
  demo: DemoRunner,
  action: RunningCommand,
  verdict: string,
  count: number,
): Promise<readonly string[]> {
  const found = (): readonly string[] =>
    linesOf(action).filter((line) => line.includes(`  ${verdict}  `));
  await wait(demo, `a decision (${verdict})`, action, () => found().length >= count);
  return found();
}

/** Its first lines, and what it says of the first and the last that was taken. */
function showPostMortem(demo: DemoRunner, text: string): void {
  const [head = '', ...blocks] = text.trimEnd().split('\n\n');
  const ofTaken = blocks.filter((block) => /^\S+ .*  taken  /.test(block));
  const shown = [head.split('\n').slice(0, 3).join('\n'), ...new Set([ofTaken[0], ofTaken.at(-1)])];
  for (const block of shown) {
    demo.story.lines((block ?? '').split('\n').map((line) => `│ ${line}`));
    demo.story.say('│');
  }
  demo.story.say(`│ … and ${blocks.length - shown.length + 1} more opportunities`);
}

/** From the first decision of a verdict to the end of its opportunity. */
function showSince(demo: DemoRunner, action: RunningCommand, verdict: string): void {
  const lines = linesOf(action);
  const from = lines.findIndex((line) => line.includes(`  ${verdict}  `));
  const to = lines.findIndex((line, at) => at > from && isEnd(line));
  for (const line of lines.slice(from, to + 1)) demo.story.say(`│ ${line}`);
}

/** A price may move away within the latency: such an order is not filled. */
const isOutcome = (line: string): boolean =>
  /  (?:buy|sell)  |  unfilled  .*: 0 filled /.test(line);
const isEnd = (line: string): boolean => line.includes('  ended  ');

function linesOf(command: RunningCommand): readonly string[] {
  return command.output().stdout.split('\n').slice(0, -1);
}

async function wait(
  demo: DemoRunner,
  what: string,
  command: RunningCommand,
  isDone: () => boolean,
): Promise<void> {
  await demo.until(what, LIMIT_MS, () => {
    if (command.isRunning()) return isDone();
    const { exitCode, stderr } = command.output();
    throw new DemoError(`The pipe ended with ${exitCode}: ${stderr.trim()}`);
  });
}

/** A line of the pipe for people: best bid and ask of each venue. */
function compact(line: string): string {
  const { event_time: ms, ...venues } = JSON.parse(line) as Record<string, unknown>;
  const tops = Object.entries(venues).map(([venue, top]) => {
    const { top_bid: bid, top_ask: ask } = (top ?? {}) as Record<string, string>;
    return `${venue} ${top === null ? 'null' : `${bid} / ${ask}`}`.padEnd(SHOWN_COLUMNS);
  });
  return `│ ${new Date(Number(ms)).toISOString().slice(11, 23)}  ${tops.join('  ')}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** At commas, as long as there are some. */
function wrapped(line: string): readonly string[] {
  const parts = [''];
  for (const piece of line.split(/(?<=,)/)) {
    if ((parts.at(-1) ?? '').length + piece.length > WRAP_COLUMNS) parts.push('');
    parts[parts.length - 1] += piece;
  }
  return parts;
}
