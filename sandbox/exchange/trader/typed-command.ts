/** The commands that a trader types. Pure. */

import { InvalidArgumentError } from '../../../logger/errors.ts';
import { priceOf, sideOf, sizeOf } from '../wire/requests.ts';

export const HELP = [
  'Buy PRICE SIZE, Sell PRICE SIZE: an order, such as Buy 3.14 200; or Buy alone, and price and size are asked for',
  'Cancel ID: of an open order of yours',
  'Account: your balances',
  'Quit',
].join('\n');

/** What is sent to the exchange; `order`: as far as it is known yet. */
export type TypedCommand =
  | {
      readonly kind: 'order';
      readonly side: 'Buy' | 'Sell';
      readonly price?: string;
      readonly size?: string;
    }
  | { readonly kind: 'cancel'; readonly id: string }
  | { readonly kind: 'account' | 'help' | 'quit' | 'nothing' };

/** @throws InvalidArgumentError saying what is wrong. */
export function parseTyped(line: string): TypedCommand {
  const [verb = '', ...rest] = line.trim().split(/\s+/);
  const word = verb.toLowerCase();
  const takes = (count: number): void => {
    if (rest.length > count)
      throw new InvalidArgumentError(`${verb} takes no more than ${count} words`);
  };
  switch (word) {
    case '':
      return { kind: 'nothing' };
    case 'buy':
    case 'sell': {
      takes(2);
      const side = sideOf(word) === 'buy' ? 'Buy' : 'Sell';
      const [price, size] = rest;
      if (price !== undefined) priceOf(price);
      if (size !== undefined) sizeOf(size);
      return {
        kind: 'order',
        side,
        ...(price !== undefined && { price }),
        ...(size !== undefined && { size }),
      };
    }
    case 'cancel': {
      takes(1);
      const [id] = rest;
      if (id === undefined) throw new InvalidArgumentError('Cancel needs the id of an order');
      return { kind: 'cancel', id };
    }
    case 'account':
    case 'help':
    case 'quit':
      takes(0);
      return { kind: word };
    case 'exit':
      return { kind: 'quit' };
    default:
      throw new InvalidArgumentError(`${JSON.stringify(verb.slice(0, 40))} is no command\n${HELP}`);
  }
}
