/**
 * The states of one symbol's subscription on one session, and everything that can happen to it. Pure.
 *
 * | state          | meaning                                                                            |
 * | -------------- | ---------------------------------------------------------------------------------- |
 * | wanted         | not requested yet                                                                  |
 * | requested      | the request is out; frames that come early are held                                |
 * | deferred       | the exchange rejected it; it is requested again after a while                      |
 * | joining        | sequenced feed, confirmed while another session serves the symbol: updates wait    |
 * |                | until they continue what the other has brought                                     |
 * | awaiting-image | unsequenced feed, confirmed while another session serves the symbol: nothing counts |
 * |                | until an image comes                                                               |
 * | serving        | every message is delivered. On a sequenced feed two sessions may serve at once; the |
 * |                | sequence rule drops what comes twice                                               |
 * | superseded     | unsequenced feed: another session has begun a new book; nothing of this one counts |
 * | closed         | given up                                                                           |
 *
 * A failover, sequenced (O: old session, N: new one):
 *   O serving, N requested → N confirmed: joining → N's updates meet O's: serving → O is closed.
 * A failover, unsequenced:
 *   O serving, N requested → N confirmed: awaiting-image → image: N serving, O superseded → O is closed.
 */

export type SubscriptionState =
  | 'wanted'
  | 'requested'
  | 'deferred'
  | 'joining'
  | 'awaiting-image'
  | 'serving'
  | 'superseded'
  | 'closed';

export type SubscriptionEvent =
  /** The request for its streams is being sent. */
  | 'request'
  /** The exchange rejected the request. */
  | 'defer'
  /** To be requested once more: after a rejection, or in a smaller request. */
  | 'retry'
  /** Confirmed, and no other session serves the symbol. */
  | 'confirm-alone'
  /** Confirmed, another session serves the symbol, and sequences show where to join it. */
  | 'confirm-to-join'
  /** Confirmed, another session serves the symbol, and only an image can take over. */
  | 'confirm-to-replace'
  /** Confirmed, but a newer session serves the symbol, and there is no way back. */
  | 'confirm-late'
  /** A sequenced update that continues what was delivered, or overlaps it. */
  | 'next-update'
  /** A sequenced update beyond what was delivered. */
  | 'early-update'
  /** An update without a sequence. */
  | 'update'
  | 'image'
  /** A message that is not part of the book. */
  | 'side-message'
  /** A frame of the book that can't be read, on an unsequenced feed. */
  | 'unreadable'
  /** Frames of the session are missing. */
  | 'loss'
  /** Nothing is left to wait for: the updates met, the wait is over, or the other session is gone. */
  | 'join'
  /** Another session has begun a new book. */
  | 'supersede'
  | 'close';

export type SubscriptionAction =
  | 'none'
  | 'deliver'
  /** Keep the message until the state changes. */
  | 'hold'
  /** Handle what is held under the new state. */
  | 'replay'
  /** Forget what is held. */
  | 'discard'
  /** Supersede the other sessions, announce a new beginning, deliver the image. */
  | 'take-over'
  | 'report-unreadable'
  | 'report-loss';

export interface Transition {
  readonly state: SubscriptionState;
  readonly action: SubscriptionAction;
}

type Row = Readonly<Partial<Record<SubscriptionEvent, Transition>>>;

const to = (state: SubscriptionState, action: SubscriptionAction = 'none'): Transition =>
  Object.freeze({ state, action });

const CLOSE: Row = { close: to('closed', 'discard') };

/** What is missing here changes nothing and does nothing. */
const TABLE: Readonly<Record<SubscriptionState, Row>> = {
  wanted: {
    ...CLOSE,
    request: to('requested'),
  },
  requested: {
    ...CLOSE,
    defer: to('deferred', 'discard'),
    retry: to('wanted', 'discard'),
    'confirm-alone': to('serving', 'replay'),
    'confirm-to-join': to('joining', 'replay'),
    'confirm-to-replace': to('awaiting-image', 'replay'),
    'confirm-late': to('superseded', 'discard'),
    'next-update': to('requested', 'hold'),
    'early-update': to('requested', 'hold'),
    update: to('requested', 'hold'),
    image: to('requested', 'hold'),
    'side-message': to('requested', 'hold'),
    unreadable: to('requested', 'discard'),
    loss: to('requested', 'discard'),
  },
  deferred: {
    ...CLOSE,
    retry: to('wanted'),
  },
  joining: {
    ...CLOSE,
    'next-update': to('serving', 'deliver'),
    'early-update': to('joining', 'hold'),
    'side-message': to('joining', 'deliver'),
    loss: to('joining', 'discard'),
    join: to('serving', 'replay'),
  },
  'awaiting-image': {
    ...CLOSE,
    image: to('serving', 'take-over'),
    supersede: to('superseded'),
  },
  serving: {
    ...CLOSE,
    'next-update': to('serving', 'deliver'),
    'early-update': to('serving', 'deliver'),
    update: to('serving', 'deliver'),
    image: to('serving', 'deliver'),
    'side-message': to('serving', 'deliver'),
    unreadable: to('serving', 'report-unreadable'),
    loss: to('serving', 'report-loss'),
    supersede: to('superseded'),
  },
  superseded: {
    ...CLOSE,
  },
  closed: {},
};

/** What `event` makes of `state`, and what is to be done about it. */
export function transition(state: SubscriptionState, event: SubscriptionEvent): Transition {
  return TABLE[state][event] ?? UNCHANGED[state];
}

const UNCHANGED: Readonly<Record<SubscriptionState, Transition>> = {
  wanted: to('wanted'),
  requested: to('requested'),
  deferred: to('deferred'),
  joining: to('joining'),
  'awaiting-image': to('awaiting-image'),
  serving: to('serving'),
  superseded: to('superseded'),
  closed: to('closed'),
};

/** The exchange has confirmed the streams on this session. */
export function isConfirmed(state: SubscriptionState): boolean {
  return (
    state === 'joining' ||
    state === 'awaiting-image' ||
    state === 'serving' ||
    state === 'superseded'
  );
}

/** The listener is served from here, or can be without a break once no other session serves it. */
export function canServe(state: SubscriptionState): boolean {
  return state === 'serving' || state === 'joining';
}
