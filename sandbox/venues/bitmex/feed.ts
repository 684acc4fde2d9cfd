/**
 * The topics `orderBookL2` and `trade` of all instruments and their listeners. Changes pass the fault
 * injector on their way, those of each action as a stream of their own.
 */

import type { FaultInjector } from '../../faults/fault-injector.ts';
import type { MarketTrade } from '../../market/market-trade.ts';
import type { BitmexContract, TableChange } from './contract.ts';
import { corruptChange } from './corrupt-frame.ts';
import { changeText, partialText, tradesText } from './wire.ts';

export const TABLES = ['orderBookL2', 'trade'] as const;
export type Table = (typeof TABLES)[number];

/** A session, as seen by the feed. */
export interface TopicListener {
  deliver(data: string): void;
}

/** The book-update streams of an instrument, by name: one for each action. */
export function changeStreams(symbol: string): readonly string[] {
  return ['insert', 'update', 'delete'].map((action) => `${symbol}/${action}`);
}

export class BitmexFeed {
  readonly #contracts: ReadonlyMap<string, BitmexContract>;
  readonly #faults: FaultInjector<string>;
  readonly #listeners = new Map<string, Set<TopicListener>>();
  readonly #trades = new Map<string, MarketTrade[]>();

  constructor(contracts: ReadonlyMap<string, BitmexContract>, faults: FaultInjector<string>) {
    this.#contracts = contracts;
    this.#faults = faults;
    for (const { symbol, market } of contracts.values()) {
      const trades: MarketTrade[] = [];
      this.#trades.set(symbol, trades);
      market.listen({ onTrade: (trade) => void trades.push(trade) });
    }
  }

  /** Each topic begins with the table as it is. */
  subscribe(table: Table, symbol: string, nowUs: number, listener: TopicListener): void {
    const contract = this.#contracts.get(symbol);
    const listeners = this.#listenersOf(table, symbol);
    if (!contract || listeners.has(listener)) return;
    if (table === 'orderBookL2') {
      // Pending changes go to the earlier listeners; the new one finds them in its table.
      this.#sendChanges(contract, contract.takeChanges(nowUs));
      if (!this.#faults.isSilent(symbol)) listener.deliver(partialText(symbol, contract.table()));
    } else {
      listener.deliver(tradesText(contract, contract.market.recentTrades(1), 'partial'));
    }
    listeners.add(listener);
  }

  unsubscribe(table: Table, symbol: string, listener: TopicListener): void {
    this.#listenersOf(table, symbol).delete(listener);
  }

  /** Ends the delivery of book changes to whoever receives them now; trades continue. */
  forgetReceivers(symbol: string): void {
    this.#listenersOf('orderBookL2', symbol).clear();
  }

  /** Sends a row that crosses the book and is in no table. */
  cross(contract: BitmexContract, nowUs: number): void {
    this.#sendChanges(contract, [contract.phantom(nowUs)]);
  }

  /** Sends what is due by now. */
  tick(nowUs: number): void {
    for (const contract of this.#contracts.values()) {
      const { symbol } = contract;
      const trades = this.#trades.get(symbol)?.splice(0) ?? [];
      if (trades.length > 0 && !this.#faults.isSilent(symbol)) {
        const text = tradesText(contract, trades, 'insert');
        for (const listener of this.#listenersOf('trade', symbol)) listener.deliver(text);
      }
      this.#sendChanges(contract, contract.takeChanges(nowUs));
    }
  }

  #sendChanges({ symbol }: BitmexContract, changes: readonly TableChange[]): void {
    const listeners = this.#listenersOf('orderBookL2', symbol);
    if (listeners.size === 0) return;
    for (const change of changes) {
      const text = changeText(symbol, change);
      const outgoing = this.#faults.update(`${symbol}/${change.action}`, text);
      if (this.#faults.isSilent(symbol)) continue;
      for (const { frame, corruption } of outgoing) {
        const sent = corruption ? corruptChange(corruption, frame) : frame;
        for (const listener of listeners) listener.deliver(sent);
      }
    }
  }

  #listenersOf(table: Table, symbol: string): Set<TopicListener> {
    const key = `${table}:${symbol}`;
    let listeners = this.#listeners.get(key);
    if (!listeners) {
      listeners = new Set();
      this.#listeners.set(key, listeners);
    }
    return listeners;
  }
}
