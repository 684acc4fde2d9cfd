/**
 * What trading and moving coins costs, per exchange: defaults with source and date, which a user's file and what
 * exchanges publish replace. All fractions and amounts are exact decimals.
 */

/** Of one exchange. */
export interface ExchangeFees {
  /** Fractions: `0.001` is 10 bps. */
  readonly taker: string;
  readonly maker: string;
  /** In which coin the fee of a trade is charged: the coin received, or always the quote. */
  readonly feeIn: 'received' | 'quote';
  /** From a decision to the fill, milliseconds. */
  readonly latencyMs: number;
  readonly origin: FeeOrigin;
  /** Of figures that are from elsewhere than `origin`, by their names. */
  readonly origins?: Readonly<Record<string, FeeOrigin>>;
  /** By coin, in the common spelling. */
  readonly coins: Readonly<Record<string, readonly Network[]>>;
}

/** One way of a coin out of this exchange, or into it. */
export interface Network {
  /** In the common spelling: `bitcoin`, `ethereum`, `tron`, `solana` … */
  readonly name: string;
  /** Amount and fraction that a withdrawal costs; null: not known. */
  readonly withdrawFee: string | null;
  readonly withdrawPercent: string;
  /** null: not known. */
  readonly withdrawMin: string | null;
  readonly canWithdraw: boolean;
  readonly canDeposit: boolean;
  /** What this exchange demands before it credits a deposit. */
  readonly confirmations: number;
  readonly blockSeconds: number;
  /** What this exchange takes before it sends a withdrawal. */
  readonly processingSeconds: number;
  readonly origin: FeeOrigin;
  readonly origins?: Readonly<Record<string, FeeOrigin>>;
}

export interface FeeOrigin {
  /** A page's address, a file, or `assumed`: nobody has published it where we could read it. */
  readonly source: string;
  /** `2026-11-28`, or a time in UTC: `2026-11-28T09:30:00Z`. */
  readonly readAt: string;
}

export interface FeeTable {
  /** By exchange. */
  readonly exchanges: Readonly<Record<string, ExchangeFees>>;
}
