import { expect, test } from 'vitest';
import { sandboxAccounts } from '../../../pipe/program/run/sandbox-accounts.ts';

const A = 'sandbox@a=ws://username1@127.0.0.1:6789';

test('one account for each venue, with the password of the environment or its own', () => {
  const account = [A, 'sandbox@b=ws://user%40x:pass%3Aword@10.0.0.1:6790/'];
  expect(sandboxAccounts({ account }, { EXCHANGE_PASSWORD: 'secret' })).toEqual({
    'sandbox@a': { wsUrl: 'ws://127.0.0.1:6789', username: 'username1', password: 'secret' },
    'sandbox@b': { wsUrl: 'ws://10.0.0.1:6790', username: 'user@x', password: 'pass:word' },
  });
});

test.each([
  ['ws://username1@127.0.0.1:6789', 'not VENUE=ws://USER@HOST:PORT'],
  ['sandbox@a=http://username1@127.0.0.1:6789', 'not VENUE=ws://USER@HOST:PORT'],
  ['sandbox@a=ws://127.0.0.1:6789', 'not VENUE=ws://USER@HOST:PORT'],
  ['sandbox@a=6789', 'not VENUE=ws://USER@HOST:PORT'],
  [A, 'sandbox@a has no password: set EXCHANGE_PASSWORD'],
])('%s is rejected, and never printed', (account, message) => {
  expect(() => sandboxAccounts({ account: [account] }, {})).toThrow(message);
});

test('a venue has one account', () => {
  const args = { account: [A, A] };
  expect(() => sandboxAccounts(args, { EXCHANGE_PASSWORD: 'x' })).toThrow(
    'sandbox@a is named twice',
  );
});
