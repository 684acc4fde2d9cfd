/** The public feed in an auction: the book may be crossed, in messages that do not say so themselves. */

import { expect, test } from 'vitest';
import { WireFormatError } from '../../../../logger/errors.ts';
import { BTC, orderBook, snapshot } from '../../../support/coinbase-frames.ts';
import { createFeed } from './level2.ts';

const signal = new AbortController().signal;
const CROSSED = snapshot({ bids: [['90020.00', '1']], asks: [['90010.00', '1']] });
const auction = (state: string) => ({
  type: 'auction',
  product_id: BTC,
  sequence: 7,
  auction_state: state,
});
const auctions = ({ calls }: { readonly calls: readonly { readonly what: string }[] }) =>
  calls.filter(({ what }) => what === 'auction');

test('its messages are asked for; each change is told once, and a crossed book is taken', async () => {
  const feed = createFeed();
  const { socket, listener } = feed.streaming();
  expect(feed.sent(socket)[0]?.['channels']).toContain('auctionfeed');
  for (const state of ['collection', 'collection', 'opening']) socket.message(auction(state));
  socket.message(CROSSED);
  expect(await feed.exchange.snapshot(BTC, signal)).toMatchObject({
    bids: [9_002_000, 100_000_000],
    asks: [9_001_000, 100_000_000],
  });
  for (const state of ['complete', 'complete']) socket.message(auction(state));
  expect(auctions(listener)).toEqual([
    { what: 'auction', isCollecting: true },
    { what: 'auction', isCollecting: false },
  ]);
});

test.each([true, false])(
  'a crossed book before any such message: the exchange is asked (%s)',
  async (isAuction) => {
    const feed = createFeed();
    feed.answers(200, orderBook(7, { auction_mode: isAuction }));
    const { socket, listener } = feed.streaming();
    const taken = feed.exchange.snapshot(BTC, signal);
    socket.message(CROSSED);
    await expect(taken).rejects.toThrow(WireFormatError);
    expect(feed.transport.asked).toEqual([`https://rest.test/products/${BTC}/book?level=1`]);
    expect(auctions(listener)).toEqual(isAuction ? [{ what: 'auction', isCollecting: true }] : []);
    // The book comes again with the next subscription.
    const next = feed.exchange.snapshot(BTC, signal);
    feed.clock.advance(1000);
    feed.confirm(socket);
    feed.clock.advance(1000);
    feed.confirm(socket);
    socket.message(CROSSED);
    if (isAuction) expect(await next).toMatchObject({ bids: [9_002_000, 100_000_000] });
    else await expect(next).rejects.toThrow(/crossed/);
  },
);

test('a connection that is lost ends it: its end may come meanwhile', () => {
  const feed = createFeed();
  const { socket, listener } = feed.streaming();
  socket.message(auction('collection'));
  socket.end('cut');
  expect(auctions(listener)).toEqual([
    { what: 'auction', isCollecting: true },
    { what: 'auction', isCollecting: false },
  ]);
});

test('an answer about best prices ends one whose last message was lost, and begins none', async () => {
  const feed = createFeed();
  const { socket, listener } = feed.streaming();
  const ask = async (isAuction: boolean): Promise<void> => {
    feed.answers(200, orderBook(7, { auction_mode: isAuction }));
    await feed.exchange.probe?.([BTC], 'prices', signal);
  };
  await ask(true);
  expect(auctions(listener)).toEqual([]);
  socket.message(auction('collection'));
  await ask(true);
  expect(auctions(listener)).toHaveLength(1);
  await ask(false);
  expect(auctions(listener).at(-1)).toEqual({ what: 'auction', isCollecting: false });
});
