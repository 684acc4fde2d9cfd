/** Finds exchanges by name and resolves securities in their spelling. */

import { InvalidArgumentError } from '../errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { parseSecurity, securityOf } from '../market/security.ts';
import type { Security } from '../market/security.ts';

export interface ListedSecurity {
  readonly security: Security;
  readonly exchange: Exchange;
}

/** Spells a symbol that was given in any case as its exchange does. */
export type NormalizeSymbol = (exchange: string, symbol: string) => string;

export class ExchangeDirectory {
  readonly #byName: ReadonlyMap<string, Exchange>;
  readonly #normalizeSymbol: NormalizeSymbol;

  constructor(byName: ReadonlyMap<string, Exchange>, normalizeSymbol: NormalizeSymbol) {
    this.#byName = byName;
    this.#normalizeSymbol = normalizeSymbol;
  }

  all(): readonly Exchange[] {
    return [...this.#byName.values()];
  }

  /** @param field what an error calls the name. @throws InvalidArgumentError */
  get(name: string, field: string): Exchange {
    const exchange = this.#byName.get(name);
    if (exchange) return exchange;
    const known = [...this.#byName.keys()].join(', ');
    throw new InvalidArgumentError(
      `${field}: unknown exchange ${JSON.stringify(name.slice(0, 40))} (known: ${known})`,
    );
  }

  /** The security of a canonical id. @throws InvalidArgumentError */
  resolve(id: string): ListedSecurity {
    const security = parseSecurity(id);
    return { security, exchange: this.get(security.exchange, 'security') };
  }

  /** The id of a security given in any case. @throws InvalidArgumentError */
  canonicalId(text: string, field = 'security'): string {
    const { exchange, symbol } = parseSecurity(text);
    const { name } = this.get(exchange, field);
    return securityOf(name, this.#normalizeSymbol(name, symbol)).id;
  }
}
