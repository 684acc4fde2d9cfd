import { expect, test } from 'vitest';
import { hostAndPort, listenError } from '../../../logger/runtime/listen-error.ts';

test.each([
  ['EADDRINUSE', /^Manager port h:1 is in use; .* change MANAGER_PORT$/],
  ['EACCES', /^Manager port h:1 needs privileges .* set MANAGER_PORT to a port above 1023$/],
  ['EADDRNOTAVAIL', /^h is not an address of this machine; change MANAGER_HOST$/],
  ['EMFILE', /^Manager port h:1 can't be opened: it broke$/],
])('%s names the setting', (code, message) => {
  const cause = Object.assign(new Error('it broke'), { code });
  const error = listenError('Manager', { host: 'h', port: 1 }, cause);
  expect(error.message).toMatch(message);
  expect(error).toMatchObject({ code: 'conflict', cause });
});

test('an IPv6 address stands in brackets', () => {
  expect(hostAndPort('::1', 6634)).toBe('[::1]:6634');
  expect(hostAndPort('127.0.0.1', 6634)).toBe('127.0.0.1:6634');
});
