/** All strategies. A new one is a folder and a line here. */

import { arbitrage } from './arbitrage/definition.ts';
import { spreadCapture } from './spread-capture/spread-capture.ts';
import type { StrategyDefinition } from './strategy.ts';

export const STRATEGIES: readonly StrategyDefinition[] = [arbitrage, spreadCapture];
