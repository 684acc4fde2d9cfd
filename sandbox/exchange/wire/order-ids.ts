/**
 * Ids of orders as traders see them: `order:` and 32 hex digits, of which the first half is the exchange's salt
 * and the second the order's number. So no id comes twice, also not after a reset. Pure.
 */

const ID = /^order:([0-9a-f]{16})([0-9a-f]{16})$/;

export function formatOrderId(salt: string, orderId: number): string {
  return `order:${salt}${orderId.toString(16).padStart(16, '0')}`;
}

/** undefined: not an id, or not of an order that this exchange can have. */
export function parseOrderId(salt: string, text: string): number | undefined {
  const [, textSalt, number = ''] = ID.exec(text) ?? [];
  const orderId = Number.parseInt(number, 16);
  return textSalt === salt && Number.isSafeInteger(orderId) && orderId > 0 ? orderId : undefined;
}
