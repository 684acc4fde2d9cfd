import { TIMEFRAMES } from '../../logger/candles/timeframe.ts';
import { CANDLE_CHOICES } from '../../logger/queries/validate-candles.ts';
import type { ComparedCandleResult } from '../../logger/queries/compared-candle.ts';
import type { ExportGap, ExportPart } from '../../logger/queries/results.ts';
import { candlesQuery, flag } from '../arguments.ts';
import { CancelledError } from '../client.ts';
import { ARCHIVE_OPTION, SECURITY, valued } from '../command.ts';
import type { Command, Session } from '../command.ts';
import { EXIT, usageError } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { UNKNOWN, counted, known } from '../format.ts';
import type { Output } from '../output.ts';
import type { Paint } from '../style.ts';
import { renderTable } from '../table.ts';
import type { Cell, Column } from '../table.ts';

type Row = ComparedCandleResult | { readonly gap: ExportGap };

const COLUMNS: readonly Column[] = [
  { title: 'FROM' },
  { title: 'OPEN', align: 'right' },
  { title: 'HIGH', align: 'right' },
  { title: 'LOW', align: 'right' },
  { title: 'CLOSE', align: 'right' },
  { title: 'VOLUME', align: 'right', dropOrder: 1 },
  { title: 'TRADES', align: 'right', dropOrder: 2 },
  { title: 'STATE' },
];

/** Rows of a table are aligned in groups, so that a long history is not held in memory. */
const GROUP_ROWS = 1000;

async function* candleRows(session: Session): AsyncGenerator<Row> {
  for await (const part of await candleParts(session)) {
    if ('gap' in part) {
      yield part;
      continue;
    }
    if ('scale' in part) continue;
    // A part holds whole lines.
    const lines = Buffer.from(part.bytes).toString().split('\n');
    for (const line of lines) if (line !== '') yield JSON.parse(line) as ComparedCandleResult;
  }
  if (session.signal.aborted) throw new CancelledError();
}

/** Candles of trades alone are an export, which loggers of before have, too. */
async function candleParts(session: Session): Promise<AsyncIterable<ExportPart>> {
  const { source, check, ...range } = candlesQuery(session.args);
  if (check && session.args['archive'] !== undefined) {
    throw usageError('--check asks the exchange: leave out --archive, and ask a logger');
  }
  const history = await session.history();
  if (source === 'trades' && !check) {
    return history.export({ ...range, type: 'candles', format: 'jsonl' }, session.signal);
  }
  return history.candles({ ...range, source, check }, session.signal);
}

/** `volume 12.5 (exchange 12.4)`. */
function differences(row: ComparedCandleResult): string {
  const { differs = [], exchange } = row.check ?? {};
  return differs
    .map((field) => `${field} ${known(row[field])} (exchange ${known(exchange?.[field] ?? null)})`)
    .join(', ');
}

function stateCell(row: ComparedCandleResult): string | Cell {
  const { state, source } = row;
  if (state === 'incomplete') return { text: state, colour: 'yellow' };
  if (state === 'differs') return { text: `${state}: ${differences(row)}`, colour: 'red' };
  return source === 'exchange' ? `${state} (exchange)` : state;
}

function cellsOf(row: Row): (string | Cell)[] {
  if ('gap' in row) {
    const { from, to, cause } = row.gap;
    const none = Array.from({ length: 6 }, () => UNKNOWN);
    return [from, ...none, { text: `gap to ${known(to)} (${cause})`, colour: 'red' }];
  }
  const prices = [row.open, row.high, row.low, row.close].map(known);
  return [row.from, ...prices, row.volume, known(row.trades), stateCell(row)];
}

/** Prints as the rows come. */
class CandleTable {
  readonly #out: Output;
  readonly #paint: Paint;
  #rows: Row[] = [];
  #hasTitles = false;

  constructor(out: Output, paint: Paint) {
    this.#out = out;
    this.#paint = paint;
  }

