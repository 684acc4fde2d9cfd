/** The book topics that can be recorded. */

/** Of `BYBIT_FEED`: the whole book, or a window of so many levels a side. */
export type BybitFeedName = 'full' | '1000' | '200' | '50';

interface BookTopic {
  /** Levels a side that it shows; null: all. */
  readonly window: number | null;
  /** The pace of its deltas. */
  readonly paceMs: number;
}

/** Source: https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook and full-ob (2026-07-24). */
export const BOOK_TOPICS: Readonly<Record<BybitFeedName, BookTopic>> = {
  full: { window: null, paceMs: 200 },
  '1000': { window: 1000, paceMs: 200 },
  '200': { window: 200, paceMs: 100 },
  '50': { window: 50, paceMs: 20 },
};

/** Under this name it is recorded: `orderbook.full`. */
export function feedOf(name: BybitFeedName): string {
  return `orderbook.${name}`;
}

const WINDOWED: ReadonlySet<string> = new Set(
  (Object.keys(BOOK_TOPICS) as BybitFeedName[])
    .filter((name) => BOOK_TOPICS[name].window !== null)
    .map(feedOf),
);

/** A feed that shows the best levels only: they enter and leave its window as the market moves. */
export function isWindowed(feed: string): boolean {
  return WINDOWED.has(feed);
}
