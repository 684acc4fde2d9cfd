/**
 * A process that writes records until it is killed. Prints `open` or the error's code, the
 * number of each batch once it is acknowledged, and `halted: <reason>` when it sees the kill switch. Started by tests.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { LoggerError } from '../../logger/errors.ts';
import { createSystemClock } from '../../logger/service/system-clock.ts';
import { openRecordStore } from '../../pipe/records/open-store.ts';
import { STRATEGY, sampleDecision, sampleEntry, sampleOpportunity } from './sample-pipe-records.ts';

const [location = '', maxBatches = '1000000'] = process.argv.slice(2);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
try {
  const store = await openRecordStore(location, 'write', createSystemClock());
  let number = 0;
  for await (const entry of store.ledger(STRATEGY)) number = entry.number;
  say('open');
  const last = number + Number(maxBatches);
  while (number < last) {
    number++;
    const opportunity = sampleOpportunity(number);
    await store.put({
      opportunities: [opportunity],
      decisions: [sampleDecision(opportunity)],
      ledger: [sampleEntry(number)],
    });
    say(String(number));
  }
  for (;;) {
    const reason = await store.halted();
    if (reason !== null) {
      say(`halted: ${reason}`);
      break;
    }
    await pause(20);
  }
  await store.close();
  say('closed');
} catch (error) {
  say(error instanceof LoggerError ? error.code : String(error));
}
process.exit(0);
