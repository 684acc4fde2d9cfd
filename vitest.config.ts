import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import type { TestSpecification } from 'vitest/node';

const SCALED = 'test/**/*.scaled.test.ts';
const SLOW = 'test/**/*.slow.test.ts';

/** With TEST_ONCE, scaled tests run at full size alone, in `slow`. */
const OTHERS = process.env['TEST_ONCE'] ? [SLOW, SCALED] : [SLOW];

/** Files that take longest start first, so that no core idles at the end. */
const LONG = /\/test\/(e2e|crash|deploy|loopback|archive\/mongo)/;

class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

const shared = {
  // Patience: a busy machine whose disk is slow took 67 s for a test of a tenth of a second.
  testTimeout: 180_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 30_000 } },
  // CommonJS packages are imported as Node imports them, so that tests and dist/ behave alike.
  deps: { interopDefault: false },
};

/**
 * `npm test` runs `unit` and `system`; `npm run test:all` also `slow`. A `*.slow.test.ts` file runs
 * in `slow` alone, a `*.scaled.test.ts` file in both: small first, then at full size.
 */
export default defineConfig({
  test: {
    // One MongoDB server for all projects.
    globalSetup: ['test/support/mongodb-setup.ts'],
    sequence: { sequencer: LongFilesFirst },
    reporters: ['./test/support/skip-reporter.ts', 'default'],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: OTHERS,
          maxWorkers: availableParallelism(),
        },
      },
      {
        test: {
          ...shared,
          name: 'system',
          include: ['test/**/*.test.ts'],
          exclude: ['test/unit/**', ...OTHERS],
          // These wait for sockets, timers and processes more than they compute.
          maxWorkers: 2 * availableParallelism(),
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'slow',
          include: [SLOW, SCALED],
          env: { TEST_SCALE: 'full' },
          // Some wait for minutes, others compute.
          maxWorkers: 1 + availableParallelism(),
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
