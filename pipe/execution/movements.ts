/** The movements of money that fills and transfers make. The journal numbers them. Pure. */

import { addExact, formatExact, multiplyExact, negateExact, parseExact } from '../market/exact.ts';
import type { Exact } from '../market/exact.ts';
import type { LedgerEntry } from '../records/records.ts';
import type { OrderResult, Transfer } from '../strategy/strategy.ts';

const PAPER = 'paper';

type Movement = Omit<LedgerEntry, 'number' | 'balance' | 'amount'> & { readonly amount: Exact };

function entry({ amount, ...movement }: Movement): LedgerEntry {
  return { number: 0, balance: '0', ...movement, amount: formatExact(amount) };
}

/** What an order did: for each fill both coins, then the fee. */
export function movementsOf(strategy: string, result: OrderResult): LedgerEntry[] {
  const { request, atUs, fills, fee, orderId } = result;
  const { venue, side, decision } = request;
  const head = { atUs, strategy, decision, venue: venue.name, fill: orderId ?? PAPER };
  const entries = fills.flatMap(({ price, size }) => {
    const base = parseExact(size);
    const quote = multiplyExact(parseExact(price), base);
    const isBuy = side === 'buy';
    const [given, got] = isBuy ? [quote, base] : [base, quote];
    return [
      entry({
        ...head,
        kind: side,
        coin: isBuy ? venue.quote : venue.base,
        amount: negateExact(given),
      }),
      entry({ ...head, kind: side, coin: isBuy ? venue.base : venue.quote, amount: got }),
    ];
  });
  const charged = parseExact(fee.amount);
  if (charged.value === 0n) return entries;
  return [
    ...entries,
    entry({ ...head, kind: 'fee', coin: fee.coin, amount: negateExact(charged) }),
  ];
}

/** What leaves a venue: what will arrive, and what is lost on the way. */
export function withdrawalOf(strategy: string, transfer: Transfer, atUs: number): LedgerEntry[] {
  const { decision, coin, from, amount, fee } = transfer;
  const head = { atUs, strategy, decision, venue: from, coin, fill: null };
  const lost = parseExact(fee);
  const sent = addExact(parseExact(amount), negateExact(lost));
  const withdrawal = entry({ ...head, kind: 'withdrawal', amount: negateExact(sent) });
  if (lost.value === 0n) return [withdrawal];
  return [withdrawal, entry({ ...head, kind: 'transfer-fee', amount: negateExact(lost) })];
}

export function depositOf(strategy: string, transfer: Transfer, atUs: number): LedgerEntry {
  const { decision, coin, to, amount, fee, arrivesUs } = transfer;
  const arrived = addExact(parseExact(amount), negateExact(parseExact(fee)));
  const head = { atUs, strategy, decision, venue: to, coin, fill: null };
  const late = atUs > arrivesUs && { dueUs: arrivesUs };
  return entry({ ...head, ...late, kind: 'deposit', amount: arrived });
}
