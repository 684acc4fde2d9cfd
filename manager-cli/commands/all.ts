/** All commands, in the order of the help. */

import type { Command } from '../command.ts';
import { addCommand } from './add.ts';
import { archiveCopyCommand } from './archive-copy.ts';
import { bookCommand } from './book.ts';
import { candlesFetchCommand } from './candles-fetch.ts';
import { candlesCommand } from './candles.ts';
import { completionCommand } from './completion.ts';
import { coverageCommand } from './coverage.ts';
import { exportCommand } from './export.ts';
import { healthCommand } from './health.ts';
import { listCommand } from './list.ts';
import { pingCommand } from './ping.ts';
import { removeCommand } from './remove.ts';
import { resetCommand } from './reset.ts';
import { snapshotCommand } from './snapshot.ts';
import { statsCommand } from './stats.ts';
import { terminateCommand } from './terminate.ts';
import { uptimeCommand } from './uptime.ts';
import { verifyCommand } from './verify.ts';
import { watchCommand } from './watch.ts';

export const COMMANDS: readonly Command[] = [
  addCommand,
  removeCommand,
  listCommand,
  healthCommand,
  bookCommand,
  snapshotCommand,
  resetCommand,
  coverageCommand,
  watchCommand,
  pingCommand,
  uptimeCommand,
  statsCommand,
  verifyCommand,
  exportCommand,
  candlesCommand,
  candlesFetchCommand,
  archiveCopyCommand,
  terminateCommand,
  completionCommand,
];
