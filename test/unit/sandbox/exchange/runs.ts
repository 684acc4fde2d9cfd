/** Runs of the exchange on a store, with everything that came of them. */

import type { Account } from '../../../../sandbox/exchange/engine/accounts.ts';
import type { Command } from '../../../../sandbox/exchange/engine/commands.ts';
import { ExchangeRunner } from '../../../../sandbox/exchange/exchange-runner.ts';
import { START_POSITION } from '../../../../sandbox/exchange/store/store.ts';
import type { ExchangeStore } from '../../../../sandbox/exchange/store/store.ts';
import { seededRandom } from '../../../../sandbox/prng.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { newState, randomCommand, richAndPoor } from './accounts-model.ts';

export const USERS = 5;

export async function resetTo(store: ExchangeStore, accounts: readonly Account[]): Promise<void> {
  const stored = accounts.map((account) => ({ ...account, passwordHash: null }));
  await store.reset({ salt: '0123456789abcdef', accounts: stored, position: START_POSITION });
}

/** A run that has to go well. */
export async function startRunner(
  store: ExchangeStore,
  hotOrders?: number,
  lines: string[] = [],
): Promise<ExchangeRunner> {
  return ExchangeRunner.start({
    store,
    clock: new ManualClock(),
    hotOrders,
    onCommitted: ({ executed }) => {
      for (const { outcome } of executed) lines.push(JSON.stringify(outcome));
    },
    onFailed: (error) => {
      throw error;
    },
  });
}

/** Executes in batches of random sizes, in several runs. @returns everything that was published. */
export async function executeAll(
  store: ExchangeStore,
  commands: readonly Command[],
  { hotOrders, runs = 1, seed }: { hotOrders?: number; runs?: number; seed: string },
): Promise<string[]> {
  const random = seededRandom(seed);
  const lines: string[] = [];
  const share = Math.ceil(commands.length / runs);
  for (let run = 0; run < runs; run++) {
    const runner = await startRunner(store, hotOrders, lines);
    let waiting: Promise<unknown>[] = [];
    for (const command of commands.slice(run * share, (run + 1) * share)) {
      waiting.push(runner.submit(command));
      if (random.next() >= 0.05) continue;
      await Promise.all(waiting);
      waiting = [];
    }
    await Promise.all(waiting);
    await runner.close();
  }
  return lines;
}

/** Commands that make sense, since they were tried. */
export function randomCommands(seed: string, count: number): Command[] {
  const random = seededRandom(seed);
  const state = newState(richAndPoor(USERS));
  return Array.from({ length: count }, () => {
    const command = randomCommand(random, USERS, state.position.orderId);
    state.execute(command);
    return command;
  });
}

/** All that a store has: accounts, position, and the queues of both sides. */
export async function contentOf(store: ExchangeStore): Promise<unknown> {
  const { accounts, position } = (await store.load()) ?? {};
  const queues = [
    await store.page('buy', undefined, 1e6),
    await store.page('sell', undefined, 1e6),
  ];
  return { accounts, position, queues };
}

/** The same of a state in memory. */
export function contentOfState(state: ReturnType<typeof newState>): unknown {
  const accounts = state.accounts.all().map((account) => ({ ...account, passwordHash: null }));
  const queues = (['buy', 'sell'] as const).map((of) =>
    Array.from(state.orders(of), ({ id, owner, side, price, remaining }) => {
      return { id, owner, side, price, remaining };
    }),
  );
  return { accounts, position: state.position, queues };
}
