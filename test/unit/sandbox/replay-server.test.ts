/** The replay server against a client that shares only the naive book with it. */

import { describe, expect, test } from 'vitest';
import { RecordedSession } from '../../support/recorded-session.ts';
import { startReplayServer } from '../../support/replay-server.ts';
import type { ReplayOptions, ReplayServer } from '../../support/replay-server.ts';
import { needs, recordings } from '../../support/requirements.ts';
import { clientOf, closeAfter } from './sandboxes.ts';

/** Long enough for thousands of diffs, short enough to play often. */
const EXCERPT_LINES = 12_000;
/** Diffs of both recordings at whose last sequence there is a `bookTicker`. */
const ORACLE_POINTS = 1072;
const STREAMS = ['depth@100ms', 'trade', 'bookTicker'];

let excerpt: RecordedSession | undefined;

async function replayOf(options: ReplayOptions = {}): Promise<ReplayServer> {
  excerpt ??= new RecordedSession(undefined, EXCERPT_LINES);
  const server = await startReplayServer({ session: excerpt, ...options });
  closeAfter(() => server.close());
  return server;
}

/** The line of the n-th diff after the snapshot. */
function diffLine(session: RecordedSession, n: number): number {
  return session.lines.findIndex((line) => (line.diff ?? -1) >= n + 10);
}

