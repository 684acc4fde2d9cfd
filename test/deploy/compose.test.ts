/** `docker-compose.yml`: accepted by Compose, complete, and in line with the logger's settings. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { needs } from '../support/requirements.ts';

const text = readFileSync('docker-compose.yml', 'utf8');
const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };

/** Compose commands, in order of preference; the last argument only tests for it. */
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
      // Not installed: try the next one.
      return false;
    }
  })?.slice(0, -1);
}

const [program, ...words] = compose() ?? [];
const installedCompose = {
  isMet: program !== undefined,
  reason: 'neither docker compose nor podman-compose is installed',
};

test('Compose accepts it, and asks for the password', needs(installedCompose), () => {
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

/** The lines under a key, up to the next key at its depth. */
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

test('both services have a health check and use declared volumes', () => {
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

test('it contains no password, and escapes what is meant for the shell', () => {
  expect(text).toMatch(/MONGO_INITDB_ROOT_PASSWORD: \$\{MONGODB_PASSWORD:\?/);
  // Compose expands $, and passes $$ to the shell as $.
  const dollars = text.match(/\$+[({A-Za-z]/g) ?? [];
  for (const each of dollars.filter((word) => !word.startsWith('$$'))) {
    expect(['${', '$(']).toContain(each);
  }
  expect(text.replaceAll(/^#.*$/gm, '')).not.toMatch(/(?<!\$)\$\(/);
});

test('its settings exist in the logger', () => {
  const options = readFileSync('logger/config/options.ts', 'utf8');
  const logger = section(section(text, 'services', 0), 'logger', 2);
  for (const [, name] of section(logger, 'environment', 4).matchAll(/^ {6}([A-Z_]+):/gm)) {
    expect(options).toContain(`env: '${name}'`);
  }
});
