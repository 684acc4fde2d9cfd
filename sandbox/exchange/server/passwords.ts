/** Passwords are kept as scrypt hashes, with their parameters: `scrypt$16384$8$1$<salt>$<hash>`. */

import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { InvalidArgumentError } from '../../../logger/errors.ts';

const [COST, BLOCK_SIZE, PARALLEL] = [16_384, 8, 1];
const HASH_BYTES = 32;

const derive = promisify<
  string,
  Buffer,
  number,
  { readonly N: number; readonly r: number; readonly p: number },
  Buffer
>(scrypt);

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, HASH_BYTES, { N: COST, r: BLOCK_SIZE, p: PARALLEL });
  const parts = [COST, BLOCK_SIZE, PARALLEL, salt.toString('base64'), hash.toString('base64')];
  return `scrypt$${parts.join('$')}`;
}

/** @throws InvalidArgumentError for a hash that is none. */
export async function isPassword(password: string, stored: string): Promise<boolean> {
  const [kind, n, r, p, salt = '', hash = ''] = stored.split('$');
  if (kind !== 'scrypt' || hash === '')
    throw new InvalidArgumentError('A password hash is malformed');
  const expected = Buffer.from(hash, 'base64');
  const options = { N: Number(n), r: Number(r), p: Number(p) };
  const found = await derive(password, Buffer.from(salt, 'base64'), expected.length, options);
  return timingSafeEqual(found, expected);
}

/** For somebody who does not exist: a wrong name takes as long as a wrong password. */
export async function rejectSlowly(password: string): Promise<false> {
  await derive(password, Buffer.alloc(16), HASH_BYTES, { N: COST, r: BLOCK_SIZE, p: PARALLEL });
  return false;
}

/** To recognise credentials that were right before, without keeping them. */
export function digestOf(username: string, password: string): Buffer {
  return createHash('sha256').update(`${username.length}:${username}:${password}`).digest();
}
