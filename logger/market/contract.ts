/** What a size counts where that is not an amount of the traded asset. */

/** What one contract is, in the exchange's own terms; decimals as text, null where it does not say. */
export interface Contract {
  /**
   * `inverse`: worth a fixed amount of the quote currency, settled in the underlying. `linear`: worth a
   * fixed amount of the underlying. `quanto`: settled in a third currency. `spot`: a part of the coin.
   */
  readonly kind: 'inverse' | 'linear' | 'quanto' | 'spot';
  readonly multiplier: string | null;
  /** Contracts in one unit of the underlying. */
  readonly underlyingPerPosition: string | null;
  readonly underlying: string | null;
  readonly quoteCurrency: string | null;
  readonly settlementCurrency: string | null;
}

/** For people: `inverse XBT/USD, multiplier -100000000, settled in XBt`. */
export function contractText(contract: Contract): string {
  const { kind, multiplier, underlyingPerPosition, underlying, settlementCurrency } = contract;
  const pair = [underlying, contract.quoteCurrency].filter((name) => name !== null).join('/');
  const parts = [pair === '' ? kind : `${kind} ${pair}`];
  if (underlyingPerPosition !== null) {
    parts.push(`${underlyingPerPosition} = 1 ${underlying ?? 'of the underlying'}`);
  }
  if (multiplier !== null) parts.push(`multiplier ${multiplier}`);
  if (settlementCurrency !== null) parts.push(`settled in ${settlementCurrency}`);
  return parts.join(', ');
}
