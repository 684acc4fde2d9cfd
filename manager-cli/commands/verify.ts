import { EXIT } from '../exit-codes.ts';
import { checkSecurity } from '../arguments.ts';
import { ARCHIVE_OPTION, SECURITY } from '../command.ts';
import type { Command } from '../command.ts';
import { counted } from '../format.ts';
import type { VerifyProgress } from '../../logger/queries/results.ts';
import { bar, progressLine } from '../progress.ts';
import { renderTable } from '../table.ts';

function progressText({ security, records, problems, total }: VerifyProgress): string {
  const found = problems === 0 ? '' : `, ${counted(problems, 'problem')}`;
  const part = total === null ? '' : `${bar(records, total)}  `;
  return `${part}Checking ${security}: ${counted(records, 'record')}${found}`;
}

export const verifyCommand: Command = {
  usage: 'verify [security]',
  describe: 'Check the archive: checksums, continuity, every base image (exit 1 on problems)',
  positionals: { security: `${SECURITY} (default: all)` },
  options: ARCHIVE_OPTION,
  examples: [
    ['verify', 'check everything'],
    ['verify binance:BTCUSDT --archive ./data', 'check one security, without a logger'],
  ],
  completes: { recorded: true },
  run: async (session) => {
    const { args, out, paint } = session;
    const given = args['security'];
    const security = given === undefined ? undefined : checkSecurity(given);
    const history = await session.history();
    const progress = progressLine(session.io);
    const onProgress = (latest: VerifyProgress): void => {
      progress.show(() => progressText(latest));
    };
    const { records, problems } = await history
      .verify({ security, signal: session.signal, onProgress })
      .finally(progress.clear);
    if (out.isJson) {
      await out.json({ records, problems });
    } else if (records === 0) {
      await out.line('Nothing is recorded.');
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
