import { healthStatus } from '../../logger/messages/statuses.ts';
import type { HealthStatus } from '../../logger/status/health-status.ts';
import type { Command, Session } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { bytes, counted, duration } from '../format.ts';
import { stateColour } from '../style.ts';
import type { Paint } from '../style.ts';
import { nothingRecorded, securityTable } from './security-table.ts';

/** A short summary, then the table. */
export function healthLines(
  health: HealthStatus,
  { paint, program }: Pick<Session, 'paint' | 'program'>,
  maxWidth?: number,
): string[] {
  const { archive, process, securities } = health;
  const live = securities.filter((row) => row.state === 'live').length;
  const why = archive.message === null ? '' : ` (${archive.message})`;
  const reach = archive.reachable
    ? paint('green', 'reachable')
    : paint('red', 'not reachable') + why;
  const behind = archive.lag >= 1 ? `, ${duration(archive.lag)} behind` : '';
  const spool = archive.spoolBytes > 0 ? `, ${bytes(archive.spoolBytes)} in the spool` : '';
  return [
    `The logger is ${paint(stateColour(health.status), health.status)}: version ${health.version}, up ${duration(health.uptime)}, ${live} of ${counted(securities.length, 'security', 'securities')} live.`,
    `The ${archive.kind} archive is ${reach}${behind}${spool}. Memory ${bytes(process.rss)}, event loop lag ${process.eventLoopLag.toFixed(1)} ms, ${counted(process.threads, 'thread')}.`,
    selfCheckLine(health, paint),
    '',
    ...(securities.length === 0
      ? [nothingRecorded(program)]
      : securityTable(securities, paint, maxWidth)),
  ];
}

function selfCheckLine({ selfCheck, securities }: HealthStatus, paint: Paint): string {
  const { images, snapshots, mismatches } = selfCheck;
  if (images + snapshots === 0) return 'Self-check: nothing compared yet.';
  const seen = [
    ...(images > 0 ? [counted(images, 'base image')] : []),
    ...(snapshots > 0 ? [counted(snapshots, 'exchange snapshot')] : []),
  ];
  const compared = `Self-check: ${seen.join(' and ')} compared`;
  if (mismatches === 0) {
    const yet = snapshots === 0 ? '; no exchange snapshot yet' : '';
    return `${compared}, no mismatch${yet}.`;
  }
  const where = securities
    .filter((row) => row.selfCheck.mismatches > 0)
    .map((row) => `${row.security} ${row.selfCheck.mismatches}`);
  return `${compared}, ${paint('red', counted(mismatches, 'mismatch', 'mismatches'))} (${where.join(', ')}; see the log).`;
}

export const healthCommand: Command = {
  usage: 'health',
  describe: 'Show the health of logger, archive and every security (exit 1 unless all serve)',
  examples: [
    ['health', 'a summary and the table of list'],
    ['health --json | jq .status', 'for scripts, which may also look at the exit code'],
  ],
  run: async (session) => {
    const { out } = session;
    const health = healthStatus(await (await session.client()).unary('Health', {}));
    if (out.isJson) await out.json(health);
    else for (const line of healthLines(health, session, out.tableWidth)) await out.line(line);
    return health.status === 'serving' ? EXIT.done : EXIT.failed;
  },
};
