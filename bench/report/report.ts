/** The whole report: what was measured, on what machine, of which commit, and how busy it was. */

import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { BenchData } from '../data.ts';
import type { Section } from '../figures.ts';
import { INSTALL_PEERS } from '../peers/packages.ts';

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly system: string;
}

export interface ReportSection extends Section {
  readonly group: string;
}

export interface Report {
  /** The day, UTC. */
  readonly date: string;
  /** Abbreviated; with `+` after it when more than pages had changed since. null: there is no repository. */
  readonly commit: string | null;
  readonly machine: Machine;
  /** How busy other programs kept the machine, before each group: from 0 to 1. */
  readonly busy: readonly number[];
  readonly data: Pick<BenchData, 'name' | 'ignored'>;
  readonly missingPeers: readonly string[];
  readonly sections: readonly ReportSection[];
}

const BUSY_SAMPLE_MS = 1000;
/** Above it, timings are not to be trusted. */
const IDLE_SHARE = 0.1;

export function machineFacts(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    system: `${process.platform} ${process.arch}`,
  };
}

export function currentCommit(): string | null {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--untracked-files=no', '--', ':!*.md') !== '';
    return git('rev-parse', '--short=10', 'HEAD') + (isChanged ? '+' : '');
  } catch {
    return null;
  }
}

/** The share of the processors' time that others use now. This process does nothing meanwhile. */
export async function othersShare(): Promise<number> {
  const before = processorTimes();
  await wait(BUSY_SAMPLE_MS);
  const after = processorTimes();
  const all = after.all - before.all;
  return all > 0 ? (after.busy - before.busy) / all : 0;
}

function processorTimes(): { readonly busy: number; readonly all: number } {
  let [busy, all] = [0, 0];
  for (const { times } of cpus()) {
    const used = times.user + times.nice + times.sys + times.irq;
    busy += used;
    all += used + times.idle;
  }
  return { busy, all };
}

export function isIdle({ busy }: Pick<Report, 'busy'>): boolean {
  return busy.every((share) => share <= IDLE_SHARE);
}

/** What stands above the tables, one line each. */
export function factLines(report: Omit<Report, 'sections'>): string[] {
  const { date, commit, machine, busy, data, missingPeers } = report;
  const { cores, cpu, memoryGiB, node, system } = machine;
  const percents = busy.map((share) => Math.round(share * 100));
  const span = `${Math.min(...percents)} % to ${Math.max(...percents)} %`;
  return [
    `${date}, commit ${commit ?? 'unknown'}, on the ${data.name}`,
    `${cores} cores (${cpu}), ${memoryGiB} GiB, ${system}, Node ${node}`,
    ...(isIdle(report)
      ? []
      : [`The machine was not idle: others took ${span} of it. Only ratios mean anything.`]),
    ...(data.ignored.length > 0 ? [`Not recordings: ${data.ignored.join(', ')}`] : []),
    ...missingLines(missingPeers),
  ];
}

export function missingLines(missing: readonly string[]): string[] {
  if (missing.length === 0) return [];
  return [`Missing peers: ${missing.join(', ')}. To install the packages: ${INSTALL_PEERS}`];
}
