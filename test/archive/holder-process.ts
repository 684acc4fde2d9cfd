/** Runs `holder.ts` in a separate process, compiled once beforehand. */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const OUT = 'node_modules/.cache/archive-holder';

export function compileHolder(): void {
  compile('holder', OUT);
}

/** Compiles a script of this folder, or of another one of the tests. @returns its path. */
export function compile(name: string, out: string, folder = 'archive'): string {
  const options = '--ignoreConfig --rootDir . --module nodenext --target es2023 --types node';
  const flags = [...options.split(' '), '--rewriteRelativeImportExtensions', '--skipLibCheck'];
  const tsc = join('node_modules', '.bin', 'tsc');
  execFileSync(tsc, [`test/${folder}/${name}.ts`, '--outDir', out, ...flags]);
  return join(out, 'test', folder, `${name}.js`);
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

/** Runs a program with process ids of its own, as in a container: its id is 1. Needs root. */
export const AS_PROCESS_1 = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'];

/** @param runner a program that runs what follows. */
export function startHolder(
  directory: string,
  access: 'write' | 'read' = 'write',
  runner: readonly string[] = [],
): Holder {
  const script = join(OUT, 'test', 'archive', 'holder.js');
  const [program = process.execPath, ...flags] = runner;
  const node = runner.length > 0 ? [process.execPath] : [];
  const args = [...flags, ...node, script, directory, access];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
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
