/** A small disk of its own, which a test fills and leaves again. Mounting one needs root. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const NO_MOUNT = 'only root may mount a small disk to fill';

export interface SmallDisk {
  readonly directory: string;
  /** Leaves so many bytes free; less if others write at the same time. */
  fill(leftBytes: number): void;
  /** Removes what `fill` wrote. */
  clear(): void;
  /** There is ample space from now on. */
  enlarge(): void;
  remove(): void;
}

/** @returns undefined where mounting is not allowed. */
export function mountSmallDisk(kib: number): SmallDisk | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'orderbook-small-disk-'));
  try {
    mount(directory, `size=${kib}k`);
  } catch {
    rmSync(directory, { recursive: true });
    return undefined;
  }
  const ballast = join(directory, 'ballast');
  return {
    directory,
    fill: (leftBytes) => {
      const { bavail, bsize } = statfsSync(directory);
      try {
        writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    clear: () => rmSync(ballast, { force: true }),
    enlarge: () => {
      rmSync(ballast, { force: true });
      mount(directory, 'remount,size=256m');
    },
    remove: () => {
      // lmdb's maps are unmapped later, when they are collected.
      execFileSync('umount', ['-l', directory]);
      rmSync(directory, { recursive: true });
    },
  };
}

function mount(directory: string, options: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory], { stdio: 'ignore' });
}
