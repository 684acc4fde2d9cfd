/** `archive copy`: records from one archive to another, without a logger. */

import { existsSync, realpathSync } from 'node:fs';
import { copyArchive } from '../../logger/archive/transfer/copy.ts';
import type { CopyResult, CopyProgress } from '../../logger/archive/transfer/copy.ts';
import { isMongoUri } from '../../logger/archive/mongodb/location.ts';
import { LoggerError, describeError } from '../../logger/errors.ts';
import { type Arguments, securities } from '../arguments.ts';
import type { Command, Session } from '../command.ts';
import { CliError, EXIT, usageError } from '../exit-codes.ts';
import { bytes, counted } from '../format.ts';
import { bar, progressLine } from '../progress.ts';

interface Places {
  readonly from: string;
  readonly to: string;
}

/** @throws the usage error for an archive that would be copied onto itself. */
function places(args: Arguments): Places {
  const [from, to] = [args['from'], args['to']].map((value) => {
    if (typeof value === 'string' && value !== '') return value;
    throw usageError('An archive is a directory or a mongodb:// URI');
  });
  if (from === undefined || to === undefined) throw usageError('Two archives are needed');
  if (real(from) === real(to)) throw usageError('Both archives are the same one; name another');
  return { from, to };
}

function real(place: string): string {
  return isMongoUri(place) || !existsSync(place) ? place : realpathSync(place);
}

/** What the libraries say, as the command's one line. */
function explained(error: unknown): unknown {
  if (!(error instanceof LoggerError)) return error;
  const isUsage = error.code === 'invalid-argument';
  return new CliError(isUsage ? EXIT.usage : EXIT.failed, describeError(error));
}

async function copied({ from, to }: Places, session: Session): Promise<CopyResult> {
  // Loaded when they are needed: --help stays quick.
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

/** Sums over all securities, for people and programs alike. */
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

/** Exit 1 when a record was damaged, or another one stood in its place: one line each. */
export const archiveCopyCommand: Command = {
  usage: 'archive copy <from> <to> [security..]',
  describe: 'Copy records between archives (directories or mongodb:// URIs); goes on where it was',
  needsNoLogger: true,
  options: (yargs) =>
    yargs
      .positional('from', { type: 'string', describe: 'The archive to read: it is not changed' })
      .positional('to', {
        type: 'string',
        describe: 'The archive to write; a directory that a logger uses is refused',
      })
      .positional('security', { describe: 'Only these' }),
  run: async (session) => {
    const { args, out } = session;
    const asked = places(args);
    securities(args);
    const answer = await copied(asked, session).catch((error: unknown) => {
      throw explained(error);
    });
    const summary = summaryOf(answer);
    const { problems } = answer;
    if (out.isJson) {
      await out.json({ ...summary, securities: answer.securities, problems });
    } else {
      for (const { security, record, problem } of problems) {
        await out.line(`${security} ${record}: ${problem}`);
      }
      const { records, present, left } = summary;
      const there = present === 0 ? '' : `, ${counted(present, 'record')} already there`;
      const open =
        left === 0 ? '' : `; ${counted(left, 'piece')} of open blocks left, still being recorded`;
      await out.line(
        `${counted(records, 'record')} copied (${bytes(summary.bytes)})${there}${open}.`,
      );
    }
    return problems.length === 0 ? EXIT.done : EXIT.failed;
  },
};
