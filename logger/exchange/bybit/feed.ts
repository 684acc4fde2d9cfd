/**
 * A symbol's stream at Bybit. The sequence is `u`; `seq` beside it shows where a numbering begins anew (see
 * `numbering.ts`), which on two connections, or after a reconnect, may look like old updates.
 */

import type { ImageMessage, UpdateMessage } from '../feed/protocol.ts';
import { SequencedFeed, restarted } from '../feed/sequenced-feed.ts';
import { wireError } from '../wire/fields.ts';
import type { NumberedSnapshot } from './events.ts';
import { Numbering } from './numbering.ts';

export class BybitFeed extends SequencedFeed {
  readonly #numbering = new Numbering();

  protected override deliverUpdate(message: UpdateMessage): void {
    const { lastSequence: u } = message.event;
    const place = this.#numbering.take({ u, seq: message.crossSequence ?? 0 });
    switch (place) {
      case 'old':
        return;
      case 'contradiction':
        this.wireErrors.count('sequence', `The update ${u} goes back in seq`);
        return;
      case 'restart': {
        const { lastSequence } = this;
        this.restartSequence(u);
        this.reportLoss(this.lastReceiveTimeUs, restarted(u, lastSequence));
        break;
      }
      case 'foreign':
        this.reportLoss(
          this.lastReceiveTimeUs,
          'The snapshot was of another numbering than the stream',
        );
        break;
      case 'next':
    }
    super.deliverUpdate(message);
  }

  protected override deliverImage(message: ImageMessage): void {
    const { snapshot } = message;
    const numbers = { u: snapshot.sequence, seq: message.crossSequence ?? 0 };
    if (this.snapshot.isAwaited) {
      // Of a new subscription: a server may be a little behind the one before it.
      this.#numbering.begin(numbers);
      this.restartSequence(numbers.u);
      super.deliverImage(message);
      return;
    }
    const isRepeated = numbers.u === this.lastSequence;
    const place = this.#numbering.take(numbers);
    if (place === 'restart') this.restartFrom(snapshot);
    else if (place === 'contradiction') {
      this.wireErrors.count('sequence', `The snapshot ${numbers.u} goes back in seq`);
    } else if (place !== 'old' || isRepeated) super.deliverImage(message);
  }

  /**
   * A snapshot that came by REST.
   * @throws WireFormatError of kind `sequence` for one that is not of this stream's numbering, or too old
   *   to tell.
   */
  check({ snapshot, crossSequence }: NumberedSnapshot): void {
    const { sequence } = snapshot;
    const match = this.#numbering.match({ u: sequence, seq: crossSequence });
    if (match === 'same') return;
    const what = match === 'foreign' ? 'is of another numbering than' : 'is too old for';
    throw wireError('sequence', `The snapshot at ${sequence} ${what} the stream`);
  }
}
