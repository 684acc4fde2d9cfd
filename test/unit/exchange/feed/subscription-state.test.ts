/** The table of states: every transition by itself. */

import { describe, expect, test } from 'vitest';
import {
  canServe,
  isConfirmed,
  transition,
} from '../../../../logger/exchange/feed/subscription-state.ts';
import type {
  SubscriptionAction,
  SubscriptionEvent,
  SubscriptionState,
} from '../../../../logger/exchange/feed/subscription-state.ts';

const STATES: readonly SubscriptionState[] = [
  'wanted',
  'requested',
  'deferred',
  'joining',
  'awaiting-image',
  'serving',
  'superseded',
  'closed',
];

const EVENTS: readonly SubscriptionEvent[] = [
  'request',
  'defer',
  'retry',
  'confirm-alone',
  'confirm-to-join',
  'confirm-to-replace',
  'confirm-late',
  'next-update',
  'early-update',
  'update',
  'image',
  'side-message',
  'unreadable',
  'loss',
  'join',
  'supersede',
  'close',
];

type Row = readonly [SubscriptionState, SubscriptionEvent, SubscriptionState, SubscriptionAction];

const TRANSITIONS: readonly Row[] = [
  ['wanted', 'request', 'requested', 'none'],

  ['requested', 'confirm-alone', 'serving', 'replay'],
  ['requested', 'confirm-to-join', 'joining', 'replay'],
  ['requested', 'confirm-to-replace', 'awaiting-image', 'replay'],
  ['requested', 'confirm-late', 'superseded', 'discard'],
  ['requested', 'defer', 'deferred', 'discard'],
  ['requested', 'retry', 'wanted', 'discard'],
  ['requested', 'next-update', 'requested', 'hold'],
  ['requested', 'early-update', 'requested', 'hold'],
  ['requested', 'update', 'requested', 'hold'],
  ['requested', 'image', 'requested', 'hold'],
  ['requested', 'side-message', 'requested', 'hold'],
  ['requested', 'unreadable', 'requested', 'discard'],
  ['requested', 'loss', 'requested', 'discard'],

  ['deferred', 'retry', 'wanted', 'none'],

  ['joining', 'next-update', 'serving', 'deliver'],
  ['joining', 'early-update', 'joining', 'hold'],
  ['joining', 'side-message', 'joining', 'deliver'],
  ['joining', 'join', 'serving', 'replay'],
  ['joining', 'loss', 'joining', 'discard'],

  ['awaiting-image', 'image', 'serving', 'take-over'],
  ['awaiting-image', 'supersede', 'superseded', 'none'],

  ['serving', 'next-update', 'serving', 'deliver'],
  ['serving', 'early-update', 'serving', 'deliver'],
  ['serving', 'update', 'serving', 'deliver'],
  ['serving', 'image', 'serving', 'deliver'],
  ['serving', 'side-message', 'serving', 'deliver'],
  ['serving', 'unreadable', 'serving', 'report-unreadable'],
  ['serving', 'loss', 'serving', 'report-loss'],
  ['serving', 'supersede', 'superseded', 'none'],

  ...STATES.filter((state) => state !== 'closed').map((state): Row => [
    state,
    'close',
    'closed',
    'discard',
  ]),
];

test.each(TRANSITIONS)('%s, %s: %s, %s', (state, event, next, action) => {
  expect(transition(state, event)).toEqual({ state: next, action });
});

test('whatever else happens changes nothing and does nothing', () => {
  const known = new Set(TRANSITIONS.map(([state, event]) => `${state} ${event}`));
  expect(known.size).toBe(TRANSITIONS.length);
  for (const state of STATES) {
    for (const event of EVENTS) {
      if (known.has(`${state} ${event}`)) continue;
      expect(transition(state, event), `${state} ${event}`).toEqual({ state, action: 'none' });
    }
  }
});

describe('what follows from a state', () => {
  test('streams are confirmed from the reply on', () => {
    expect(STATES.filter(isConfirmed)).toEqual([
      'joining',
      'awaiting-image',
      'serving',
      'superseded',
    ]);
  });

  test('without an image an unsequenced session can not serve', () => {
    expect(STATES.filter(canServe)).toEqual(['joining', 'serving']);
  });
});

describe('walks', () => {
  const walk = (...events: SubscriptionEvent[]): SubscriptionState =>
    events.reduce<SubscriptionState>((state, event) => transition(state, event).state, 'wanted');

  test('the first session of a symbol', () => {
    expect(walk('request', 'image', 'confirm-alone', 'next-update')).toBe('serving');
  });

  test('a sequenced failover, by sequence and by timeout', () => {
    expect(walk('request', 'confirm-to-join', 'early-update', 'join')).toBe('serving');
    expect(walk('request', 'confirm-to-join', 'next-update')).toBe('serving');
  });

  test('an unsequenced failover takes an image, whatever else happens', () => {
    expect(walk('request', 'confirm-to-replace', 'update', 'join')).toBe('awaiting-image');
    expect(walk('request', 'confirm-to-replace', 'update', 'image')).toBe('serving');
  });

  test('a deferred symbol is requested again', () => {
    expect(walk('request', 'defer', 'retry', 'request', 'confirm-alone')).toBe('serving');
  });

  test('nothing comes back from closed', () => {
    for (const event of EVENTS) expect(walk('close', event)).toBe('closed');
  });
});
