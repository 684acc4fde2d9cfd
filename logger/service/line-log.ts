/**
 * The log: one line per event on standard error. Three formats: `text` for people, `json` for
 * machines, `journal` with the level in front as `<N>` for systemd's journal. A reader that is gone or
 * too slow costs lines (counted and reported), never the process.
 */

import type { Log, LogFields, LogLevel } from '../runtime/log.ts';

export type LogFormat = 'text' | 'json' | 'journal';

/** Aligns all levels of the text format but `critical`. */
const LEVEL_WIDTH = 7;

/** `critical` is for the last line before the process ends; no setting hides it. */
export type LineLevel = LogLevel | 'critical';

/** syslog(3) priorities of our levels. */
const PRIORITIES: Readonly<Record<LineLevel, number>> = {
  critical: 2,
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

export interface LineLogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Writes one whole line; false: it was dropped. */
  readonly write: (line: string) => unknown;
  readonly nowUs: () => number;
}

export interface LineLog extends Log {
  /** Why the process ends without being asked to. */
  critical(message: string, fields?: LogFields): void;
}

export function createLineLog(options: LineLogOptions): LineLog {
  const threshold = PRIORITIES[options.level];
  let dropped = 0;
  const write = (level: LineLevel, message: string, fields: LogFields): boolean =>
    options.write(renderLine(options.format, level, options.nowUs(), message, fields)) !== false;
  const put = (level: LineLevel, message: string, fields: LogFields = {}): void => {
    if (PRIORITIES[level] > threshold) return;
    if (dropped > 0 && write('warning', 'Log lines were dropped: nobody read them', { dropped })) {
      dropped = 0;
    }
    if (dropped > 0 || !write(level, message, fields)) dropped++;
  };
  return {
    critical: (message, fields) => put('critical', message, fields),
    error: (message, fields) => put('error', message, fields),
    warning: (message, fields) => put('warning', message, fields),
    notice: (message, fields) => put('notice', message, fields),
    info: (message, fields) => put('info', message, fields),
    debug: (message, fields) => put('debug', message, fields),
  };
}

export function renderLine(
  format: LogFormat,
  level: LineLevel,
  nowUs: number,
  message: string,
  fields: LogFields,
): string {
  const time = new Date(nowUs / 1000).toISOString();
  if (format === 'json') return `${JSON.stringify({ time, level, message, ...fields })}\n`;
  const rest = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${renderValue(value)}`)
    .join('');
  const text = `${message}${rest}`.replaceAll(/[\r\n]+/g, ' ');
  // The journal keeps its own time.
  return format === 'journal'
    ? `<${PRIORITIES[level]}>${text}\n`
    : `${time} ${level.padEnd(LEVEL_WIDTH)} ${text}\n`;
}

function renderValue(value: LogFields[string]): string {
  const text = String(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** Lines buffered for a slow reader; beyond that, lines are dropped. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/**
 * Standard error as a sink for lines. While a pipe or socket is not read, lines are buffered up to a
 * limit; beyond it, and once the other end is closed, they are dropped.
 */
export function standardErrorLines(): { write(line: string): boolean } {
  const { stderr } = process;
  let isBroken = false;
  stderr.on('error', () => {
    // The other end is closed: recording continues without a log.
    isBroken = true;
  });
  return {
    write: (line) => {
      if (isBroken || stderr.writableLength > MAX_BUFFERED_BYTES) return false;
      stderr.write(line);
      return true;
    },
  };
}
