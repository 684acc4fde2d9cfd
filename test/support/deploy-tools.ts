/**
 * Tools for testing an installation: a throwaway Debian with systemd and containers
 * (`../shared/deploy-tests`; they need root and Debian's package archive) and a copy of the checkout.
 */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Requirement } from './requirements.ts';

const TOOLS = resolve('../shared/deploy-tests');
const LOCK = join(tmpdir(), 'orderbook-deploy-tools.lock');
/** The first use downloads and unpacks a Debian. */
const PREPARE_LIMIT_S = 300;

export interface Outcome {
  readonly code: number | null;
  /** Standard output and standard error, interleaved. */
  readonly output: string;
}

export interface DeployTool extends Requirement {
  readonly path: string;
}

/**
 * Prepares a tool. Test files take turns, since the first use downloads packages and a Debian.
 * @param commands of the tools, run before the tests.
 */
export async function deployTool(
  name: 'with-systemd' | 'container',
  commands: readonly string[],
): Promise<DeployTool> {
  const problem = await prepare(name, commands);
  return { path: join(TOOLS, name), isMet: problem === null, reason: problem ?? '' };
}

/** @returns why the tool cannot be used; null if it can. */
async function prepare(name: string, commands: readonly string[]): Promise<string | null> {
  if (!existsSync(join(TOOLS, name))) return 'no ../shared/deploy-tests';
  if (process.getuid?.() !== 0) return `${name} needs root`;
  if (!existsSync('/etc/debian_version')) return `${name} needs Debian`;
  // Run in an empty folder: with-systemd copies the current one.
  const empty = mkdtempSync(join(tmpdir(), 'orderbook-empty-'));
  try {
    for (const command of commands) {
      const script = `timeout ${PREPARE_LIMIT_S} flock ${LOCK} ${join(TOOLS, command)}`;
      const { code, output } = await run('sh', ['-c', script], { cwd: empty });
      if (code !== 0) return `"${command}" failed: ${output.trim().split('\n').at(-1)}`;
    }
    return null;
  } finally {
    rmdirSync(empty);
  }
}

/** Copies the checkout with its packages, but without build results and recordings. */
export function copyCheckout(): string {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-checkout-'));
  const left = ['.git', 'node_modules', 'dist', 'data'].map((name) => `--exclude=./${name}`);
  execFileSync('sh', ['-c', `tar cf - ${left.join(' ')} . | tar xf - -C "$0"`, directory]);
  // A symbolic link in a second worktree.
  execFileSync('cp', ['-a', realpathSync('node_modules'), join(directory, 'node_modules')]);
  return directory;
}

/** Runs a command and waits for it to exit. */
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
