import { describe, expect, it } from 'vitest';
import { exchangeSettings, usersOf } from '../../../../sandbox/exchange/settings.ts';
import { Dialog } from '../../../../sandbox/exchange/trader/dialog.ts';
import { lineOf } from '../../../../sandbox/exchange/trader/trader-lines.ts';
import { parseTyped } from '../../../../sandbox/exchange/trader/typed-command.ts';

describe('the commands of a trader', () => {
  it('are typed in one line, or asked for', () => {
    const dialog = new Dialog();
    expect(dialog.prompt).toBe('==============================\nInput your command: ');
    expect(dialog.take('Buy')).toBeNull();
    expect(dialog.prompt).toBe('Input price: ');
    expect(() => dialog.take('cheap')).toThrow('price is not');
    expect(dialog.prompt).toBe('Input price: ');
    expect(dialog.take('3.14')).toBeNull();
    expect(dialog.take('200')).toMatchObject({ side: 'Buy', price: '3.14', size: '200' });
    expect(dialog.take('sell 3.11')).toBeNull();
    expect(dialog.prompt).toBe('Input size: ');
    expect(dialog.take('600')).toEqual({ kind: 'order', side: 'Sell', price: '3.11', size: '600' });
    expect(dialog.take(' BUY  3.14 200 ')).toMatchObject({
      side: 'Buy',
      price: '3.14',
      size: '200',
    });
    expect(dialog.take('')).toEqual({ kind: 'nothing' });
  });

  it('are rejected where they can mean nothing', () => {
    const wrong = [
      'Hold',
      'Buy 0 1',
      'Buy 1.001 1',
      'Buy 1 1.5',
      'Buy 1 2 3',
      'Cancel',
      'Account x',
    ];
    for (const line of wrong) expect(() => parseTyped(line), line).toThrow(Error);
    expect(parseTyped('cancel order:1')).toEqual({ kind: 'cancel', id: 'order:1' });
    expect(parseTyped('exit')).toEqual({ kind: 'quit' });
  });
});

it('messages are lines', () => {
  const row = { id: 'order:1', side: 'Sell', remaining_size: 100 };
  const table = 'orderBookL2';
  expect(lineOf({ table, action: 'partial_fulfilled', data: [row] })).toBe(
    'partial_fulfilled Sell remaining 100 order:1',
  );
  expect(lineOf({ table, action: 'partial', data: [row] })).toBeUndefined();
  expect(lineOf({ table: 'trade', action: 'insert', data: [row] })).toBeUndefined();
});

it('settings of the exchange are checked', () => {
  expect(exchangeSettings({})).toMatchObject({ port: 6789, mongodb: null, hotOrders: 20_000 });
  expect(usersOf('a:b:c, d:e')).toEqual([
    { username: 'a', password: 'b:c' },
    { username: 'd', password: 'e' },
  ]);
  for (const port of ['x', '-1', '70000', '1.5']) {
    expect(() => exchangeSettings({ EXCHANGE_PORT: port })).toThrow('EXCHANGE_PORT');
  }
  for (const users of ['a', 'a:', ':b', 'a:b,a:c', 'admin:x']) {
    expect(() => usersOf(users)).toThrow('EXCHANGE_USERS');
  }
  expect(() => exchangeSettings({ EXCHANGE_HOT_ORDERS: '0' })).toThrow('EXCHANGE_HOT_ORDERS');
});
