import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { BookChange as _orderbook_market_v1_BookChange, BookChange__Output as _orderbook_market_v1_BookChange__Output } from './orderbook/market/v1/BookChange.ts';
import type { BookImage as _orderbook_market_v1_BookImage, BookImage__Output as _orderbook_market_v1_BookImage__Output } from './orderbook/market/v1/BookImage.ts';
import type { BookUpdate as _orderbook_market_v1_BookUpdate, BookUpdate__Output as _orderbook_market_v1_BookUpdate__Output } from './orderbook/market/v1/BookUpdate.ts';
import type { BooksPart as _orderbook_market_v1_BooksPart, BooksPart__Output as _orderbook_market_v1_BooksPart__Output } from './orderbook/market/v1/BooksPart.ts';
import type { BooksRequest as _orderbook_market_v1_BooksRequest, BooksRequest__Output as _orderbook_market_v1_BooksRequest__Output } from './orderbook/market/v1/BooksRequest.ts';
import type { Contract as _orderbook_market_v1_Contract, Contract__Output as _orderbook_market_v1_Contract__Output } from './orderbook/market/v1/Contract.ts';
import type { Instrument as _orderbook_market_v1_Instrument, Instrument__Output as _orderbook_market_v1_Instrument__Output } from './orderbook/market/v1/Instrument.ts';
import type { InstrumentsRequest as _orderbook_market_v1_InstrumentsRequest, InstrumentsRequest__Output as _orderbook_market_v1_InstrumentsRequest__Output } from './orderbook/market/v1/InstrumentsRequest.ts';
import type { InstrumentsResponse as _orderbook_market_v1_InstrumentsResponse, InstrumentsResponse__Output as _orderbook_market_v1_InstrumentsResponse__Output } from './orderbook/market/v1/InstrumentsResponse.ts';
import type { MarketClient as _orderbook_market_v1_MarketClient, MarketDefinition as _orderbook_market_v1_MarketDefinition } from './orderbook/market/v1/Market.ts';
import type { Position as _orderbook_market_v1_Position, Position__Output as _orderbook_market_v1_Position__Output } from './orderbook/market/v1/Position.ts';
import type { Trade as _orderbook_market_v1_Trade, Trade__Output as _orderbook_market_v1_Trade__Output } from './orderbook/market/v1/Trade.ts';
import type { Unproven as _orderbook_market_v1_Unproven, Unproven__Output as _orderbook_market_v1_Unproven__Output } from './orderbook/market/v1/Unproven.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  orderbook: {
    market: {
      v1: {
        BookChange: MessageTypeDefinition<_orderbook_market_v1_BookChange, _orderbook_market_v1_BookChange__Output>
        BookImage: MessageTypeDefinition<_orderbook_market_v1_BookImage, _orderbook_market_v1_BookImage__Output>
        BookUpdate: MessageTypeDefinition<_orderbook_market_v1_BookUpdate, _orderbook_market_v1_BookUpdate__Output>
        BooksPart: MessageTypeDefinition<_orderbook_market_v1_BooksPart, _orderbook_market_v1_BooksPart__Output>
        BooksRequest: MessageTypeDefinition<_orderbook_market_v1_BooksRequest, _orderbook_market_v1_BooksRequest__Output>
        Contract: MessageTypeDefinition<_orderbook_market_v1_Contract, _orderbook_market_v1_Contract__Output>
        Instrument: MessageTypeDefinition<_orderbook_market_v1_Instrument, _orderbook_market_v1_Instrument__Output>
        InstrumentsRequest: MessageTypeDefinition<_orderbook_market_v1_InstrumentsRequest, _orderbook_market_v1_InstrumentsRequest__Output>
        InstrumentsResponse: MessageTypeDefinition<_orderbook_market_v1_InstrumentsResponse, _orderbook_market_v1_InstrumentsResponse__Output>
        Market: SubtypeConstructor<typeof grpc.Client, _orderbook_market_v1_MarketClient> & { service: _orderbook_market_v1_MarketDefinition }
        Position: MessageTypeDefinition<_orderbook_market_v1_Position, _orderbook_market_v1_Position__Output>
        Trade: MessageTypeDefinition<_orderbook_market_v1_Trade, _orderbook_market_v1_Trade__Output>
        Unproven: MessageTypeDefinition<_orderbook_market_v1_Unproven, _orderbook_market_v1_Unproven__Output>
      }
    }
  }
}

