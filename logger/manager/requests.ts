/** Checks the securities named in a request. Every error message begins with the field. */

import { InvalidArgumentError, UnknownSecurityError } from '../errors.ts';
import { validSecurity } from '../queries/validate.ts';
import type { LoggerControl } from '../status/control.ts';

/** @throws InvalidArgumentError for none, too many or a malformed one. */
export function checkSecurities(securities: readonly string[], max: number): readonly string[] {
  if (securities.length === 0) {
    throw new InvalidArgumentError('securities: name at least one, like binance:BTCUSDT');
  }
  if (securities.length > max) {
    throw new InvalidArgumentError(`securities: ${securities.length} named, at most ${max} a call`);
  }
  for (const security of securities) validSecurity(security);
  return securities;
}

/** The archive's id of a security named in a request. @throws InvalidArgumentError */
export function checkSecurity(security: string, control: LoggerControl): string {
  return control.canonicalId(validSecurity(security));
}

/** The same of one that is recorded now. @throws InvalidArgumentError, UnknownSecurityError */
export function recordedSecurity(security: string, control: LoggerControl): string {
  const id = checkSecurity(security, control);
  if (control.status(id) !== undefined) return id;
  throw new UnknownSecurityError(`${id} is not recorded now; add it first`);
}

/** A valid query with the archive's id of its security. @throws InvalidArgumentError */
export function canonical<Query extends { readonly security: string }>(
  query: Query,
  control: LoggerControl,
): Query {
  return { ...query, security: control.canonicalId(query.security) };
}
