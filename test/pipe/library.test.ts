/** The pipe in a program of one's own, over real gRPC. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPipe } from '../../pipe/library.ts';
import type { TopChange } from '../../pipe/library.ts';
import { KEY } from '../manager/fixture.ts';
import { MarketServer, image, instrument } from '../support/market-server.ts';
import { START_US } from '../support/toy-strategy.ts';
import { until } from '../support/until.ts';

const BINANCE = 'binance:BTCUSDT';
let server: MarketServer;

beforeEach(async () => {
  server = await MarketServer.start([instrument(BINANCE, 'BTC', 'USDT')]);
});
afterEach(() => server.close());

test('shows tops as they move, and as they were', async () => {
  const loggers = [{ port: server.port, authkey: KEY }];
  const pipe = await openPipe({ pairs: ['BTC-USDT'], exchanges: ['binance'], loggers });
  const changes: TopChange[] = [];
  const end = pipe.onChange((change) => changes.push(change));
  expect(pipe.venues).toEqual([['BTCUSDT', 'binance']]);
  await server.send(BINANCE, image(START_US, ['100', '1'], ['101', '2']));
  await pipe.ready();
  await server.send(BINANCE, image(START_US + 1_000_000, ['100.5', '1'], []));
  await until('two changes', () => changes.length === 2);
  const top = { symbol: 'BTCUSDT', topBid: '100', topBidQuantity: '1', topAsk: '101', topAskQuantity: '2' }; // prettier-ignore
  const later = { ...top, topBid: '100.5', topAsk: null, topAskQuantity: null };
  expect(changes.map((change) => change.top)).toEqual([top, later]);
  expect(pipe.at('BTCUSDT')).toEqual({ binance: later });
  expect(pipe.at('BTCUSDT', `${START_US + 999_999}us`)).toEqual({ binance: top });
  expect(pipe.at('BTCUSDT', new Date(START_US / 1000 - 1))).toEqual({ binance: null });
  const range = pipe.range('BTCUSDT', `${START_US + 10}us`, `${START_US + 2_000_000}us`);
  expect(range.map(({ atUs }) => atUs - START_US)).toEqual([10, 1_000_000]);
  expect(() => pipe.at('ETHUSDT')).toThrow(/pair: ETHUSDT is not followed/);
  end();
  await pipe.close();
  await pipe.close();
});

test('what can’t be opened is an error', async () => {
  const loggers = [{ port: server.port, authkey: KEY }];
  await expect(openPipe({ pairs: ['ETHUSDT'], loggers })).rejects.toThrow(/not recorded: ETHUSDT/);
  const wrong = [{ port: server.port, authkey: 'another-key-of-16-characters' }];
  const rejected = openPipe({ pairs: ['BTCUSDT'], loggers: wrong });
  await expect(rejected).rejects.toMatchObject({ exitCode: 3 });
});

test('once nothing is followed any more, no top is shown as if it were one of now', async () => {
  const loggers = [{ port: server.port, authkey: KEY }];
  const pipe = await openPipe({ pairs: ['BTCUSDT'], loggers });
  const changes: TopChange[] = [];
  pipe.onChange((change) => changes.push(change));
  await server.send(BINANCE, image(START_US, ['100', '1'], ['101', '2']));
  await until('the top', () => pipe.at('BTCUSDT')['binance'] !== null);
  const { port } = server;
  server.close();
  server = await MarketServer.start([], port, 'another-key-of-16-characters');
  await until('its end', () => {
    try {
      pipe.at('BTCUSDT');
      return false;
    } catch {
      return true;
    }
  });
  expect(changes.at(-1)?.top).toBeNull();
  expect(() => pipe.at('BTCUSDT')).toThrow(expect.objectContaining({ exitCode: 3 }));
  expect(() => pipe.range('BTCUSDT', `${START_US}us`)).toThrow(
    expect.objectContaining({ exitCode: 3 }),
  );
  await pipe.close();
});

test('an error of a listener ends the pipe, and the next question throws it', async () => {
  const loggers = [{ port: server.port, authkey: KEY }];
  const pipe = await openPipe({ pairs: ['BTCUSDT'], loggers });
  const broken = new Error('broken');
  pipe.onChange(() => {
    throw broken;
  });
  await server.send(BINANCE, image(START_US, ['100', '1'], ['101', '2']));
  await expect(
    pipe.ready().then(() => until('its end', () => pipe.at('BTCUSDT') === null)),
  ).rejects.toBe(broken);
  await pipe.close();
  expect(() => pipe.at('BTCUSDT')).toThrow(broken);
});

test('a pipe that is closed answers no more', async () => {
  const loggers = [{ port: server.port, authkey: KEY }];
  const pipe = await openPipe({ pairs: ['BTCUSDT'], loggers });
  await pipe.close();
  expect(() => pipe.at('BTCUSDT')).toThrow(/The pipe is closed/);
});
