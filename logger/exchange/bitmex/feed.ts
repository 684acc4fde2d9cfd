/** One symbol of `orderBookL2` and `trade`, whose book has no sequence: loss shows in its rows. */

import type { WireFormatError } from '../../errors.ts';
import { ImageFeed } from '../feed/image-feed.ts';
import type { SymbolRoute } from '../feed/protocol.ts';
import { MIXED } from './protocol.ts';

export class BitmexFeed extends ImageFeed {
  override unreadable(route: SymbolRoute, error: WireFormatError): void {
    const { kind } = error.context;
    // Reported for every symbol of the connection.
    if (kind === MIXED) return;
    if (kind === 'row')
      this.mismatch(`The exchange's changes contradict the book: ${error.message}`);
    else super.unreadable(route, error);
  }
}
