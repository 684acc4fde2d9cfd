/** `archive copy`: copies records between archives, without a logger. */

import { existsSync, realpathSync } from 'node:fs';
import { copyArchive } from '../../logger/archive/transfer/copy.ts';
import type { CopyResult, CopyProgress } from '../../logger/archive/transfer/copy.ts';
import { isMongoUri } from '../../logger/archive/mongodb/location.ts';
import { securities } from '../arguments.ts';
import type { Arguments } from '../arguments.ts';
import type { Command, Session } from '../command.ts';
import { EXIT, cliErrorOf, usageError } from '../exit-codes.ts';
import { bytes, counted } from '../format.ts';
import { bar, progressLine } from '../progress.ts';

interface Locations {
  readonly from: string;
  readonly to: string;
}

/** @throws the usage error for an archive that would be copied onto itself. */
function locations(args: Arguments): Locations {
  const [from, to] = [args['from'], args['to']].map((value) => {
    if (typeof value === 'string' && value !== '') return value;
    throw usageError('An archive is a directory or a mongodb:// URI');
  });
  if (from === undefined || to === undefined) throw usageError('Two archives are needed');
  if (real(from) === real(to)) throw usageError('Both archives are the same; name another');
  return { from, to };
}

function real(location: string): string {
  return isMongoUri(location) || !existsSync(location) ? location : realpathSync(location);
}

async function copied({ from, to }: Locations, session: Session): Promise<CopyResult> {
  // Only loaded when needed, so that --help stays fast.
  const { openArchiveReader, openCopyTarget } = await import('../../logger/open-archive.ts');
  const progress = progressLine(session.io);
  const source = await openArchiveReader(from);
  try {
    const target = await openCopyTarget(to);
    try {
      return await copyArchive(source, target, {
        securities: securities(session.args),
        signal: session.signal,
        onProgress: (latest) => progress.show(() => progressText(latest)),
      });
    } finally {
      await target.close();
    }
  } finally {
    progress.clear();
    await source.close();
  }
}

function progressText({ security, records, total, bytes: size, problems }: CopyProgress): string {
  const found = problems === 0 ? '' : `, ${counted(problems, 'problem')}`;
  return `${bar(records, total)}  Copying ${security}: ${counted(records, 'record')}, ${bytes(size)}${found}`;
}

/** Totals of all securities. */
function summaryOf({ securities: each }: CopyResult): {
  readonly records: number;
  readonly bytes: number;
  readonly present: number;
  readonly left: number;
} {
  const sum = (field: 'copied' | 'bytes' | 'present' | 'left'): number =>
    each.reduce((total, security) => total + security[field], 0);
  return {
    records: sum('copied'),
    bytes: sum('bytes'),
    present: sum('present'),
    left: sum('left'),
  };
}

/** Exit 1 when a record is damaged or conflicts with the target: one line each. */
export const archiveCopyCommand: Command = {
  usage: 'archive copy <from> <to> [security..]',
  describe:
    'Copy records between archives (directories or mongodb:// URIs); resumes where it stopped',
  needsNoLogger: true,
  positionals: {
    from: 'Archive to read: a directory or a mongodb:// URI; it is not changed',
    to: 'Archive to write; not a directory that a logger uses',
    security: 'Copy only these securities',
  },
  examples: [
    ['archive copy ./data /mnt/backup', 'a backup; repeated, it copies what is new'],
    ['archive copy ./data mongodb://127.0.0.1/orderbook binance:BTCUSDT', 'one security'],
  ],
  completes: { files: true },
  run: async (session) => {
    const { args, out } = session;
    const between = locations(args);
    securities(args);
    const result = await copied(between, session).catch((error: unknown) => {
      throw cliErrorOf(error);
    });
    const summary = summaryOf(result);
    const { problems } = result;
    if (out.isJson) {
      await out.json({ ...summary, securities: result.securities, problems });
    } else {
      for (const { security, record, problem } of problems) {
        await out.line(`${security} ${record}: ${problem}`);
      }
      const { records, present, left } = summary;
      const existing = present === 0 ? '' : `, ${counted(present, 'record')} already there`;
      const open =
        left === 0
          ? ''
          : `; ${counted(left, 'journal part')} of open blocks left, still being recorded`;
      await out.line(
        `${counted(records, 'record')} copied (${bytes(summary.bytes)})${existing}${open}.`,
      );
    }
    return problems.length === 0 ? EXIT.done : EXIT.failed;
  },
};
