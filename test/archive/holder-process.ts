/** Runs `holder.ts` in a separate process, compiled once beforehand. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const OUT = 'node_modules/.cache/archive-holder';

export function compileHolder(): void {
  const options = '--ignoreConfig --rootDir . --module nodenext --target es2023 --types node';
  const flags = [...options.split(' '), '--rewriteRelativeImportExtensions', '--skipLibCheck'];
  const tsc = join('node_modules', '.bin', 'tsc');
  execFileSync(tsc, ['test/archive/holder.ts', '--outDir', OUT, ...flags]);
}

export interface Holder {
  /** The next line it prints; undefined after it has exited. */
  line(): Promise<string | undefined>;
  tell(line: string): void;
  /** Sends SIGKILL and waits for the exit. */
  kill(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  ended(): Promise<void>;
}

export function startHolder(directory: string): Holder {
  const script = join(OUT, 'test', 'archive', 'holder.js');
  const child = spawn(process.execPath, [script, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const closed = once(child, 'close');
  // A killed process does not read any more, which is what the test is about.
  child.stdin.on('error', () => undefined);
  return {
    line: async () => {
      const { value, done } = await lines.next();
      return done ? undefined : value;
    },
    tell: (line) => child.stdin.write(`${line}\n`),
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
    signal: (name) => child.kill(name),
    ended: async () => {
      await closed;
    },
  };
}
