/**
 * Trouble inside a logger process (`node --import`): on SIGUSR2 it does what MISCHIEF says. The
 * program itself has no such door.
 */

const deeds = {
  throw: () => {
    throw new TypeError('mischief, thrown');
  },
  reject: () => void Promise.reject(new TypeError('mischief, rejected')),
  stall: () => {
    for (;;);
  },
  pause: () => {
    const endMs = performance.now() + 800;
    while (performance.now() < endMs);
  },
};

const { MISCHIEF } = process.env;
process.on('SIGUSR2', () => deeds[MISCHIEF]());
