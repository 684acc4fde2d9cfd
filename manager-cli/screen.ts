/** A few lines on a terminal that are drawn anew in their place, again and again. */

import type { Output } from './output.ts';

// A line that wraps can't be redrawn in place: the terminal cuts long ones off instead.
const BEGIN = '\u001b[?25l\u001b[?7l';
const END = '\u001b[?7h\u001b[?25h';
const ERASE_BELOW = '\u001b[J';

export class Screen {
  readonly #out: Output;
  #drawn = 0;

  constructor(out: Output) {
    this.#out = out;
  }

  /** How many lines there is room for: one more would scroll, and then nothing is in its place. */
  get rows(): number {
    return Math.max(1, this.#out.rows - 1);
  }

  get columns(): number {
    return this.#out.columns;
  }

  /** In one write, so that nobody sees half of it. */
  async draw(lines: readonly string[]): Promise<void> {
    const fits = lines.slice(0, this.rows);
    const rewind = this.#drawn === 0 ? BEGIN : `\u001b[${this.#drawn}A\r`;
    await this.#out.write(`${rewind}${ERASE_BELOW}${fits.join('\n')}\n`);
    this.#drawn = fits.length;
  }

  /** Gives the cursor back. */
  async end(): Promise<void> {
    await this.#out.write(END);
  }
}
