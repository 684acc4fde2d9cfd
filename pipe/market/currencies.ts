/** Currencies in one spelling, whatever an exchange calls them. USD, USDT and USDC stay three. Pure. */

/** On every exchange. */
const COMMON: Readonly<Record<string, string>> = { XBT: 'BTC', XBt: 'BTC' };

/** `UST` is Tether on Bitfinex alone: elsewhere it was another coin. */
const OF_EXCHANGE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  bitfinex: {
    ALG: 'ALGO',
    ATO: 'ATOM',
    BCHN: 'BCH',
    DAT: 'DATA',
    DSH: 'DASH',
    EUS: 'EURS',
    EUT: 'EURT',
    IOT: 'IOTA',
    LUNA: 'LUNC',
    LUNA2: 'LUNA',
    MNA: 'MANA',
    QTM: 'QTUM',
    RBT: 'RBTC',
    STJ: 'STORJ',
    TERRAUST: 'USTC',
    TSD: 'TUSD',
    UDC: 'USDC',
    UST: 'USDT',
    VSY: 'VSYS',
    WAX: 'WAXP',
  },
  bitmex: { USDt: 'USDT', XBt: 'BTC', XBT: 'BTC' },
};

/** The common spelling of an exchange's code. */
export function commonCurrency(exchange: string, code: string): string {
  return (OF_EXCHANGE[exchange]?.[code] ?? COMMON[code] ?? code).toUpperCase();
}
