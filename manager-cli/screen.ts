/** Redraws a block of lines in place on a terminal. */

import type { Output } from './output.ts';

// Hides the cursor and disables wrapping: a wrapped line can't be redrawn in place.
const BEGIN = '\u001b[?25l\u001b[?7l';
const END = '\u001b[?7h\u001b[?25h';
const ERASE_BELOW = '\u001b[J';

export class Screen {
  readonly #out: Output;
  #drawn = 0;

  constructor(out: Output) {
    this.#out = out;
  }

  /** Lines that fit: one more would scroll. */
  get rows(): number {
    return Math.max(1, this.#out.rows - 1);
  }

  get columns(): number {
    return this.#out.columns;
  }

  /** In one write, to avoid flicker. */
  async draw(lines: readonly string[]): Promise<void> {
    const fits = lines.slice(0, this.rows);
    const rewind = this.#drawn === 0 ? BEGIN : `\u001b[${this.#drawn}A\r`;
    await this.#out.write(`${rewind}${ERASE_BELOW}${fits.join('\n')}\n`);
    this.#drawn = fits.length;
  }

  /** Restores the cursor. */
  async end(): Promise<void> {
    await this.#out.write(END);
  }
}
