/** Reads single frames as a feed session does: routed first, then read at the scale of their symbol. */

import type {
  ControlMessage,
  EventMessage,
  FeedMessage,
  Protocol,
  SessionProtocol,
} from '../../logger/exchange/feed/protocol.ts';
import type { Scale } from '../../logger/market/decimal.ts';

export class FrameReader {
  readonly session: SessionProtocol;
  readonly #scale: Scale;

  constructor(protocol: Protocol, scale: Scale) {
    this.session = protocol.connect(() => undefined);
    this.#scale = scale;
  }

  /** What the frame says, or the error that reading it throws. */
  read(frame: string | Buffer, receiveTimeUs = 5): FeedMessage | ControlMessage {
    const [message, ...more] = this.readAll(frame, receiveTimeUs);
    if (!message || more.length > 0) throw new Error('Not exactly one message');
    return message;
  }

  /** As `read`, of a frame with any number of messages. */
  readAll(frame: string | Buffer, receiveTimeUs = 5): readonly (FeedMessage | ControlMessage)[] {
    const bytes = typeof frame === 'string' ? Buffer.from(frame) : frame;
    const route = this.session.route(bytes);
    if (route.to !== 'symbol') return [this.session.readControl(bytes)];
    return this.session.read(bytes, route, { scale: this.#scale, receiveTimeUs });
  }

  event(frame: string | Buffer, receiveTimeUs = 5): EventMessage {
    const message = this.read(frame, receiveTimeUs);
    if (message.kind !== 'update' && message.kind !== 'side-event') {
      throw new Error(`${message.kind} is not an event`);
    }
    return message;
  }
}
