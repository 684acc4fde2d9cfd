/** The columns of `orders/1`, in stored order. */

const NAMES = [
  // Per event: its shape; one column for each type of the preceding event.
  'shapeFirst',
  'shapeAfterReceived',
  'shapeAfterOpen',
  'shapeAfterMatch',
  'shapeAfterChange',
  'shapeAfterDone',
  'shapeAfterActivate',
  'newShape',
  // Per event (an `activate` has no sequence).
  'exchangeTime',
  'receiveTime',
  'sequence',
  // Values that the shape does not imply.
  'orderOfDone',
  'orderOfOther',
  'idKind',
  'buyPrice',
  'sellPrice',
  'receivedSize',
  'otherSize',
  'tradeId',
  'text',
  'newText',
  'clientIdKind',
  // Hexadecimal client ids: one column per byte, as some bytes never change.
  'clientId',
] as const;

type OrderColumn = (typeof NAMES)[number];

/** Column numbers by name. */
export const ORDER_COLUMN = Object.fromEntries(
  NAMES.map((name, index) => [name, index]),
) as Readonly<Record<OrderColumn, number>>;
/** Bytes of a hexadecimal client id: one column each, from `clientId` on. */
export const CLIENT_ID_BYTES = 16;

/**
 * The two ways to predict a receive time, as stored in the header: the exchange time plus the latency
 * of the previous message, or the receive time of the previous message (messages that arrive in one
 * batch share it).
 */
export const BY_LATENCY = 0;
export const BY_ARRIVAL = 1;
export const ORDER_COLUMNS = NAMES.length - 1 + CLIENT_ID_BYTES;
