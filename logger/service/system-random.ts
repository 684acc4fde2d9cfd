/** The machine's random numbers. */

import type { Random } from '../runtime/random.ts';

export const systemRandom: Random = { next: () => Math.random() };
