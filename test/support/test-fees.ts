/** Fees of an exchange, for tests. */

import type { ExchangeFees } from '../../pipe/fees/fee-table.ts';

const origin = { source: 'assumed', readAt: '2026-11-20' };

export function testFees(latencyMs: number, taker = '0.001'): ExchangeFees {
  const network = {
    name: 'bitcoin',
    withdrawFee: '0.001',
    withdrawPercent: '0',
    withdrawMin: null,
    canWithdraw: true,
    canDeposit: true,
    confirmations: 0,
    blockSeconds: 0,
    processingSeconds: 60,
    origin,
  };
  return { taker, maker: taker, feeIn: 'received', latencyMs, origin, coins: { BTC: [network] } };
}
