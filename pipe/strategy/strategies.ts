/** The strategies that can be run. A new one is a folder beside this and a line in the list. */

import type { StrategyDefinition } from './strategy.ts';

export const STRATEGIES: readonly StrategyDefinition[] = [];
