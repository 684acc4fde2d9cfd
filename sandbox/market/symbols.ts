/** The default symbols and the character of each symbol's market. */

import { InvalidArgumentError } from '../../logger/errors.ts';
import { isSymbol } from '../../logger/market/security.ts';

export interface SymbolProfile {
  readonly symbol: string;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  /** Decimal texts, as the exchange prints them. */
  readonly tickSize: string;
  readonly lotSize: string;
  readonly startPrice: string;
  /** Price levels per side at which the book settles. */
  readonly depthLevels: number;
  /** Mean distance of two neighbouring levels, in ticks. */
  readonly spacingTicks: number;
  /** Size of an ordinary order, as decimal text. */
  readonly typicalSize: string;
  /** Share of the sandbox's pace: 1 for a busy symbol. */
  readonly paceShare: number;
  /** Share of actions that take from the book, 0 to 1. */
  readonly takerShare: number;
  /** Relative standard deviation of the fair price over one second. */
  readonly volatility: number;
}

const COMMON = { quoteAsset: 'USDT', takerShare: 0.08, volatility: 0.000_01 } as const;

export const DEFAULT_SYMBOLS: readonly SymbolProfile[] = [
  {
    ...COMMON,
    symbol: 'BTCUSDT',
    baseAsset: 'BTC',
    tickSize: '0.01',
    lotSize: '0.00001',
    startPrice: '61837.63',
    depthLevels: 3000,
    spacingTicks: 20,
    typicalSize: '0.05',
    paceShare: 1,
  },
  {
    ...COMMON,
    symbol: 'ETHUSDT',
    baseAsset: 'ETH',
    tickSize: '0.01',
    lotSize: '0.0001',
    startPrice: '2684.4',
    depthLevels: 2000,
    spacingTicks: 4,
    typicalSize: '0.8',
    paceShare: 0.6,
  },
  {
    // Nothing happens here for seconds at a time.
    ...COMMON,
    symbol: 'QUIETUSDT',
    baseAsset: 'QUIET',
    tickSize: '0.001',
    lotSize: '0.1',
    startPrice: '12.5',
    depthLevels: 300,
    spacingTicks: 4,
    typicalSize: '40',
    paceShare: 0.003,
    takerShare: 0.4,
  },
  {
    // Deeper than the 5,000 levels per side of a REST snapshot.
    ...COMMON,
    symbol: 'DEEPUSDT',
    baseAsset: 'DEEP',
    tickSize: '0.0001',
    lotSize: '0.01',
    startPrice: '104.2',
    depthLevels: 6200,
    spacingTicks: 6,
    typicalSize: '25',
    paceShare: 0.7,
  },
];

const QUOTE_ASSETS = ['USDT', 'USDC', 'BTC', 'EUR', 'USD'];

/**
 * The profile of a default symbol, or of an ordinary market under that name.
 * @throws InvalidArgumentError for a name that Binance would not use.
 */
export function profileOf(symbol: string): SymbolProfile {
  const known = DEFAULT_SYMBOLS.find((profile) => profile.symbol === symbol);
  if (known) return known;
  if (!isListable(symbol)) {
    throw new InvalidArgumentError(
      `symbols: ${JSON.stringify(symbol.slice(0, 40))} is not a symbol like BTCUSDT`,
    );
  }
  const quoteAsset = QUOTE_ASSETS.find(
    (asset) => symbol.length > asset.length && symbol.endsWith(asset),
  );
  return {
    ...COMMON,
    symbol,
    baseAsset: quoteAsset ? symbol.slice(0, -quoteAsset.length) : symbol,
    quoteAsset: quoteAsset ?? 'USDT',
    tickSize: '0.001',
    lotSize: '0.01',
    startPrice: '98.765',
    depthLevels: 1200,
    spacingTicks: 5,
    typicalSize: '10',
    paceShare: 0.3,
  };
}

/** Upper case in its ASCII letters. Names need not be ASCII: Binance lists `币安人生USDT`. */
function isListable(symbol: string): boolean {
  return /^[A-Z0-9\u0080-\u{10ffff}]{2,20}$/u.test(symbol) && isSymbol(symbol);
}
