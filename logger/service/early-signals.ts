/**
 * Signal handling before there is anything to stop or to reload. Imported first of all, so that it
 * works while the rest of the program is still being loaded: a stop then is a clean exit.
 */

export const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
export const RELOAD_SIGNAL = 'SIGHUP';

const exitNow = (): void => process.exit(0);
const ignore = (): void => undefined;

for (const signal of STOP_SIGNALS) process.on(signal, exitNow);
process.on(RELOAD_SIGNAL, ignore);

/** Replaces the early handlers by these. */
export function handleSignals(handlers: {
  readonly stop: (signal: (typeof STOP_SIGNALS)[number] | typeof RELOAD_SIGNAL) => void;
  readonly reload: () => void;
}): void {
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => handlers.stop(signal));
    process.off(signal, exitNow);
  }
  // A closing terminal sends the same signal; it means stop, not reload.
  const hasTerminal = process.stdin.isTTY || process.stderr.isTTY;
  process.on(RELOAD_SIGNAL, () => (hasTerminal ? handlers.stop(RELOAD_SIGNAL) : handlers.reload()));
  process.off(RELOAD_SIGNAL, ignore);
}
