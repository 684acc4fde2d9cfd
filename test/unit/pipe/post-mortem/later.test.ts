import { describe, expect, test } from 'vitest';
import { parseExact } from '../../../../pipe/market/exact.ts';
import { VenueBook } from '../../../../pipe/market/venue-book.ts';
import type { Venue } from '../../../../pipe/market/venue.ts';
import { breakEvenFee } from '../../../../pipe/post-mortem/later/break-even-fee.ts';
import { LaterTask } from '../../../../pipe/post-mortem/later/later-task.ts';
import type { LaterQuestion } from '../../../../pipe/post-mortem/later/later-task.ts';
import { sweep } from '../../../../pipe/post-mortem/later/sweep.ts';
import { bestSize } from '../../../../pipe/strategy/arbitrage/best-size.ts';
import { NO_CAPS } from '../../../../pipe/strategy/arbitrage/pieces.ts';
import { tradeTerms } from '../../../../pipe/strategy/arbitrage/terms.ts';
import { RecordedVenues, VenueScript, testVenue } from '../../../support/recorded-venues.ts';
import { seededRandom } from '../../../support/seeded-random.ts';
import { testFees } from '../../../support/test-fees.ts';
import { sideOf } from '../../../support/trade-books.ts';

const T = Date.UTC(2026, 10, 20, 12) * 1000;
const MS = 1000;
const S = 1_000_000;
const A = testVenue('binance', '0.5');
const B = testVenue('bybit', '0.0001');

describe('breakEvenFee', () => {
  test('pays with it, and not with a hundred-millionth more', () => {
    const [asks, bids] = [sideOf('ask', '100×1 101×2'), sideOf('bid', '103×1.5 102×1')];
    const costs = (taker: string): Parameters<typeof breakEvenFee>[0] => ({
      buy: { fees: { taker, feeIn: 'received' }, rules: A.instrument },
      sell: { fees: { taker, feeIn: 'received' }, rules: B.instrument },
      withdrawal: { fee: '0.001', percent: '0', min: '0' },
    });
    const found = breakEvenFee(costs('0.001'), asks, bids, NO_CAPS);
    if (found.state !== 'known') throw new Error(found.reason);
    const pays = (units: bigint): boolean =>
      bestSize(tradeTerms(costs(`0.${String(units).padStart(8, '0')}`)), asks, bids, NO_CAPS)
        .result !== null;
    const units =
      parseExact(found.fraction).value * 10n ** BigInt(8 - parseExact(found.fraction).exponent);
    expect(pays(units)).toBe(true);
    expect(pays(units + 1n)).toBe(false);
    const apart = breakEvenFee(costs('0'), sideOf('ask', '100×1'), sideOf('bid', '99×1'), NO_CAPS);
    expect(apart.state).toBe('none');
  });
});

describe('sweep', () => {
  /** One after the other, at every moment, with nothing skipped. */
  function plainly(
    question: LaterQuestion,
    scripts: readonly VenueScript[],
    endUs: number,
  ): LaterTask {
    const task = new LaterTask(question);
    const books = {
      buy: new VenueBook(question.buy),
      sell: new VenueBook(question.sell),
    };
    const all = scripts.flatMap(({ events }) => events).sort((a, b) => timeOf(a) - timeOf(b));
    const times = [...new Set(all.map(timeOf))];
    for (const [i, us] of times.entries()) {
      const now = all.filter((event) => timeOf(event) === us);
      for (const event of now) {
        (event.venue === question.buy ? books.buy : books.sell).apply(event);
      }
      // As if everything was touched.
      const touched = [question.buy, question.sell].map((venue): VenueScript['events'][number] => ({
        type: 'unproven',
        venue,
        sinceUs: 0,
        atUs: us,
        reason: '',
      }));
      if (us > question.atUs && !task.isDone) task.onEvents(us, touched, books);
      const untilUs = (times[i + 1] ?? endUs + 1) - 1;
      if (untilUs < question.atUs) continue;
      while (!task.isDone && task.nextMomentUs <= untilUs) task.atMoment(task.nextMomentUs, books);
    }
    task.end('the recording ends too early');
    return task;
  }

  const timeOf = (event: VenueScript['events'][number]): number =>
    event.type === 'image' || event.type === 'update' ? event.point.receiveTimeUs : T;

  test('many at once come to what each comes to alone', async () => {
    const random = seededRandom();
    for (let round = 0; round < 25; round++) {
      const names = [A, B];
      const scripts = names.map((venue) => new VenueScript(venue));
      const price = (): number => random.integer(98, 104);
      const level = (at: number): string => `${at}×${random.integer(1, 4)}`;
      for (const [i, script] of scripts.entries()) {
        let us = T - random.integer(1, 5) * MS;
        script.image(us, `${97 - i}×9`, `${105 + i}×9`);
        for (let n = 0; n < 120; n++) {
          us += random.integer(0, 3) * MS * random.integer(1, 40);
          if (us <= T) us = T + 1;
          const at = price();
          if (random.chance(0.03)) script.image(us, `97×9 ${level(96)}`, `105×9 ${level(106)}`);
          else if (random.chance(0.5))
            script.update(us, random.chance(0.3) ? `${at}×0` : level(at), '');
          else script.update(us, '', random.chance(0.3) ? `${at}×0` : level(at));
        }
      }
      const endUs = T + 3 * S;
      const direction = (buy: Venue, sell: Venue): LaterQuestion => ({
        atUs: T + random.integer(1, 2000) * MS,
        buy,
        sell,
        size: parseExact(String(random.integer(0, 6))),
        terms: tradeTerms({
          buy: { fees: testFees(0), rules: buy.instrument },
          sell: { fees: testFees(0), rules: sell.instrument },
          withdrawal: null,
        }),
        buyLatencyUs: random.integer(0, 50) * MS,
        sellLatencyUs: random.integer(0, 50) * MS,
        transfer: random.chance(0.2)
          ? null
          : {
              terms: tradeTerms({
                buy: { fees: testFees(0), rules: buy.instrument },
                sell: { fees: testFees(0), rules: sell.instrument },
                withdrawal: { fee: '0.01', percent: '0', min: '0' },
              }),
              delayUs: S,
            },
        maxLatencyUs: 500 * MS,
        maxTransferUs: 400 * MS,
      });
      const questions = Array.from({ length: 8 }, () =>
        random.chance(0.5) ? direction(A, B) : direction(B, A),
      );
      const tasks = questions.map((question) => new LaterTask(question));
      await sweep(new RecordedVenues(scripts, endUs), [A, B], tasks);
      for (const task of tasks) {
        const alone = plainly(task.question, scripts, endUs);
        const hint = `SEED=${random.seed}`;
        expect(task.atLatency, hint).toEqual(alone.atLatency);
        expect(task.latency, hint).toEqual(alone.latency);
        expect(task.transfer, hint).toEqual(alone.transfer);
        expect(task.moved, hint).toEqual(alone.moved);
      }
    }
  });
});
