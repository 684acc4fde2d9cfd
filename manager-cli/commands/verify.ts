import { EXIT } from '../exit-codes.ts';
import { checkSecurity } from '../arguments.ts';
import { type Command, type Session, archiveOption } from '../command.ts';
import { counted } from '../format.ts';
import type { VerifyProgress } from '../history.ts';
import { renderTable } from '../table.ts';

/** How often the line on the terminal moves. */
const REDRAW_MS = 100;
const ERASE_LINE = '\r\u001b[K';

/** A line on stderr that follows the check, where a person can see it. */
function progressLine({ io }: Session): {
  show: (progress: VerifyProgress) => void;
  clear: () => void;
} {
  if (io.stderr.isTTY !== true) return { show: () => {}, clear: () => {} };
  let drawnMs = Number.NEGATIVE_INFINITY;
  return {
    show: (progress) => {
      if (performance.now() - drawnMs < REDRAW_MS) return;
      drawnMs = performance.now();
      const found = progress.problems === 0 ? '' : `, ${counted(progress.problems, 'problem')}`;
      io.stderr.write(
        `${ERASE_LINE}Checking ${progress.security}: ${counted(progress.records, 'record')}${found}`,
      );
    },
    clear: () => io.stderr.write(ERASE_LINE),
  };
}

/** Exit 1 when there is a problem. */
export const verifyCommand: Command = {
  usage: 'verify [security]',
  describe: 'Read the archive again: checksums, continuity, every base image (exit 1 on problems)',
  options: (yargs) => archiveOption(yargs),
  run: async (session) => {
    const { args, out, paint } = session;
    const given = args['security'];
    const security = given === undefined ? undefined : checkSecurity(given);
    const history = await session.history();
    const progress = progressLine(session);
    const answer = await history
      .verify(security, { signal: session.signal, onProgress: progress.show })
      .finally(progress.clear);
    const { records, problems } = answer;
    if (out.isJson) {
      await out.json({ records, problems });
    } else if (problems.length === 0) {
      await out.line(`${counted(records, 'record')} read, no problem found.`);
    } else {
      const columns = [{ title: 'SECURITY' }, { title: 'RECORD' }, { title: 'PROBLEM' }];
      const rows = problems.map((found) => [found.security, found.record, found.problem]);
      for (const line of renderTable(columns, rows, paint)) await out.line(line);
      await out.line(`${counted(records, 'record')} read, ${counted(problems.length, 'problem')}.`);
    }
    return problems.length === 0 ? EXIT.done : EXIT.failed;
  },
};
