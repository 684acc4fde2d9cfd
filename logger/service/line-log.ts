/**
 * The log: one event, one line, on standard error. Three formats: `text` for people, `json` for
 * machines, `journal` with the level in front as `<N>`, which systemd's journal understands.
 * A reader that has gone away or stands still costs lines (counted and told), never the process.
 */

import type { Log, LogFields, LogLevel } from '../runtime/log.ts';

export type LogFormat = 'text' | 'json' | 'journal';

/** Most levels line up in a text; `critical` stands out. */
const LEVEL_WIDTH = 7;

/** The level of last words: nothing comes after them, and no setting hides them. */
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
  /** Writes one whole line; false: it was not taken. */
  readonly write: (line: string) => unknown;
  readonly nowUs: () => number;
}

export interface LineLog extends Log {
  /** Why the process ends now, though nobody asked it to. */
  critical(message: string, fields?: LogFields): void;
}

export function createLineLog(options: LineLogOptions): LineLog {
  const threshold = PRIORITIES[options.level];
  let lost = 0;
  const write = (level: LineLevel, message: string, fields: LogFields): boolean =>
    options.write(renderLine(options.format, level, options.nowUs(), message, fields)) !== false;
  const put = (level: LineLevel, message: string, fields: LogFields = {}): void => {
    if (PRIORITIES[level] > threshold) return;
    if (lost > 0 && write('warning', 'Lines of the log were lost: nobody read them', { lost })) {
      lost = 0;
    }
    if (lost > 0 || !write(level, message, fields)) lost++;
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

/** Lines that wait for a reader who stands still, at most; what comes on top is lost. */
const WAITING_MAX_BYTES = 1024 * 1024;

/**
 * Standard error as a place for lines. A pipe or socket that is not read takes lines into memory up
 * to a bound; after that, and once its other end is closed, they are not taken.
 */
export function standardErrorLines(): { write(line: string): boolean } {
  const { stderr } = process;
  let isBroken = false;
  stderr.on('error', () => {
    // The other end is closed: recording goes on without a log.
    isBroken = true;
  });
  return {
    write: (line) => {
      if (isBroken || stderr.writableLength > WAITING_MAX_BYTES) return false;
      stderr.write(line);
      return true;
    },
  };
}
