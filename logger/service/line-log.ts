/**
 * The log: one event, one line, on standard error. Three formats: `text` for people, `json` for
 * machines, `journal` with the level in front as `<N>`, which systemd's journal understands.
 * A reader that has gone away costs lines (counted), never the process.
 */

import type { Log, LogFields, LogLevel } from './log.ts';

export type LogFormat = 'text' | 'json' | 'journal';

/** syslog(3) priorities of our levels. */
const PRIORITIES: Readonly<Record<LogLevel, number>> = {
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

export interface LineLogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Writes one whole line. */
  readonly write: (line: string) => void;
  readonly nowUs: () => number;
}

export function createLineLog(options: LineLogOptions): Log {
  const threshold = PRIORITIES[options.level];
  const put = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (PRIORITIES[level] > threshold) return;
    options.write(renderLine(options.format, level, options.nowUs(), message, fields));
  };
  return {
    error: (message, fields) => put('error', message, fields),
    warning: (message, fields) => put('warning', message, fields),
    notice: (message, fields) => put('notice', message, fields),
    info: (message, fields) => put('info', message, fields),
    debug: (message, fields) => put('debug', message, fields),
  };
}

function renderLine(
  format: LogFormat,
  level: LogLevel,
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
    : `${time} ${level.padEnd(7)} ${text}\n`;
}

function renderValue(value: LogFields[string]): string {
  const text = String(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** Standard error as a place for lines; once its reader is gone, lines are dropped and counted. */
export function standardErrorLines(): { write(line: string): void; dropped(): number } {
  let dropped = 0;
  let isBroken = false;
  process.stderr.on('error', () => {
    // The other end is closed: recording goes on without a log.
    isBroken = true;
  });
  return {
    write: (line) => {
      if (isBroken) dropped++;
      else process.stderr.write(line);
    },
    dropped: () => dropped,
  };
}
