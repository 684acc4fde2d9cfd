/**
 * What the tests of an installation need: a throwaway Debian and containers (`../shared/deploy-tests`
 * beside the checkout; root, Debian's archive in reach) and a copy of the checkout to install from.
 * Where something is missing it says so once, loudly, and the tests are skipped.
 */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const TOOLS = resolve('../shared/deploy-tests');
/** The first time a Debian is fetched and unpacked. */
const PREPARE_LIMIT_MS = 300_000;

export interface Outcome {
  readonly code: number | null;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** @returns the tool's path; undefined where it can't work, which is told. */
export function deployTool(
  name: 'with-systemd' | 'container',
  prepare: readonly [command: string, ...args: string[]],
): string | undefined {
  const missing = whatIsMissing(name, prepare);
  if (missing === undefined) return join(TOOLS, name);
  process.stderr.write(`SKIPPED: the tests with ${name}: ${missing}\n`);
  return undefined;
}

function whatIsMissing(
  name: string,
  [command, ...args]: readonly [string, ...string[]],
): string | undefined {
  if (!existsSync(join(TOOLS, name))) return `no ${TOOLS}`;
  if (process.getuid?.() !== 0) return 'they need root';
  if (!existsSync('/etc/debian_version')) return 'this machine is no Debian';
  try {
    execFileSync(join(TOOLS, command), args, { timeout: PREPARE_LIMIT_MS, stdio: 'pipe' });
    return undefined;
  } catch (error) {
    const { stderr } = error as { readonly stderr?: Buffer };
    const said = stderr?.toString().trim().split('\n').at(-1) ?? '';
    return `"${[command, ...args].join(' ')}" failed: ${said}`;
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