  async add(row: Row): Promise<void> {
    this.#rows.push(row);
    if (this.#rows.length >= GROUP_ROWS) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#rows.length === 0) return;
    const lines = renderTable(COLUMNS, this.#rows.map(cellsOf), this.#paint, this.#out.tableWidth);
    for (const line of this.#hasTitles ? lines.slice(1) : lines) await this.#out.line(line);
    this.#hasTitles = true;
    this.#rows = [];
  }
}

/** One array, a line for each of its values. */
class CandleArray {
  readonly #out: Output;
  #separator = '[\n';

  constructor(out: Output) {
    this.#out = out;
  }

  async add(row: Row): Promise<void> {
    await this.#out.write(`${this.#separator}${JSON.stringify(row)}`);
    this.#separator = ',\n';
  }

  async flush(): Promise<void> {
    await this.#out.write(this.#separator === '[\n' ? '[]\n' : '\n]\n');
  }
}

interface Counts {
  candles: number;
  gaps: number;
  /** Compared with the exchange's own, and equal. */
  checked: number;
  differing: number;
  /** Over, but the exchange's own was not to be had, or not over: how many of each state. */
  unchecked: Map<string, number>;
}

function count(row: Row, counts: Counts): void {
  if ('gap' in row) {
    counts.gaps++;
    return;
  }
  counts.candles++;
  if (row.state === 'checked') counts.checked++;
  else if (row.state === 'differs') counts.differing++;
  else counts.unchecked.set(row.state, (counts.unchecked.get(row.state) ?? 0) + 1);
}

function checkSummary({ checked, differing, unchecked }: Counts): string {
  const states = [...unchecked].map(([state, number]) => `${number} ${state}`).join(', ');
  const number = [...unchecked.values()].reduce((sum, each) => sum + each, 0);
  const late = unchecked.has('final') ? "; final: the exchange's own is missing or may change" : '';
  const rest = number === 0 ? '' : `, ${number} not compared (${states}${late})`;
  const verb = differing === 1 ? 'differs' : 'differ';
  return `${counted(checked, 'candle')} checked, ${differing} ${verb}${rest}`;
}

async function runCandles(session: Session): Promise<ExitCode> {
  const { args, out, paint } = session;
  const counts: Counts = { candles: 0, gaps: 0, checked: 0, differing: 0, unchecked: new Map() };
  const rows = candleRows(session);
  // On an error nothing is printed: the first row is there before the list begins.
  const first = await rows.next();
  const list = out.isJson ? new CandleArray(out) : new CandleTable(out, paint);
  for (let next = first; next.done !== true; next = await rows.next()) {
    count(next.value, counts);
    await list.add(next.value);
  }
  await list.flush();
  if (counts.candles + counts.gaps === 0 && !out.isJson) {
    await out.line('Nothing was recorded in that time.');
  }
  if (flag(args, 'check')) out.note(`orderbook-manager: ${checkSummary(counts)}`);
  if (counts.differing > 0) return EXIT.failed;
  if (counts.gaps === 0 || flag(args, 'allow-gaps')) return EXIT.done;
  out.note(
    `orderbook-manager: ${counted(counts.gaps, 'gap')} among the candles: accept with --allow-gaps`,
  );
  return EXIT.notRecorded;
}

export const candlesCommand: Command = {
  usage: 'candles <security>',
  describe:
    'Show candles, and compare them with the exchange (exit 1 if one differs, 5 if there is a gap)',
  positionals: { security: SECURITY },
  options: {
    timeframe: { ...valued('Length of the candles (required)'), choices: [...TIMEFRAMES] },
    from: valued('Candles that begin at or after this time (default: the first)'),
    to: valued('Candles that begin before this time (default: all)'),
    source: {
      ...valued(
        "What was recorded, the exchange's own, or (auto) its own where trades are missing",
      ),
      choices: [...CANDLE_CHOICES],
      defaultDescription: 'trades',
    },
    check: { type: 'boolean', describe: "Compare with the exchange's own candles" },
    'allow-gaps': { type: 'boolean', describe: 'Exit 0 in spite of gaps' },
    ...ARCHIVE_OPTION,
  },
  examples: [
    ['candles binance:BTCUSDT --timeframe 1m --from -2h', 'the last two hours'],
    ['candles binance:BTCUSDT --timeframe 1d --archive ./data --json', 'without a logger'],
    [
      'candles binance:BTCUSDT --timeframe 1m --from -2h --check',
      "compared with the exchange's own",
    ],
    ['candles binance:BTCUSDT --timeframe 1h --from -7d --source auto', 'gaps from the exchange'],
  ],
  completes: { words: ['fetch'], recorded: true },
  run: runCandles,
};
