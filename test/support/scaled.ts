/**
 * The size of a test in a `*.scaled.test.ts` file: `npm test` runs it small, `npm run test:all` runs
 * it again at full size (`TEST_SCALE=full`, which the project "slow" sets).
 */

const isFull = process.env['TEST_SCALE'] === 'full';

export function scaled<Size>(sizes: { readonly fast: Size; readonly full: Size }): Size {
  return isFull ? sizes.full : sizes.fast;
}
