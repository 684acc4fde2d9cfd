import { describe, expect, it } from 'vitest';
import { MemoryExchangeStore } from '../../../support/memory-exchange-store.ts';
import { ExchangeRunner } from '../../../../sandbox/exchange/exchange-runner.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { testSeed } from '../../../support/seeded-random.ts';
import { newState, richAndPoor, startAccounts } from './accounts-model.ts';
import {
  contentOf,
  contentOfState,
  executeAll,
  randomCommands,
  resetTo,
  startRunner,
  USERS,
} from './runs.ts';

const SEED = String(testSeed());
const COMMANDS = 3000;

describe('batches of the exchange', () => {
  const commands = randomCommands(SEED, COMMANDS);

  it(`give the same however they are cut, however often it stops, wherever orders rest (SEED=${SEED})`, async () => {
    const state = newState(richAndPoor(USERS));
    const expected = commands.map((command) => JSON.stringify(state.execute(command)));
    for (const hotOrders of [1, 10, 1000, undefined]) {
      for (const runs of [1, 7]) {
        const store = new MemoryExchangeStore();
        await resetTo(store, richAndPoor(USERS));
        const lines = await executeAll(store, commands, {
          seed: `${SEED} ${runs}`,
          runs,
          ...(hotOrders === undefined ? {} : { hotOrders }),
        });
        // Rejected ones are told to nobody but their sender, unless others are in their batch.
        const accepted = (all: string[]): string[] => all.filter((line) => line.includes('events'));
        expect(accepted(lines)).toEqual(accepted(expected));
        expect(await contentOf(store)).toEqual(contentOfState(state));
        if (hotOrders === 1) expect(store.pages).toBeGreaterThan(100);
      }
    }
  });

  it('keep only the best orders in memory', async () => {
    const store = new MemoryExchangeStore();
    await resetTo(store, startAccounts(1, 10 ** 9));
    const runner = await startRunner(store, 10);
    for (let i = 0; i < 100; i++) {
      await runner.submit({ type: 'order', user: 1, side: 'buy', price: 100 + (i % 50), size: 1 });
    }
    const hot = [...runner.state.orders('buy')];
    expect(hot.length).toBeLessThanOrEqual(20);
    expect(hot[0]?.price).toBe(149);
    expect(runner.state.isWhole).toBe(false);
    expect(runner.state.position.openOrders).toBe(100);
  });

  it('replayed from the journal give the same state', async () => {
    const store = new MemoryExchangeStore();
    await resetTo(store, richAndPoor(USERS));
    await executeAll(store, commands, { seed: SEED, hotOrders: 10, runs: 3 });
    const state = newState(richAndPoor(USERS));
    for await (const { commands: stored, position } of store.journal()) {
      for (const command of stored) expect(state.execute(command).kind).toBe('accepted');
      expect(state.position).toEqual(position);
    }
    expect(await contentOf(store)).toEqual(contentOfState(state));
  });

  it('of which the commit fails are told to nobody, and end the exchange', async () => {
    const store = new MemoryExchangeStore();
    await resetTo(store, startAccounts(2));
    const [published, failures]: [unknown[], unknown[]] = [[], []];
    const runner = await ExchangeRunner.start({
      store,
      clock: new ManualClock(),
      onCommitted: (batch) => published.push(batch),
      onFailed: (error) => failures.push(error),
    });
    store.failure = new Error('The disk is full');
    const order = { type: 'order', user: 1, side: 'buy', price: 1, size: 1 } as const;
    await expect(runner.submit(order)).rejects.toThrow('failed');
    await expect(runner.submit(order)).rejects.toThrow('failed');
    expect([published, failures]).toEqual([[], [store.failure]]);
    store.failure = null;
    expect((await startRunner(store)).state.position.orderId).toBe(0);
  });

  it('come to an end although traders go on', async () => {
    const store = new MemoryExchangeStore();
    await resetTo(store, startAccounts(1, 10 ** 9));
    const runner = await startRunner(store);
    const order = { type: 'order', user: 1, side: 'buy', price: 1, size: 1 } as const;
    const trade = async (): Promise<string> => {
      for (let i = 0; i < 20_000; i++) {
        const outcome = await runner.submit(order);
        if (outcome.kind === 'rejected') return outcome.error;
      }
      return 'nothing is rejected';
    };
    const trading = trade();
    await runner.submit(order);
    await runner.close();
    expect(await trading).toContain('is being stopped');
    const { position } = (await store.load())!;
    expect(position).toEqual(runner.state.position);
  });

  it('have an end of their queue', async () => {
    const store = new MemoryExchangeStore();
    await resetTo(store, startAccounts(1, 10 ** 9));
    const runner = await startRunner(store);
    const order = { type: 'order', user: 1, side: 'buy', price: 1, size: 1 } as const;
    const results = Array.from({ length: 20_001 }, () => runner.submit(order));
    expect(await results.at(-1)).toMatchObject({ kind: 'rejected', status: 429 });
    await Promise.all(results);
    expect(runner.state.position.orderId).toBe(20_000);
  });
});
