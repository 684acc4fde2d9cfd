/** What is asked of the person at the keyboard, line by line. Pure. */

import { InvalidArgumentError } from '../../../logger/errors.ts';
import { priceOf, sizeOf } from '../wire/requests.ts';
import { parseTyped } from './typed-command.ts';
import type { TypedCommand } from './typed-command.ts';

const RULE = '==============================';

export class Dialog {
  /** An order whose price or size is missing. */
  #order: (TypedCommand & { readonly kind: 'order' }) | null = null;

  /** What to print before the next line is read. */
  get prompt(): string {
    if (!this.#order) return `${RULE}\nInput your command: `;
    return this.#order.price === undefined ? 'Input price: ' : 'Input size: ';
  }

  /**
   * @returns the command, once it is complete.
   * @throws InvalidArgumentError for what can't be meant; the same is asked again.
   */
  take(line: string): TypedCommand | null {
    const command = this.#order ? withNext(this.#order, line.trim()) : parseTyped(line);
    this.#order = null;
    if (command.kind === 'order' && command.size === undefined) this.#order = command;
    return this.#order ? null : command;
  }
}

function withNext(
  order: TypedCommand & { readonly kind: 'order' },
  text: string,
): TypedCommand & { readonly kind: 'order' } {
  if (text === '') throw new InvalidArgumentError('A number is needed');
  if (order.price === undefined) {
    priceOf(text);
    return { ...order, price: text };
  }
  sizeOf(text);
  return { ...order, size: text };
}
