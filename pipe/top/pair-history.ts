/** The tops of the books of one pair over the last hours, as strategies see them. */

export interface PairHistory {
  /**
   * Bid and ask of a venue as they stood at a moment on the receive clock, plain decimals; null: there was no
   * proven book, or one side was empty, or the moment is older than the memory.
   */
  at(venue: string, us: number): { readonly bid: string; readonly ask: string } | null;
}
