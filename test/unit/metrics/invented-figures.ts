/** Invented figures. */

import type { LoggerFigures, SecurityFigures } from '../../../logger/status/figures.ts';

export function securityFigures(
  security: string,
  overrides: Partial<SecurityFigures> = {},
): SecurityFigures {
  return {
    security,
    exchange: security.split(':')[0] ?? '',
    state: 'live',
    messages: 1234,
    latency: { bounds: [0.01, 0.1], counts: [1, 2, 3], sum: 4.5 },
    gapsByCause: new Map([['sequence', 2]]),
    resyncs: 2,
    selfCheck: { images: 48, snapshots: 5, mismatches: 1 },
    lastMessageUs: 1_795_158_004_031_002,
    queuedEvents: 42,
    bidHorizonRatio: 0.25,
    askHorizonRatio: null,
    lastImageUs: 1_795_158_000_000_000,
    storedBytes: 123_456,
    storedGaps: 3,
    ...overrides,
  };
}

export function loggerFigures(overrides: Partial<LoggerFigures> = {}): LoggerFigures {
  return {
    health: {
      status: 'serving',
      uptime: 12.5,
      version: '9.9.9',
      archive: { kind: 'embedded', reachable: true, lag: 0.25, spoolBytes: 7, message: null },
      process: {
        rss: 1,
        heapUsed: 1,
        eventLoopLag: 1.25,
        threads: 11,
        handles: 7,
        queuedEvents: 42,
        spoolBytes: 7,
      },
      selfCheck: { images: 96, snapshots: 10, mismatches: 2 },
    },
    securities: [securityFigures('binance:BTCUSDT'), securityFigures('coinbase:BTC-USD')],
    exchanges: [
      {
        exchange: 'binance',
        connections: 1,
        frames: 99,
        bytes: 10_000,
        wireErrors: { json: 1 },
        requestsWaiting: 3,
        requestWeightUsed: 250,
        bannedUntilUs: 1_795_158_060_000_000,
      },
    ],
    eventLoopStalls: 3,
    candles: { kept: 20, failures: 1, waiting: 8 },
    diskFreeBytes: 4_000_000_000,
    ...overrides,
  };
}
