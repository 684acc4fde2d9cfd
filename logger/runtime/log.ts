/** The log as a port. One call is one line; `fields` are printed after the message. */

export type LogLevel = 'error' | 'warning' | 'notice' | 'info' | 'debug';

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  error(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  /** Normal but notable: start, stop, add, remove. */
  notice(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}
