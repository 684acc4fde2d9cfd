/** Exports trades and compares them with the exchange's own list. */

import { DemoError } from './demo-process.ts';
import type { DemoRunner } from './demo-runner.ts';

const SHOWN_TRADES = 5;

interface ExportedTrade {
  readonly tradeId?: string | number;
  readonly price: string;
  readonly size: string;
  readonly side: string;
}

/** A row of Binance's `/api/v3/trades`. */
interface RestTrade {
  readonly id: number;
  readonly price: string;
  readonly qty: string;
  readonly isBuyerMaker: boolean;
}

/** @throws DemoError if a trade differs, or none can be compared. */
export async function checkTrades(demo: DemoRunner, security: string): Promise<void> {
  const args = ['export', security, '--type', 'trades', '--format', 'jsonl', '--allow-gaps'];
  demo.story.command(args);
  const outcome = await demo.run(args);
  demo.story.output({ ...outcome, stderr: '' }, SHOWN_TRADES);
  const exported = outcome.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ExportedTrade)
    .filter((line) => line.tradeId !== undefined);
  const listed = await listedTrades(demo.sandbox.venues.binance.restUrl, security);
  let checked = 0;
  for (const { tradeId, price, size, side } of exported) {
    const truth = listed.get(String(tradeId));
    if (truth === undefined) continue;
    const trade = `${side} ${size} at ${price}`;
    if (trade !== truth) {
      throw new DemoError(`Trade ${tradeId} is ${trade}, but was ${truth} at the exchange`);
    }
    checked++;
  }
  if (checked === 0) throw new DemoError('The exchange lists none of the exported trades');
  demo.story.checked(`${checked} trades equal the exchange's own list in price, size and side.`);
}

/** The exchange's recent trades as text, by id. */
async function listedTrades(restUrl: string, security: string): Promise<Map<string, string>> {
  const symbol = security.slice(security.indexOf(':') + 1);
  const response = await fetch(`${restUrl}/api/v3/trades?symbol=${symbol}&limit=1000`);
  const rows = (await response.json()) as RestTrade[];
  const withoutZeros = (decimal: string): string => decimal.replace(/\.?0+$/, '');
  return new Map(
    rows.map(({ id, price, qty, isBuyerMaker }) => [
      String(id),
      `${isBuyerMaker ? 'sell' : 'buy'} ${withoutZeros(qty)} at ${withoutZeros(price)}`,
    ]),
  );
}
