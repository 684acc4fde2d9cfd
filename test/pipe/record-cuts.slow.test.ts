/** Batches in MongoDB whose connection is lost in the middle. Slow: the driver waits for what it has lost. */

import { expect, it, onTestFinished } from 'vitest';
import { openMongoStore } from '../../pipe/records/mongodb-store.ts';
import { systemClock } from '../../sandbox/server/system-clock.ts';
import { startMongoStore } from '../support/mongo-store.ts';
import { mongoUri } from '../support/mongodb.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { until } from '../support/until.ts';
import { STRATEGY, sampleDecision, sampleEntry, sampleOpportunity } from './sample-pipe-records.ts';

const ALL = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

const random = seededRandom();
it.skipIf(mongoUri === undefined)(
  `a batch is there whole or not at all after a lost connection (seed ${random.seed})`,
  async () => {
    const mongo = await startMongoStore();
    onTestFinished(() => mongo.close());
    const { uri, proxy } = mongo;
    const store = await openMongoStore(uri, 'write', systemClock());
    onTestFinished(() => store.close());
    proxy.delayMs = 3;
    for (let round = 1; round <= 6; round++) {
      const next = sampleOpportunity(2 * round);
      const decision = sampleDecision(next);
      const whole = { opportunities: [next], decisions: [decision], ledger: [sampleEntry(round)] };
      const cutAt = proxy.bytes.up + random.integer(1, 15_000);
      const put = store.put(whole).then(
        () => true,
        () => false,
      );
      const watch = setInterval(() => {
        if (proxy.bytes.up >= cutAt) proxy.mode = random.pick(['cut', 'swallow']);
      }, 1);
      const isAcknowledged = await put;
      clearInterval(watch);
      proxy.mode = 'pass';
      // Whatever is written next, after what was begun.
      const other = sampleOpportunity(2 * round + 1);
      const putOther = (): Promise<boolean> =>
        store.put({ opportunities: [other] }).then(
          () => true,
          () => false,
        );
      await until('a put', putOther, 300_000);
      const decisions = await listOf(store.decisions(STRATEGY, ALL));
      const isDecided = decisions.some(({ id }) => id === decision.id);
      const isBooked = (await listOf(store.ledger(STRATEGY))).length === round;
      const opportunities = await listOf(store.opportunities(STRATEGY, ALL));
      const isThere = opportunities.some(({ id }) => id === next.id);
      expect([isDecided, isBooked]).toEqual([isThere, isThere]);
      if (isAcknowledged) expect(isThere).toBe(true);
      await store.put(whole);
      expect(await listOf(store.ledger(STRATEGY))).toHaveLength(round);
    }
  },
  600_000,
);
