/** Colours, only on a terminal and without NO_COLOR. */

import type { Io, OutputStream } from './io.ts';

export type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim' | 'bold';

const CODES: Readonly<Record<Colour, string>> = {
  red: '31',
  green: '32',
  yellow: '33',
  cyan: '36',
  dim: '2',
  bold: '1',
};

export type Paint = (colour: Colour, text: string) => string;

export const plain: Paint = (_colour, text) => text;

/** https://no-color.org: a non-empty NO_COLOR switches colours off. */
export function paintFor(stream: OutputStream, env: Io['env']): Paint {
  const isWanted = stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return isWanted ? (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m` : plain;
}

/** Green: well. Yellow: getting there. Red: needs attention. */
export function stateColour(state: string): Colour {
  switch (state) {
    case 'live':
    case 'serving':
    case 'ok':
      return 'green';
    case 'syncing':
    case 'degraded':
      return 'yellow';
    case 'removed':
      return 'dim';
    default:
      return 'red';
  }
}
