/**
 * Commands through the sandbox's matching: the book alone, and with accounts, against `nodejs-order-book`
 * in the same run. Half of the commands are cancels of orders that may be gone, as on a busy exchange.
 */

import { isDeepStrictEqual } from 'node:util';

import { Accounts } from '../sandbox/exchange/engine/accounts.ts';
import { ExchangeState } from '../sandbox/exchange/engine/exchange-state.ts';
import { MatchingEngine } from '../sandbox/market/matching-engine.ts';
import type { OrderSide } from '../sandbox/market/order-events.ts';
import { exponential, seededRandom, uniformInt } from '../sandbox/prng.ts';
import type { BenchData } from './data.ts';
import type { Figure, Section } from './figures.ts';
import type { Peers } from './peers/packages.ts';
import { ratioOf, timeRounds } from './timing.ts';

interface Given {
  readonly data: BenchData;
  readonly peers: Peers;
}

const COMMANDS = 300_000;
const USERS = 100;

type BenchCommand =
  | { readonly side: OrderSide; readonly price: number; readonly size: number; readonly id: number }
  | { readonly cancel: number };

/** Flat price, size …, best first. */
interface Depth {
  readonly buy: readonly number[];
  readonly sell: readonly number[];
}

/** nodejs-order-book, as far as it is used. */
interface PeerBook {
  limit(order: { side: OrderSide; price: number; size: number; id: string }): unknown;
  cancel(id: string): unknown;
  depth(): [asks: [price: number, size: number][], bids: [price: number, size: number][]];
}
interface PeerModule {
  readonly OrderBook: new () => PeerBook;
}

export async function* matchingSections({ data, peers }: Given): AsyncGenerator<Section> {
  if (!data.isDefault) return;
  const commands = randomCommands();
  const peer = await peers.load<PeerModule>('nodejs-order-book');
  const unit = '× our time';
  const tasks: Record<string, () => unknown> = {
    matching: () => throughEngine(commands),
    accounts: () => throughState(commands),
  };
  const { module } = peer ?? {};
  if (module) tasks['peer'] = () => throughPeer(module, commands);
  const right = throughEngine(commands);
  const isRight = (depth: Depth): Partial<Figure> =>
    isDeepStrictEqual(depth, right) ? {} : { isWrong: true, remark: 'ends with another book' };
  const accountsRight = isRight(throughState(commands));
  const peerRight = module ? isRight(throughPeer(module, commands)) : {};
  const rounds = await timeRounds(tasks);
  const figures: Figure[] = [
    {
      name: 'ours: matching',
      role: 'ours',
      ...ratioOf(rounds, 'matching', 'matching'),
      unit,
    },
    {
      name: 'ours: matching, accounts and holds',
      role: 'ours',
      ...ratioOf(rounds, 'accounts', 'matching'),
      unit,
      ...accountsRight,
    },
  ];
  if (peer) {
    const ratio = ratioOf(rounds, 'peer', 'matching');
    figures.push({ name: peer.title, role: 'peer', ...ratio, unit, goal: '≥ 3', ...peerRight });
  }
  yield {
    title: `Matching: ${COMMANDS} commands, half of them cancels`,
    note: 'Limit orders and cancels on one book, price-time priority. Time, less is better. Checked: the same levels at the end.',
    better: 'lower',
    figures,
  };
  yield {
    title: 'Commands through the sandbox exchange in memory',
    figures: (['matching', 'accounts'] as const).map((name) => {
      const perSecond = (rounds.get(name) ?? []).map((ms) => (COMMANDS / ms) * 1000);
      perSecond.sort((a, b) => a - b);
      return {
        name: name === 'matching' ? 'matching' : 'matching, accounts and holds',
        value: perSecond[perSecond.length >> 1] ?? Number.NaN,
        spread: [perSecond[0] ?? Number.NaN, perSecond.at(-1) ?? Number.NaN] as const,
        unit: 'commands/s',
        goal: '≥ 1000000',
      };
    }),
  };
}

function randomCommands(): BenchCommand[] {
  const random = seededRandom('matching');
  const commands: BenchCommand[] = [];
  let id = 0;
  while (commands.length < COMMANDS) {
    if (id > 0 && random.next() < 0.5) {
      commands.push({ cancel: Math.max(1, id - Math.floor(exponential(random) * 200)) });
      continue;
    }
    const side = random.next() < 0.5 ? 'buy' : 'sell';
    const away = Math.floor(exponential(random) * 60) - 10;
    const price = 100_000 + (side === 'buy' ? -away : away);
    commands.push({ side, price, size: 1 + uniformInt(random, 500), id: ++id });
  }
  return commands;
}

function throughEngine(commands: readonly BenchCommand[]): Depth {
  let events = 0;
  const engine = new MatchingEngine({
    grid: { tickSize: 1, lotSize: 1 },
    firstSequence: 0,
    firstTradeId: 1,
    onEvent: () => events++,
  });
  for (const command of commands) {
    if ('cancel' in command) engine.cancel(command.cancel);
    else engine.limit(command);
  }
  return { buy: engine.levels('buy'), sell: engine.levels('sell') };
}

function throughState(commands: readonly BenchCommand[]): Depth {
  const rich = { cash: 1e13, cashOnHold: 0, coin: 1e11, coinOnHold: 0 };
  const names = ['admin', ...Array.from({ length: USERS }, (_, i) => `user${i + 1}`)];
  const accounts = new Accounts(names.map((username, user) => ({ user, username, ...rich })));
  const position = { bookSequence: 0, tradeId: 0, orderId: 0, openOrders: 0 };
  const state = new ExchangeState({ accounts, position });
  for (const command of commands) {
    if ('cancel' in command) {
      const orderId = command.cancel;
      state.execute({ type: 'cancel', user: userOf(orderId), orderId });
    } else {
      const { side, price, size, id } = command;
      state.execute({ type: 'order', user: userOf(id), side, price, size });
    }
  }
  return { buy: levelsOf(state, 'buy'), sell: levelsOf(state, 'sell') };
}

function throughPeer({ OrderBook }: PeerModule, commands: readonly BenchCommand[]): Depth {
  const book = new OrderBook();
  for (const command of commands) {
    if ('cancel' in command) book.cancel(String(command.cancel));
    else {
      const { side, price, size, id } = command;
      book.limit({ side, price, size, id: String(id) });
    }
  }
  const [asks, bids] = book.depth();
  const sell = [...asks].sort(([a], [b]) => a - b).flat();
  const buy = [...bids].sort(([a], [b]) => b - a).flat();
  return { buy, sell };
}

function userOf(orderId: number): number {
  return 1 + (orderId % USERS);
}

function levelsOf(state: ExchangeState, side: OrderSide): number[] {
  const levels = new Map<number, number>();
  for (const { price, remaining } of state.orders(side))
    levels.set(price, (levels.get(price) ?? 0) + remaining);
  return [...levels].flat();
}
