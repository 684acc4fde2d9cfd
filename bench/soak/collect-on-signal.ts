/**
 * Preloaded into a logger: runs a full garbage collection on a signal. Node may use hundreds of MiB
 * before it collects by itself, so the memory in use shows only after a full collection.
 */

process.on('SIGUSR2', () => {
  globalThis.gc?.();
});
