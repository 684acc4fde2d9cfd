/** Waiting for what will become true, instead of for time to pass. */

/**
 * Resolves as soon as `isTrue()` is; looks again each time the event loop has turned.
 * @throws Error naming `what` when it is not so within `limitMs`.
 */
export async function until(
  what: string,
  isTrue: () => boolean,
  limitMs: number = 10_000,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => void setTimeout(resolve, 2));
  }
}
