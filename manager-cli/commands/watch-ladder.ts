/**
 * `watch --ladder`: the depth of one security as it changes. Each part of the port's watch triggers one
 * query for the book, so that a slow terminal skips books instead of showing stale ones.
 */

import type { BookResult, NoBookResult } from '../../logger/queries/results.ts';
import { securityStatus } from '../../logger/messages/statuses.ts';
import type { SecurityStatus } from '../../logger/status/security-status.ts';
import type { Session } from '../command.ts';
import { age, counted, known, rate } from '../format.ts';
import type { History } from '../history.ts';
import { ladderLine, ladderLines, noLadderText } from '../ladder.ts';
import { Screen } from '../screen.ts';
import { stateColour } from '../style.ts';

/** Prices per side on a screen, if they fit, and on a line. */
const MAX_SHOWN = 20;
const LINE_DEPTH = 5;
/** Lines of a screen without a price: the head, an empty one, the spread. */
const OTHER_LINES = 3;

interface LadderView {
  /** Prices per side that fit now. */
  depth(): number;
  show(book: BookResult | NoBookResult, status: SecurityStatus | undefined): Promise<void>;
  end(): Promise<void>;
}

/** Changes worth a line: times change with every message. */
function essence(book: BookResult | NoBookResult): string {
  return JSON.stringify(book.state === 'gap' ? book.gap : [book.bids, book.asks]);
}

function headLine(
  status: SecurityStatus | undefined,
  { paint }: Session,
  book: BookResult | NoBookResult,
): string {
  const name = paint('bold', book.security);
  if (status === undefined) return `${name}  ${paint(stateColour('removed'), 'removed')}`;
  const gaps = counted(status.gaps, 'gap');
  return [
    name,
    `${status.level} ${status.feed}`,
    paint(stateColour(status.state), status.state),
    `${rate(status.messageRate)} msg/s`,
    `last ${age(status.lastMessageAge)} ago`,
    status.gaps === 0 ? gaps : paint('yellow', gaps),
    `sequence ${known(status.sequence)}`,
  ].join('  ');
}

function ladderScreen(session: Session, wanted: number | undefined): LadderView {
  const screen = new Screen(session.out);
  const depth = (): number => {
    const fitting = Math.max(1, Math.floor((screen.rows - OTHER_LINES) / 2));
    return Math.min(wanted ?? MAX_SHOWN, fitting);
  };
  return {
    depth,
    async show(book, status) {
      const body =
        book.state === 'gap'
          ? [session.paint('yellow', noLadderText(book))]
          : ladderLines(book, screen.columns, session.paint);
      await screen.draw([headLine(status, session, book), '', ...body]);
    },
    end: () => screen.end(),
  };
}

function ladderLog({ out }: Session, wanted: number | undefined): LadderView {
  let last: string | undefined;
  return {
    depth: () => wanted ?? LINE_DEPTH,
    async show(book) {
      const now = essence(book);
      if (now === last) return;
      last = now;
      if (out.isJson) await out.json(book);
      else if (book.state === 'gap') {
        await out.line(`${new Date().toISOString()}  ${book.security}  ${noLadderText(book)}`);
      } else await out.line(`${book.receiveTime}  ${book.security}  ${ladderLine(book)}`);
    },
    async end() {},
  };
}

async function follow(
  session: Session,
  history: History,
  security: string,
  view: LadderView,
): Promise<void> {
  const { signal } = session;
  const client = await session.client();
  const request = { securities: [security] };
  let status: SecurityStatus | undefined;
  for await (const part of client.stream('Watch', request, { isEndless: true, signal })) {
    // A part without a status means that the security is no longer recorded.
    const [latest] = part.securities.slice(-1);
    status = latest && securityStatus(latest);
    const book = await history.book(
      { security: status?.security ?? security, depth: view.depth(), level: 'L2' },
      signal,
    );
    await view.show(book, status);
  }
}

/** Runs until the signal, or until the logger stops. */
export async function followLadder(
  session: Session,
  security: string,
  depth: number | undefined,
): Promise<void> {
  const { out } = session;
  const isScreen = out.isTerminal && !out.isJson;
  const view = isScreen ? ladderScreen(session, depth) : ladderLog(session, depth);
  try {
    await follow(session, await session.history(), security, view);
  } finally {
    if (!out.broken.aborted) await view.end();
  }
}
