/** Resolves with the exit code of an early end of a demo: a signal or the time limit. */
export function interruption(limitMs: number): Promise<number> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve(130));
    process.once('SIGTERM', () => resolve(143));
    setTimeout(() => {
      process.stderr.write(`demo: not finished after ${limitMs / 1000} s\n`);
      resolve(1);
    }, limitMs).unref();
  });
}
