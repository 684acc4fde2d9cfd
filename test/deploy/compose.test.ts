/**
 * `docker-compose.yml`: what Compose would make of it, where some Compose is there; and in any case
 * what has to be in it.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const text = readFileSync('docker-compose.yml', 'utf8');
const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };

/** The first of these that is installed. */
const COMPOSE: readonly (readonly string[])[] = [
  ['docker', 'compose', 'version'],
  ['podman-compose', 'version'],
];

function compose(): readonly string[] | undefined {
  return COMPOSE.find(([program = '', ...args]) => {
    try {
      execFileSync(program, args, { stdio: 'ignore' });
      return true;
    } catch {
      // Not here: the next one, or none.
      return false;
    }
  })?.slice(0, -1);
}

const [program, ...words] = compose() ?? [];

test.skipIf(!program)('Compose accepts it, and asks for the password', () => {
  const config = (more: Record<string, string>): string =>
    execFileSync(program ?? '', [...words, '-f', 'docker-compose.yml', 'config'], {
      encoding: 'utf8',
      env: { ...env, ...more },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const whole = config({ MONGODB_PASSWORD: 'a1b2' });
  expect(whole).toContain('mongodb://orderbook:a1b2@mongodb:27017/orderbook?replicaSet=rs0');
  expect(() => config({})).toThrow(/MONGODB_PASSWORD/);
});

/** Lines below a key, up to the next of its depth. */
function section(of: string, key: string, depth: number): string {
  const indent = ' '.repeat(depth);
  const lines = of.split('\n');
  const start = lines.indexOf(`${indent}${key}:`);
  expect(start, `${key} in docker-compose.yml`).toBeGreaterThan(-1);
  const length = lines
    .slice(start + 1)
    .findIndex((line) => line.trim() !== '' && !line.startsWith(`${indent} `));
  return lines.slice(start + 1, length === -1 ? undefined : start + 1 + length).join('\n');
}

test('both services have a health check and volumes that are declared', () => {
  const services = section(text, 'services', 0);
  const declared = section(text, 'volumes', 0);
  for (const name of ['mongodb', 'logger']) {
    const service = section(services, name, 2);
    section(service, 'healthcheck', 4);
    const mounts = [...section(service, 'volumes', 4).matchAll(/- ([a-z-]+):\//g)];
    expect(mounts.length).toBeGreaterThan(0);
    for (const [, volume] of mounts) expect(declared).toContain(`  ${volume}:`);
  }
});

test('no password stands in it, and what Compose must leave alone is escaped', () => {
  expect(text).toMatch(/MONGO_INITDB_ROOT_PASSWORD: \$\{MONGODB_PASSWORD:\?/);
  // One dollar is Compose's, two are the shell's.
  const dollars = text.match(/\$+[({A-Za-z]/g) ?? [];
  for (const each of dollars.filter((word) => !word.startsWith('$$'))) {
    expect(['${', '$(']).toContain(each);
  }
  expect(text.replaceAll(/^#.*$/gm, '')).not.toMatch(/(?<!\$)\$\(/);
});

test('its settings are the logger’s', () => {
  const options = readFileSync('logger/config/options.ts', 'utf8');
  const logger = section(section(text, 'services', 0), 'logger', 2);
  for (const [, name] of section(logger, 'environment', 4).matchAll(/^ {6}([A-Z_]+):/gm)) {
    expect(options).toContain(`env: '${name}'`);
  }
});
