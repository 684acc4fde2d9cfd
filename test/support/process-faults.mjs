/** Loaded into a logger process with `node --import`: on SIGUSR2 it causes the fault named by TEST_FAULT. */

const faults = {
  throw: () => {
    throw new TypeError('test fault, thrown');
  },
  reject: () => void Promise.reject(new TypeError('test fault, rejected')),
  stall: () => {
    for (;;);
  },
  pause: () => {
    const endMs = performance.now() + 2000;
    while (performance.now() < endMs);
  },
};

const { TEST_FAULT } = process.env;
process.on('SIGUSR2', () => faults[TEST_FAULT]());
