/**
 * Loaded into a logger before itself. Node collects garbage when it likes, and takes hundreds of MiB
 * before it likes: what stays in use shows only after a full collection, which this signal asks for.
 */

process.on('SIGUSR2', () => {
  globalThis.gc?.();
});
