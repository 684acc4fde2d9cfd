/**
 * What signals do before there is anything to stop or to reload. Imported first of all, so that it
 * holds while the rest of the program is still being loaded: a stop in that moment is a clean one.
 */

export const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
export const RELOAD_SIGNAL = 'SIGHUP';

const endAtOnce = (): void => process.exit(0);
const wait = (): void => undefined;

for (const signal of STOP_SIGNALS) process.on(signal, endAtOnce);
process.on(RELOAD_SIGNAL, wait);

/** From now on these answer. */
export function takeSignals(handlers: {
  readonly stop: (signal: (typeof STOP_SIGNALS)[number] | typeof RELOAD_SIGNAL) => void;
  readonly reload: () => void;
}): void {
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => handlers.stop(signal));
    process.off(signal, endAtOnce);
  }
  // A terminal that is closed says so by the same signal, and then nobody wants a reload.
  const hasTerminal = process.stdin.isTTY || process.stderr.isTTY;
  process.on(RELOAD_SIGNAL, () => (hasTerminal ? handlers.stop(RELOAD_SIGNAL) : handlers.reload()));
  process.off(RELOAD_SIGNAL, wait);
}
