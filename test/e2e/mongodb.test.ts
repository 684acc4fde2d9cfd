/** MongoDB as the store of a real logger that records the Binance recording. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RecordedSession } from '../support/recorded-session.ts';
import { mongodb, needs, recordings } from '../support/requirements.ts';
import { until } from '../support/until.ts';
import {
  BTC,
  expectNoDelay,
  makeStore,
  opened,
  recordedUpTo,
  replay,
  spoolEmpty,
  startLogger,
  undo,
} from './mongodb-run.ts';

const PART_LINES = 30_000;

describe('MongoDB as the store', { ...needs(mongodb, recordings), timeout: 120_000 }, () => {
  test('unreachable at the start, it gets everything later, and queries span spool and store', async () => {
    const store = await makeStore();
    store.proxy.mode = 'cut';
    const session = new RecordedSession(undefined, PART_LINES);
    const server = await replay({ session });
    const logger = await startLogger(server, { SECURITIES: BTC, MONGODB_ENDPOINT: store.uri });
    await server.finished;
    await recordedUpTo(logger, session.lastSequence);
    const away = await logger.control.health();
    expect(away.status).toBe('degraded');
    expect(away.archive).toMatchObject({ kind: 'mongodb', reachable: false });
    expect(away.archive.spoolBytes).toBeGreaterThan(0);
    const middle = session.diffs[session.diffs.length >> 1]?.lastSequence ?? 0;
    const position = { sequence: middle };
    const before = await logger.reader.bookAt({ security: BTC, position });
    expect(before.state).toBe('proven');
    store.proxy.mode = 'pass';
    await spoolEmpty(logger);
    expect((await logger.control.health()).archive).toMatchObject({ reachable: true });
    expect(await logger.reader.bookAt({ security: BTC, position })).toEqual(before);
    const { intervals, gaps } = await logger.reader.coverage({ security: BTC });
    expect(gaps).toEqual([]);
    expect(intervals[0]?.lastSequence).toBe(String(session.lastSequence));
    expect((await logger.reader.verify()).problems).toEqual([]);
  });

  test('that is cut off delays neither an add nor, beyond the limit of 9 s, a shutdown', () =>
    expectNoDelay('cut'));

  test('a new machine with nothing but the database continues its securities in a new segment', async () => {
    const { uri } = await makeStore();
    const session = new RecordedSession(undefined, PART_LINES);
    const server = await replay({ session });
    const first = await startLogger(server, { SECURITIES: BTC, MONGODB_ENDPOINT: uri });
    await server.finished;
    await recordedUpTo(first, session.lastSequence);
    await first.stop();
    const again = await replay({ session: new RecordedSession() });
    const second = await startLogger(again, { MONGODB_ENDPOINT: uri });
    await until('recording', () => second.control.status(BTC)?.state === 'live', 30_000);
    const { intervals, gaps } = await second.reader.coverage({ security: BTC });
    expect(intervals).toHaveLength(2);
    expect(gaps).toMatchObject([{ cause: 'restart' }]);
  });

  test('an embedded archive becomes the spool of a database that is set later', async () => {
    const { uri } = await makeStore();
    const dataDirectory = mkdtempSync(join(tmpdir(), 'orderbook-moved-'));
    undo.push(() => rmSync(dataDirectory, { recursive: true, force: true }));
    const session = new RecordedSession(undefined, PART_LINES);
    const server = await replay({ session });
    const embedded = await startLogger(server, { SECURITIES: BTC, DATA_DIR: dataDirectory });
    await server.finished;
    await recordedUpTo(embedded, session.lastSequence);
    const before = await embedded.reader.bookAt({ security: BTC });
    await embedded.stop();
    const moved = await startLogger(await replay({ session: new RecordedSession() }), {
      MONGODB_ENDPOINT: uri,
      DATA_DIR: dataDirectory,
    });
    await spoolEmpty(moved);
    const archive = await opened(uri);
    if (before.state !== 'proven') throw new Error('Nothing was recorded');
    // By time: the second run of the same recording has the same sequences in a later segment.
    const answer = await archive.bookAt(BTC, before.receiveTime);
    expect(answer).toMatchObject({ state: 'proven', bids: before.bids });
  });
});
