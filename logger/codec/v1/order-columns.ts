/** The columns of `orders/1`, in the order in which they are stored. */

const NAMES = [
  // Of each event: which shape it has, one column for each type of the event before it.
  'shapeFirst',
  'shapeAfterReceived',
  'shapeAfterOpen',
  'shapeAfterMatch',
  'shapeAfterChange',
  'shapeAfterDone',
  'shapeAfterActivate',
  'newShape',
  // Of each event (an `activate` has no sequence).
  'exchangeTime',
  'receiveTime',
  'sequence',
  // Of what the event says beyond its shape.
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
  // Client ids that are hexadecimal: a column for each of their bytes, as some bytes never change.
  'clientId',
] as const;

type OrderColumn = (typeof NAMES)[number];

/** Column numbers by name. */
export const ORDER_COLUMN = Object.fromEntries(
  NAMES.map((name, index) => [name, index]),
) as Readonly<Record<OrderColumn, number>>;
/** The columns of the first to the last byte of client ids. */
export const CLIENT_ID_BYTES = 16;
export const ORDER_COLUMNS = NAMES.length - 1 + CLIENT_ID_BYTES;
