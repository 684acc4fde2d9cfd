/**
 * What the tests of an installation need: a throwaway Debian and containers (`../shared/deploy-tests`
 * beside the checkout; root, Debian's archive in reach) and a copy of the checkout to install from.
 * Where something is missing it says so once, loudly, and the tests are skipped.
 */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const TOOLS = resolve('../shared/deploy-tests');
const LOCK = join(tmpdir(), 'orderbook-deploy-tools.lock');
/** The first time a Debian is fetched and unpacked. */
const PREPARE_LIMIT_S = 300;

export interface Outcome {
  readonly code: number | null;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/**
 * Gets a tool ready, one test file at a time: they fetch packages and a Debian, the first time.
 * @param commands of the tools, to be run before the tests.
 * @returns the tool's path; undefined where it can't work, which is told.
 */
export async function deployTool(
  name: 'with-systemd' | 'container',
  commands: readonly string[],
): Promise<string | undefined> {
  const missing = await whatIsMissing(name, commands);
  if (missing === undefined) return join(TOOLS, name);
  process.stderr.write(`SKIPPED: the tests with ${name}: ${missing}\n`);
  return undefined;
}

async function whatIsMissing(
  name: string,
  commands: readonly string[],
): Promise<string | undefined> {
  if (!existsSync(join(TOOLS, name))) return `no ${TOOLS}`;
  if (process.getuid?.() !== 0) return 'they need root';
  if (!existsSync('/etc/debian_version')) return 'this machine is no Debian';
  // Empty, since with-systemd takes a copy of the whole folder in which it is run.
  const empty = mkdtempSync(join(tmpdir(), 'orderbook-empty-'));
  try {
    for (const command of commands) {
      const script = `timeout ${PREPARE_LIMIT_S} flock ${LOCK} ${join(TOOLS, command)}`;
      const { code, output } = await run('sh', ['-c', script], { cwd: empty });
      if (code !== 0) return `"${command}" failed: ${output.trim().split('\n').at(-1)}`;
    }
    return undefined;
  } finally {
    rmdirSync(empty);
  }
}

/** A whole checkout, with its packages but without what was built and recorded in it. */
export function copyCheckout(): string {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-checkout-'));
  const left = ['.git', 'node_modules', 'dist', 'data'].map((name) => `--exclude=./${name}`);
  execFileSync('sh', ['-c', `tar cf - ${left.join(' ')} . | tar xf - -C "$0"`, directory]);
  // In a second working tree this is a link.
  execFileSync('cp', ['-a', realpathSync('node_modules'), join(directory, 'node_modules')]);
  return directory;
}

/** Runs a command to its end. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<Outcome> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((settle, reject) => {
    child.on('error', reject);
    child.on('close', (code) => settle({ code, output }));
  });
}
