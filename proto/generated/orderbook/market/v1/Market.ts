// Original file: proto/market.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { BooksPart as _orderbook_market_v1_BooksPart, BooksPart__Output as _orderbook_market_v1_BooksPart__Output } from '../../../orderbook/market/v1/BooksPart.ts';
import type { BooksRequest as _orderbook_market_v1_BooksRequest, BooksRequest__Output as _orderbook_market_v1_BooksRequest__Output } from '../../../orderbook/market/v1/BooksRequest.ts';
import type { InstrumentsRequest as _orderbook_market_v1_InstrumentsRequest, InstrumentsRequest__Output as _orderbook_market_v1_InstrumentsRequest__Output } from '../../../orderbook/market/v1/InstrumentsRequest.ts';
import type { InstrumentsResponse as _orderbook_market_v1_InstrumentsResponse, InstrumentsResponse__Output as _orderbook_market_v1_InstrumentsResponse__Output } from '../../../orderbook/market/v1/InstrumentsResponse.ts';

export interface MarketClient extends grpc.Client {
  Books(argument: _orderbook_market_v1_BooksRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_market_v1_BooksPart__Output>;
  Books(argument: _orderbook_market_v1_BooksRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_market_v1_BooksPart__Output>;
  books(argument: _orderbook_market_v1_BooksRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_market_v1_BooksPart__Output>;
  books(argument: _orderbook_market_v1_BooksRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_market_v1_BooksPart__Output>;
  
  Instruments(argument: _orderbook_market_v1_InstrumentsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_market_v1_InstrumentsResponse__Output>): grpc.ClientUnaryCall;
  Instruments(argument: _orderbook_market_v1_InstrumentsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_market_v1_InstrumentsResponse__Output>): grpc.ClientUnaryCall;
  Instruments(argument: _orderbook_market_v1_InstrumentsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_market_v1_InstrumentsResponse__Output>): grpc.ClientUnaryCall;
  Instruments(argument: _orderbook_market_v1_InstrumentsRequest, callback: grpc.requestCallback<_orderbook_market_v1_InstrumentsResponse__Output>): grpc.ClientUnaryCall;
  instruments(argument: _orderbook_market_v1_InstrumentsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_market_v1_InstrumentsResponse__Output>): grpc.ClientUnaryCall;
  instruments(argument: _orderbook_market_v1_InstrumentsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_market_v1_InstrumentsResponse__Output>): grpc.ClientUnaryCall;
  instruments(argument: _orderbook_market_v1_InstrumentsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_market_v1_InstrumentsResponse__Output>): grpc.ClientUnaryCall;
  instruments(argument: _orderbook_market_v1_InstrumentsRequest, callback: grpc.requestCallback<_orderbook_market_v1_InstrumentsResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface MarketHandlers extends grpc.UntypedServiceImplementation {
  Books: grpc.handleServerStreamingCall<_orderbook_market_v1_BooksRequest__Output, _orderbook_market_v1_BooksPart>;
  
  Instruments: grpc.handleUnaryCall<_orderbook_market_v1_InstrumentsRequest__Output, _orderbook_market_v1_InstrumentsResponse>;
  
}

export interface MarketDefinition extends grpc.ServiceDefinition {
  Books: MethodDefinition<_orderbook_market_v1_BooksRequest, _orderbook_market_v1_BooksPart, _orderbook_market_v1_BooksRequest__Output, _orderbook_market_v1_BooksPart__Output>
  Instruments: MethodDefinition<_orderbook_market_v1_InstrumentsRequest, _orderbook_market_v1_InstrumentsResponse, _orderbook_market_v1_InstrumentsRequest__Output, _orderbook_market_v1_InstrumentsResponse__Output>
}
