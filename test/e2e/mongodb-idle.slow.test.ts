/** A database that goes away while nothing is to be sent to it, and is asked all the same. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeError } from '../../logger/errors.ts';
import { killableServer, mongoProcess } from '../support/mongodb-process.ts';
import { mongodb, needs } from '../support/requirements.ts';
import { keptLog } from '../support/scripted-coinbase.ts';
import { until } from '../support/until.ts';
import { BTC, makeStore, startLogger, undo } from './mongodb-run.ts';

const NOWHERE = { wsUrl: 'ws://127.0.0.1:1', restUrl: 'http://127.0.0.1:1' };
/** The contract allows 12 s; the rest is for a loaded machine. */
const NOTICED_MS = 14_000;
/** Longer than a client of the driver is kept without a reply. */
const AWAY_MS = 30_000;
const DRIVER_WORDS = /topology|pool|client must|must be connected|session/i;

interface Outage {
  readonly uri: string;
  readonly begin: () => void;
  readonly end: () => void;
}

async function staysUnreachable({ uri, begin, end }: Outage): Promise<void> {
  const logged: string[] = [];
  const logger = await startLogger(NOWHERE, { MONGODB_ENDPOINT: uri }, keptLog(logged));
  const archive = async () => (await logger.control.health()).archive;
  await until('the store', async () => (await archive()).reachable);
  begin();
  const startedMs = performance.now();
  await until('the outage', async () => !(await archive()).reachable, NOTICED_MS);
  while (performance.now() - startedMs < AWAY_MS) {
    const { reachable, message } = await archive();
    expect(reachable).toBe(false);
    expect(message).toMatch(/^MongoDB \(127\.0\.0\.1:\d+\)/);
    expect(message).not.toMatch(DRIVER_WORDS);
    const query = { security: BTC };
    const said = await logger.reader.coverage(query).then(() => '', describeError);
    expect(said).not.toMatch(DRIVER_WORDS);
  }
  end();
  await until('its return', async () => (await archive()).reachable);
  const told = logged
    .filter((line) => line.startsWith('The store'))
    .map((line) => line.slice(0, 25));
  expect(told).toEqual(['The store is unreachable:', 'The store accepts records']);
}

describe('MongoDB with nothing to be sent to it', { ...needs(mongodb), timeout: 120_000 }, () => {
  test.each(['cut', 'hang'] as const)('behind a network that is %s', async (mode) => {
    const { uri, proxy } = await makeStore();
    await staysUnreachable({
      uri,
      begin: () => (proxy.mode = mode),
      end: () => (proxy.mode = 'pass'),
    });
  });

  const program = killableServer(process.env);
  const killable = { isMet: program !== undefined, reason: 'no MongoDB server that may be killed' };
  test('that hangs itself', needs(killable), async () => {
    if (!program) return;
    const directory = mkdtempSync(join(tmpdir(), 'mongodb-hung-'));
    undo.push(() => rmSync(directory, { recursive: true, force: true }));
    const mongo = await mongoProcess(program, directory);
    await mongo.start();
    undo.push(() => mongo.end('SIGKILL'));
    await staysUnreachable({
      uri: `mongodb://127.0.0.1:${mongo.port}/orderbook?directConnection=true`,
      begin: () => mongo.signal('SIGSTOP'),
      end: () => mongo.signal('SIGCONT'),
    });
  });
});
