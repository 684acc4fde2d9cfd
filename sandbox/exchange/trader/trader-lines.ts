/** Messages of the exchange as lines for people. Pure. */

export interface Incoming {
  readonly status?: number;
  readonly error?: string;
  readonly request?: string;
  readonly ref?: number | string;
  readonly id?: string;
  readonly table?: string;
  readonly action?: string;
  readonly data?: readonly Readonly<Record<string, unknown>>[];
}

/** undefined: there is nothing to say. */
export function lineOf({ table, action, data }: Incoming): string | undefined {
  const [row] = data ?? [];
  if (!row) return undefined;
  if (table === 'account') return balancesOf(row);
  if (table !== 'orderBookL2' || action === 'partial') return undefined;
  const what = [action, row['side']];
  const { size, priceText, remaining_size: remaining } = row as Readonly<Record<string, string>>;
  if (action === 'insert' || action === 'delete') what.push(`${size} at ${priceText}`);
  if (remaining !== undefined) what.push(`remaining ${remaining}`);
  return [...what, row['id']].join(' ');
}

export function balancesOf(row: Readonly<Record<string, unknown>>): string {
  const { username, cash_amount: cash, microbitcoin_amount: coin } = row;
  const { cash_on_hold: cashHeld, microbitcoin_on_hold: coinHeld } = row;
  return `${String(username)}: cash ${String(cash)}, microbitcoin ${String(coin)}, on hold cash ${String(cashHeld)}, microbitcoin ${String(coinHeld)}`;
}
