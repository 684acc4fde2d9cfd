/**
 * What one contract is, in the exchange's own terms: sizes are contracts, and what they are worth is in the
 * instrument. Spot pairs are traded in the smallest unit of the coin.
 *
 * Source: https://www.bitmex.com/app/contract and the Swagger file (gathered 2026-11-20).
 */

import type { Contract } from '../../market/contract.ts';
import { JsonNumber } from '../wire/exact-json.ts';
import type { Fields } from '../wire/fields.ts';

const SPOT = 'IFXXXP';

/** null where the instrument does not say it. */
export function contractOf(fields: Fields): Contract | null {
  const kind = kindOf(fields);
  if (kind === null) return null;
  return {
    kind,
    multiplier: numberOf(fields['multiplier']),
    underlyingPerPosition: numberOf(fields['underlyingToPositionMultiplier']),
    underlying: wordOf(fields['underlying']),
    quoteCurrency: wordOf(fields['quoteCurrency']),
    settlementCurrency: wordOf(fields['settlCurrency']),
  };
}

function kindOf({ typ, isInverse, isQuanto }: Fields): Contract['kind'] | null {
  if (typ === SPOT) return 'spot';
  if (isInverse === true) return 'inverse';
  if (isQuanto === true) return 'quanto';
  return isInverse === false && isQuanto === false ? 'linear' : null;
}

function numberOf(value: unknown): string | null {
  return value instanceof JsonNumber ? value.decimal : null;
}

function wordOf(value: unknown): string | null {
  return typeof value === 'string' && /^[\w.-]{1,20}$/.test(value) ? value : null;
}
