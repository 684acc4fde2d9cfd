import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRotatingSecret } from '../../../logger/config/secrets.ts';

let credentials: string;
let installed: string;

beforeEach(() => {
  credentials = mkdtempSync(join(tmpdir(), 'orderbook-credentials-'));
  installed = mkdtempSync(join(tmpdir(), 'orderbook-installed-'));
  writeFileSync(join(credentials, 'authkey'), 'the-key-at-the-start\n');
});

afterEach(() => {
  for (const directory of [credentials, installed]) rmSync(directory, { recursive: true });
});

function keys(more: Record<string, string> = {}): string[] {
  const environment = { CREDENTIALS_DIRECTORY: credentials, ...more };
  const { secrets } = readRotatingSecret(environment, 'MANAGER_AUTHKEY', 'authkey', installed);
  return secrets.map(({ secret }) => secret);
}

test('a key that came as a credential is the copy, where what was copied is not to be had', () => {
  expect(keys()).toEqual(['the-key-at-the-start']);
});

test('it is read where it was installed, with the next one: systemd copies at the start alone', () => {
  writeFileSync(join(installed, 'authkey'), 'the-key-of-now\n', { mode: 0o640 });
  writeFileSync(join(installed, 'authkey.next'), 'the-key-to-come\n', { mode: 0o640 });
  expect(keys()).toEqual(['the-key-of-now', 'the-key-to-come']);
});

test('a key that was said outright is that key', () => {
  writeFileSync(join(installed, 'authkey'), 'the-key-of-now\n');
  expect(keys({ MANAGER_AUTHKEY: 'said-outright' })).toEqual(['said-outright']);
});