describe('replay server', needs(recordings), () => {
  test('both recordings arrive complete, and every oracle point holds', async () => {
    const session = new RecordedSession();
    expect(session.diffs.length).toBe(6495);
    expect(session.trades.length).toBe(19_904);
    const points = new Map(session.tickerPoints.map((point) => [point.sequence, point]));
    expect(points.size).toBe(ORACLE_POINTS);
    const book = session.bookAt(session.firstProvenSequence);
    for (const diff of session.diffs) {
      if (diff.lastSequence > book.sequence) book.apply(diff.lastSequence, diff.bids, diff.asks);
      const point = points.get(diff.lastSequence);
      if (!point) continue;
      points.delete(diff.lastSequence);
      expect([book.best('bid'), book.best('ask')]).toEqual([point.bid, point.ask]);
    }
    expect(points.size).toBe(0);
    const server = await replayOf({ session });
    const client = await clientOf(server, { streams: STREAMS });
    await client.synchronise();
    await server.finished;
    await client.until(() => client.book?.sequence === session.lastSequence);
    expect(client.book?.rows()).toEqual(server.naiveBookAt(session.lastSequence));
    expect(client.trades.map((trade) => trade.t)).toEqual(session.trades.map((t) => t.tradeId));
    expect(client.gaps).toEqual([]);
  });

  test('nothing plays before a subscription, and only subscribed streams arrive', async () => {
    const server = await replayOf({ waitFor: ['btcusdt@trade'] });
    const client = await clientOf(server);
    await client.rest('/api/v3/time');
    expect(server.position()).toBe(0);
    await client.subscribe('trade');
    await client.until(() => client.trades.length > 0);
    await client.rest('/api/v3/depth?symbol=BTCUSDT&limit=5000');
    await server.finished;
    expect(client.frames.some((frame) => frame.includes('depthUpdate'))).toBe(false);
  });

  test('the first snapshot is the recorded one, a later one is derived from the recording', async () => {
    const server = await replayOf();
    const client = await clientOf(server, { streams: ['depth@100ms', 'trade'] });
    const path = '/api/v3/depth?symbol=BTCUSDT&limit=5000';
    expect((await client.rest(path)).text).toBe(server.session.snapshotText);
    await server.finished;
    const { body } = await client.rest(path);
    expect(body.lastUpdateId).toBe(server.session.lastSequence);
    const { bids } = server.naiveBookAt(server.session.lastSequence);
    expect(body.bids.map((row: string[]) => Number(row[0]))).toEqual(
      bids.map((row) => Number(row[0])),
    );
  });

  test('exchangeInfo lists only BTCUSDT', async () => {
    const server = await replayOf();
    const client = await clientOf(server);
    const known = await client.rest('/api/v3/exchangeInfo?symbol=BTCUSDT');
    expect(known.body.symbols[0].symbol).toBe('BTCUSDT');
    const unknown = await client.rest('/api/v3/exchangeInfo?symbol=XRPUSDT');
    expect([unknown.status, unknown.body.code]).toEqual([400, -1121]);
  });

  test('the fault hook can drop, repeat and replace frames', async () => {
    const session = new RecordedSession(undefined, EXCERPT_LINES);
    const [lost, repeated, garbled] = [100, 200, 300].map((n) => diffLine(session, n));
    const server = await replayOf({
      fault: (index, frame) => {
        if (index === lost) return [];
        if (index === repeated) return [frame, frame];
        return index === garbled ? ['{"stream":'] : undefined;
      },
    });
    const client = await clientOf(server, { streams: ['depth@100ms', 'trade'] });
    await client.synchronise();
    await server.finished;
    await client.until(() => client.book?.sequence === session.lastSequence);
    expect(client.gaps).toHaveLength(2);
    expect(client.ignored).toBe(1);
    expect(client.frames).toContain('{"stream":');
  });

  test('after a cut the play waits for the next subscriber, and ids continue', async () => {
    const session = new RecordedSession(undefined, EXCERPT_LINES);
    const cut = diffLine(session, 150);
    const server = await replayOf({
      fault: (index, frame) => (index === cut ? { frames: [frame], close: 1006 } : undefined),
    });
    const first = await clientOf(server, { streams: ['depth@100ms', 'trade'] });
    await first.synchronise();
    await first.until(() => first.closed !== null);
    expect(server.position()).toBe(cut + 1);
    const second = await clientOf(server, { streams: ['depth@100ms', 'trade'] });
    await second.until(() => second.frames.some((frame) => frame.includes('depthUpdate')));
    const next = second.frames.find((frame) => frame.includes('depthUpdate'));
    expect(JSON.parse(next ?? '').data.U).toBe((first.book?.sequence ?? 0) + 1);
    await server.finished;
  });

  test('a half-open connection receives nothing more, the next one continues', async () => {
    const session = new RecordedSession(undefined, EXCERPT_LINES);
    const cut = diffLine(session, 150);
    const server = await replayOf({
      fault: (index) => (index === cut ? { halfOpen: true } : undefined),
    });
    const first = await clientOf(server, { streams: ['depth@100ms', 'trade'] });
    await first.synchronise();
    await expect.poll(() => server.position(), { timeout: 20_000 }).toBe(cut + 1);
    const second = await clientOf(server, { streams: ['depth@100ms', 'trade'] });
    await second.synchronise();
    await server.finished;
    await second.until(() => second.book?.sequence === session.lastSequence);
    expect(first.closed).toBeNull();
    expect(first.book?.sequence).toBeLessThan(session.lastSequence);
  });

  test('snapshots can be rejected, stale or slow', async () => {
    const faults = [
      { status: 429, headers: { 'retry-after': '1' } },
      { lastUpdateId: 1 },
      { delayMs: 50 },
    ];
    const server = await replayOf({ snapshotFault: (request) => faults[request] });
    const client = await clientOf(server, { streams: ['depth@100ms', 'trade'] });
    const path = '/api/v3/depth?symbol=BTCUSDT&limit=5000';
    const refused = await client.rest(path);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect((await client.rest(path)).body.lastUpdateId).toBe(1);
    await client.synchronise();
    await server.finished;
    await client.until(() => client.book?.sequence === server.session.lastSequence);
    expect(client.gaps).toEqual([]);
  });

  test('a hook that throws fails the play', async () => {
    const server = await replayOf({
      fault: () => {
        throw new Error('planted');
      },
    });
    await clientOf(server, { streams: ['depth@100ms', 'trade'] });
    await expect(server.finished).rejects.toThrow('planted');
  });
});
