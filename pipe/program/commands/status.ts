import { text } from '../../../manager-cli/arguments.ts';
import { valued } from '../../../manager-cli/command.ts';
import { EXIT, usageError } from '../../../manager-cli/exit-codes.ts';
import { paintFor } from '../../../manager-cli/style.ts';
import { openTransfers } from '../../execution/open-transfers.ts';
import type { LedgerEntry, RecordStore } from '../../records/records.ts';
import { balancesOf, lastDecisions, resultsOf } from '../../records/standing-of.ts';
import { STRATEGIES } from '../../strategy/strategies.ts';
import { sinceMidnight } from '../../strategy/standing.ts';
import type { PipeCommand, PipeSession } from '../command.ts';
import { movementLines } from '../run/record-lines.ts';
import { statusLines } from './status-lines.ts';
import type { StrategyStatus } from './status-lines.ts';
import { STORE_OPTION, withStore } from './store-option.ts';

const MAX_DECISIONS = 10_000;
const NAMES = STRATEGIES.map(({ name }) => name);

export const statusCommand: PipeCommand = {
  usage: 'status',
  describe: 'Show how the strategies on a store stand: balances, transfers, today’s result',
  options: {
    ...STORE_OPTION,
    strategy: { ...valued(`Only this one: ${NAMES.join(', ')}`), defaultDescription: 'all' },
    last: { ...valued('How many of the last decisions'), defaultDescription: '10' },
  },
  needsNoLogger: true,
  examples: [
    ['status --store records', 'also while a run writes there'],
    ['status --store records --last 100 --json', 'for a script'],
  ],
  run: (session) => {
    const count = countOf(session);
    const names = strategiesOf(session);
    return withStore(session, 'read', async (store) => {
      const { clock, io, out } = session;
      const halted = await store.halted();
      const strategies: StrategyStatus[] = [];
      for (const name of names) {
        const status = await statusOf(store, name, { count, nowUs: clock.nowUs() });
        if (status !== null) strategies.push(status);
      }
      if (out.isJson) await out.json({ halted, strategies });
      else {
        const paint = paintFor(io.stdout, io.env);
        for (const line of statusLines({ halted, strategies }, paint, out.tableWidth)) {
          await out.line(line);
        }
      }
      return EXIT.done;
    });
  },
};

export const ledgerCommand: PipeCommand = {
  usage: 'ledger',
  describe: 'List every movement of money that a strategy has recorded',
  options: {
    ...STORE_OPTION,
    strategy: { ...valued(`Whose: ${NAMES.join(', ')}`), defaultDescription: 'all' },
  },
  needsNoLogger: true,
  examples: [
    ['ledger --store records', 'one line for what an order moved'],
    ['ledger --store records --json', 'one object for each movement, with the balance after it'],
  ],
  run: (session) => {
    const names = strategiesOf(session);
    return withStore(session, 'read', async (store) => {
      const { out } = session;
      for (const name of names) {
        const entries: LedgerEntry[] = [];
        for await (const entry of store.ledger(name)) {
          if (out.isJson) await out.line(JSON.stringify(entry));
          else entries.push(entry);
        }
        for (const line of movementLines(entries)) await out.line(line);
      }
      return EXIT.done;
    });
  },
};

/** null: it never ran here. */
async function statusOf(
  store: RecordStore,
  strategy: string,
  { count, nowUs }: { readonly count: number; readonly nowUs: number },
): Promise<StrategyStatus | null> {
  const runs = await store.runs(strategy);
  const startedUs = runs.at(-1)?.startedUs;
  if (startedUs === undefined) return null;
  const transfers = await openTransfers(store, strategy);
  return {
    strategy,
    runs: runs.length,
    startedUs,
    balances: await balancesOf(store, strategy),
    transfers: transfers.map(({ transfer, hasArrived }) => ({ ...transfer, hasArrived })),
    today: await resultsOf(store.results(strategy, sinceMidnight(nowUs))),
    decisions: await lastDecisions(store, strategy, { count, nowUs }),
  };
}

function countOf({ args }: PipeSession): number {
  const value = text(args, 'last') ?? '10';
  if (/^[1-9]\d*$/.test(value) && Number(value) <= MAX_DECISIONS) return Number(value);
  throw usageError(`--last: not a whole number from 1 to ${MAX_DECISIONS}`);
}

function strategiesOf({ args }: PipeSession): readonly string[] {
  const name = text(args, 'strategy');
  if (name === undefined) return NAMES;
  if (NAMES.includes(name)) return [name];
  throw usageError(`--strategy: not one of ${NAMES.join(', ')}`);
}
