/**
 * Reads `incremental_book_L2` as Tardis documents it: the first row of a snapshot empties the book, an
 * amount of 0 removes a level, and rows before the first snapshot are skipped.
 */

export class TardisBook {
  readonly #sides = { bid: new Map<string, string>(), ask: new Map<string, string>() };
  #wasSnapshot = false;
  #hasBegun = false;

  take(row: string): void {
    const [, , , , isSnapshotText, side, price, amount] = row.split(',');
    const isSnapshot = isSnapshotText === 'true';
    if (isSnapshot && !this.#wasSnapshot) {
      this.#sides.bid.clear();
      this.#sides.ask.clear();
    }
    this.#wasSnapshot = isSnapshot;
    this.#hasBegun ||= isSnapshot;
    if (!this.#hasBegun) return;
    const levels = this.#sides[side as 'bid' | 'ask'];
    if (Number(amount) === 0) levels.delete(price as string);
    else levels.set(price as string, amount as string);
  }

  /** `[price, amount]`, best first. */
  rows(): { bids: [string, string][]; asks: [string, string][] } {
    return {
      bids: [...this.#sides.bid].sort(([a], [b]) => Number(b) - Number(a)),
      asks: [...this.#sides.ask].sort(([a], [b]) => Number(a) - Number(b)),
    };
  }
}
