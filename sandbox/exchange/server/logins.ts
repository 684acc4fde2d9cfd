/** Who a client is: user names and passwords against the stored hashes, a few at a time. */

import type { Accounts } from '../engine/accounts.ts';
import type { Credentials } from '../wire/requests.ts';
import { isPassword, rejectSlowly } from './passwords.ts';

export type Login =
  | { readonly kind: 'user'; readonly user: number }
  | { readonly kind: 'rejected'; readonly status: 401 | 429; readonly error: string };

export class Logins {
  readonly #accounts: Accounts;
  readonly #hashes: readonly (string | null)[];
  readonly #maxAtOnce: number;
  #checking = 0;

  constructor(accounts: Accounts, hashes: readonly (string | null)[], maxAtOnce: number) {
    this.#accounts = accounts;
    this.#hashes = hashes;
    this.#maxAtOnce = maxAtOnce;
  }

  async check({ username, password }: Credentials): Promise<Login> {
    if (this.#checking >= this.#maxAtOnce) {
      return { kind: 'rejected', status: 429, error: 'Too many logins at once: try again later' };
    }
    this.#checking++;
    try {
      const user = this.#accounts.find(username);
      const hash = user === undefined ? null : (this.#hashes[user] ?? null);
      const isRight = await (hash === null ? rejectSlowly(password) : isPassword(password, hash));
      if (user !== undefined && isRight) return { kind: 'user', user };
      return { kind: 'rejected', status: 401, error: 'Wrong username or password' };
    } finally {
      this.#checking--;
    }
  }
}
