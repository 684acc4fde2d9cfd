import type { Log } from '../logger/runtime/log.ts';

const nothing = (): void => undefined;

export const silentLog: Log = {
  error: nothing,
  warning: nothing,
  notice: nothing,
  info: nothing,
  debug: nothing,
};
