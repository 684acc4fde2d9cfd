import { type Message, type SecurityRow, parts, securityRow } from '../answers.ts';
import { securities } from '../arguments.ts';
import { CancelledError } from '../client.ts';
import type { Command, Session } from '../command.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import { difference, grouped, known, rate } from '../format.ts';
import { stateColour } from '../style.ts';
import { NOTHING_RECORDED, securityTable } from './security-table.ts';

// A line that wraps can't be redrawn in place: the terminal cuts long ones off instead.
const BEGIN_SCREEN = '\u001b[?25l\u001b[?7l';
const END_SCREEN = '\u001b[?7h\u001b[?25h';
const ERASE_BELOW = '\u001b[J';

/** How news reaches the reader: a screen that is redrawn, lines, or JSON lines. */
interface View {
  show(changed: readonly SecurityRow[], all: readonly SecurityRow[]): Promise<void>;
  end(): Promise<void>;
}

/** What makes a difference to a reader of lines; ages and rates change all the time. */
function essence(row: SecurityRow): string {
  return [row.state, row.bestBid, row.bestAsk].join(' ');
}

function screen({ out, paint }: Session): View {
  let drawn = 0;
  const rewind = (): string => (drawn === 0 ? '' : `\u001b[${drawn}A\r`) + ERASE_BELOW;
  return {
    async show(_changed, all) {
      const table =
        all.length === 0 ? [NOTHING_RECORDED] : securityTable(all, paint, out.tableWidth);
      // What does not fit would scroll, and then it can't be redrawn in place.
      const fits = table.slice(0, Math.max(1, out.rows - 1));
      await out.write(`${drawn === 0 ? BEGIN_SCREEN : ''}${rewind()}${fits.join('\n')}\n`);
      drawn = fits.length;
    },
    async end() {
      await out.write(END_SCREEN);
    },
  };
}

function changeLine(row: SecurityRow, { paint }: Session): string {
  const { bestBid, bestAsk } = row;
  const spread =
    bestBid === null || bestAsk === null ? '' : `  spread ${difference(bestAsk, bestBid)}`;
  const prices = [bestBid, bestAsk].map((price) => (price === null ? known(null) : grouped(price)));
  return `${new Date().toISOString()}  ${row.security}  ${paint(stateColour(row.state), row.state)}  ${prices.join(' / ')}${spread}  ${rate(row.messageRate)}/s`;
}

function lines(session: Session): View {
  return {
    async show(changed) {
      for (const row of changed) {
        if (session.out.isJson) await session.out.json(row);
        else await session.out.line(changeLine(row, session));
      }
    },
    async end() {},
  };
}

/** What the logger has told so far. */
class Board {
  readonly #rows = new Map<string, SecurityRow>();

  /** Takes in a part. @returns the rows that differ in more than ages and rates. */
  apply(part: Message): SecurityRow[] {
    const changed: SecurityRow[] = [];
    for (const row of parts(part, 'securities').map(securityRow)) {
      const before = this.#rows.get(row.security);
      this.#rows.set(row.security, row);
      if (before === undefined || essence(before) !== essence(row)) changed.push(row);
    }
    const removed: unknown = part['removed'];
    for (const security of Array.isArray(removed) ? removed.map(String) : []) {
      const before = this.#rows.get(security);
      this.#rows.delete(security);
      if (before !== undefined) changed.push({ ...before, state: 'removed' });
    }
    return changed;
  }

  all(): SecurityRow[] {
    return [...this.#rows.values()].sort((a, b) => (a.security < b.security ? -1 : 1));
  }
}

async function follow(session: Session, view: View, watched: readonly string[]): Promise<void> {
  const { signal } = session;
  const client = await session.client();
  const board = new Board();
  const request = { securities: watched };
  for await (const part of client.stream('Watch', request, { isEndless: true, signal })) {
    await view.show(board.apply(part), board.all());
  }
}

/** Ends by Ctrl-C (exit 0), or when the logger goes (exit 4). */
export const watchCommand: Command = {
  usage: 'watch [security..]',
  describe: 'Follow top of book and rates, until Ctrl-C',
  options: (yargs) => yargs,
  run: async (session): Promise<ExitCode> => {
    const { out, signal } = session;
    const watched = securities(session.args);
    const view = out.isTerminal && !out.isJson ? screen(session) : lines(session);
    try {
      await follow(session, view, watched);
    } catch (error) {
      if (error instanceof CancelledError || signal.aborted) return EXIT.done;
      throw error;
    } finally {
      if (!out.broken.aborted) await view.end();
    }
    throw new CliError(EXIT.unreachable, 'The logger ended the watch; it is stopping');
  },
};
