// Original file: proto/manager.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AddRequest as _orderbook_manager_v1_AddRequest, AddRequest__Output as _orderbook_manager_v1_AddRequest__Output } from '../../../orderbook/manager/v1/AddRequest.ts';
import type { BookPart as _orderbook_manager_v1_BookPart, BookPart__Output as _orderbook_manager_v1_BookPart__Output } from '../../../orderbook/manager/v1/BookPart.ts';
import type { BookRequest as _orderbook_manager_v1_BookRequest, BookRequest__Output as _orderbook_manager_v1_BookRequest__Output } from '../../../orderbook/manager/v1/BookRequest.ts';
import type { CandlesRequest as _orderbook_manager_v1_CandlesRequest, CandlesRequest__Output as _orderbook_manager_v1_CandlesRequest__Output } from '../../../orderbook/manager/v1/CandlesRequest.ts';
import type { CommandResponse as _orderbook_manager_v1_CommandResponse, CommandResponse__Output as _orderbook_manager_v1_CommandResponse__Output } from '../../../orderbook/manager/v1/CommandResponse.ts';
import type { CoverageRequest as _orderbook_manager_v1_CoverageRequest, CoverageRequest__Output as _orderbook_manager_v1_CoverageRequest__Output } from '../../../orderbook/manager/v1/CoverageRequest.ts';
import type { CoverageResponse as _orderbook_manager_v1_CoverageResponse, CoverageResponse__Output as _orderbook_manager_v1_CoverageResponse__Output } from '../../../orderbook/manager/v1/CoverageResponse.ts';
import type { ExportPart as _orderbook_manager_v1_ExportPart, ExportPart__Output as _orderbook_manager_v1_ExportPart__Output } from '../../../orderbook/manager/v1/ExportPart.ts';
import type { ExportRequest as _orderbook_manager_v1_ExportRequest, ExportRequest__Output as _orderbook_manager_v1_ExportRequest__Output } from '../../../orderbook/manager/v1/ExportRequest.ts';
import type { FetchCandlesPart as _orderbook_manager_v1_FetchCandlesPart, FetchCandlesPart__Output as _orderbook_manager_v1_FetchCandlesPart__Output } from '../../../orderbook/manager/v1/FetchCandlesPart.ts';
import type { FetchCandlesRequest as _orderbook_manager_v1_FetchCandlesRequest, FetchCandlesRequest__Output as _orderbook_manager_v1_FetchCandlesRequest__Output } from '../../../orderbook/manager/v1/FetchCandlesRequest.ts';
import type { HealthRequest as _orderbook_manager_v1_HealthRequest, HealthRequest__Output as _orderbook_manager_v1_HealthRequest__Output } from '../../../orderbook/manager/v1/HealthRequest.ts';
import type { HealthResponse as _orderbook_manager_v1_HealthResponse, HealthResponse__Output as _orderbook_manager_v1_HealthResponse__Output } from '../../../orderbook/manager/v1/HealthResponse.ts';
import type { ListRequest as _orderbook_manager_v1_ListRequest, ListRequest__Output as _orderbook_manager_v1_ListRequest__Output } from '../../../orderbook/manager/v1/ListRequest.ts';
import type { ListResponse as _orderbook_manager_v1_ListResponse, ListResponse__Output as _orderbook_manager_v1_ListResponse__Output } from '../../../orderbook/manager/v1/ListResponse.ts';
import type { PingRequest as _orderbook_manager_v1_PingRequest, PingRequest__Output as _orderbook_manager_v1_PingRequest__Output } from '../../../orderbook/manager/v1/PingRequest.ts';
import type { PingResponse as _orderbook_manager_v1_PingResponse, PingResponse__Output as _orderbook_manager_v1_PingResponse__Output } from '../../../orderbook/manager/v1/PingResponse.ts';
import type { RemoveRequest as _orderbook_manager_v1_RemoveRequest, RemoveRequest__Output as _orderbook_manager_v1_RemoveRequest__Output } from '../../../orderbook/manager/v1/RemoveRequest.ts';
import type { ResetRequest as _orderbook_manager_v1_ResetRequest, ResetRequest__Output as _orderbook_manager_v1_ResetRequest__Output } from '../../../orderbook/manager/v1/ResetRequest.ts';
import type { SnapshotRequest as _orderbook_manager_v1_SnapshotRequest, SnapshotRequest__Output as _orderbook_manager_v1_SnapshotRequest__Output } from '../../../orderbook/manager/v1/SnapshotRequest.ts';
import type { StatsRequest as _orderbook_manager_v1_StatsRequest, StatsRequest__Output as _orderbook_manager_v1_StatsRequest__Output } from '../../../orderbook/manager/v1/StatsRequest.ts';
import type { StatsResponse as _orderbook_manager_v1_StatsResponse, StatsResponse__Output as _orderbook_manager_v1_StatsResponse__Output } from '../../../orderbook/manager/v1/StatsResponse.ts';
import type { TerminateRequest as _orderbook_manager_v1_TerminateRequest, TerminateRequest__Output as _orderbook_manager_v1_TerminateRequest__Output } from '../../../orderbook/manager/v1/TerminateRequest.ts';
import type { TerminateResponse as _orderbook_manager_v1_TerminateResponse, TerminateResponse__Output as _orderbook_manager_v1_TerminateResponse__Output } from '../../../orderbook/manager/v1/TerminateResponse.ts';
import type { UptimeRequest as _orderbook_manager_v1_UptimeRequest, UptimeRequest__Output as _orderbook_manager_v1_UptimeRequest__Output } from '../../../orderbook/manager/v1/UptimeRequest.ts';
import type { UptimeResponse as _orderbook_manager_v1_UptimeResponse, UptimeResponse__Output as _orderbook_manager_v1_UptimeResponse__Output } from '../../../orderbook/manager/v1/UptimeResponse.ts';
import type { VerifyPart as _orderbook_manager_v1_VerifyPart, VerifyPart__Output as _orderbook_manager_v1_VerifyPart__Output } from '../../../orderbook/manager/v1/VerifyPart.ts';
import type { VerifyRequest as _orderbook_manager_v1_VerifyRequest, VerifyRequest__Output as _orderbook_manager_v1_VerifyRequest__Output } from '../../../orderbook/manager/v1/VerifyRequest.ts';
import type { WatchPart as _orderbook_manager_v1_WatchPart, WatchPart__Output as _orderbook_manager_v1_WatchPart__Output } from '../../../orderbook/manager/v1/WatchPart.ts';
import type { WatchRequest as _orderbook_manager_v1_WatchRequest, WatchRequest__Output as _orderbook_manager_v1_WatchRequest__Output } from '../../../orderbook/manager/v1/WatchRequest.ts';
import type { WatchSeriesPart as _orderbook_manager_v1_WatchSeriesPart, WatchSeriesPart__Output as _orderbook_manager_v1_WatchSeriesPart__Output } from '../../../orderbook/manager/v1/WatchSeriesPart.ts';
import type { WatchSeriesRequest as _orderbook_manager_v1_WatchSeriesRequest, WatchSeriesRequest__Output as _orderbook_manager_v1_WatchSeriesRequest__Output } from '../../../orderbook/manager/v1/WatchSeriesRequest.ts';

export interface ManagerClient extends grpc.Client {
  Add(argument: _orderbook_manager_v1_AddRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  Add(argument: _orderbook_manager_v1_AddRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  Add(argument: _orderbook_manager_v1_AddRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  Add(argument: _orderbook_manager_v1_AddRequest, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  add(argument: _orderbook_manager_v1_AddRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  add(argument: _orderbook_manager_v1_AddRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  add(argument: _orderbook_manager_v1_AddRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  add(argument: _orderbook_manager_v1_AddRequest, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  
  Book(argument: _orderbook_manager_v1_BookRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_BookPart__Output>;
  Book(argument: _orderbook_manager_v1_BookRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_BookPart__Output>;
  book(argument: _orderbook_manager_v1_BookRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_BookPart__Output>;
  book(argument: _orderbook_manager_v1_BookRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_BookPart__Output>;
  
  Candles(argument: _orderbook_manager_v1_CandlesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_ExportPart__Output>;
  Candles(argument: _orderbook_manager_v1_CandlesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_ExportPart__Output>;
  candles(argument: _orderbook_manager_v1_CandlesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_ExportPart__Output>;
  candles(argument: _orderbook_manager_v1_CandlesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_ExportPart__Output>;
  
  Coverage(argument: _orderbook_manager_v1_CoverageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CoverageResponse__Output>): grpc.ClientUnaryCall;
  Coverage(argument: _orderbook_manager_v1_CoverageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_CoverageResponse__Output>): grpc.ClientUnaryCall;
  Coverage(argument: _orderbook_manager_v1_CoverageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CoverageResponse__Output>): grpc.ClientUnaryCall;
  Coverage(argument: _orderbook_manager_v1_CoverageRequest, callback: grpc.requestCallback<_orderbook_manager_v1_CoverageResponse__Output>): grpc.ClientUnaryCall;
  coverage(argument: _orderbook_manager_v1_CoverageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CoverageResponse__Output>): grpc.ClientUnaryCall;
  coverage(argument: _orderbook_manager_v1_CoverageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_CoverageResponse__Output>): grpc.ClientUnaryCall;
  coverage(argument: _orderbook_manager_v1_CoverageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CoverageResponse__Output>): grpc.ClientUnaryCall;
  coverage(argument: _orderbook_manager_v1_CoverageRequest, callback: grpc.requestCallback<_orderbook_manager_v1_CoverageResponse__Output>): grpc.ClientUnaryCall;
  
  Export(argument: _orderbook_manager_v1_ExportRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_ExportPart__Output>;
  Export(argument: _orderbook_manager_v1_ExportRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_ExportPart__Output>;
  export(argument: _orderbook_manager_v1_ExportRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_ExportPart__Output>;
  export(argument: _orderbook_manager_v1_ExportRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_ExportPart__Output>;
  
  FetchCandles(argument: _orderbook_manager_v1_FetchCandlesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_FetchCandlesPart__Output>;
  FetchCandles(argument: _orderbook_manager_v1_FetchCandlesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_FetchCandlesPart__Output>;
  fetchCandles(argument: _orderbook_manager_v1_FetchCandlesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_FetchCandlesPart__Output>;
  fetchCandles(argument: _orderbook_manager_v1_FetchCandlesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_FetchCandlesPart__Output>;
  
  Health(argument: _orderbook_manager_v1_HealthRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_HealthResponse__Output>): grpc.ClientUnaryCall;
  Health(argument: _orderbook_manager_v1_HealthRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_HealthResponse__Output>): grpc.ClientUnaryCall;
  Health(argument: _orderbook_manager_v1_HealthRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_HealthResponse__Output>): grpc.ClientUnaryCall;
  Health(argument: _orderbook_manager_v1_HealthRequest, callback: grpc.requestCallback<_orderbook_manager_v1_HealthResponse__Output>): grpc.ClientUnaryCall;
  health(argument: _orderbook_manager_v1_HealthRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_HealthResponse__Output>): grpc.ClientUnaryCall;
  health(argument: _orderbook_manager_v1_HealthRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_HealthResponse__Output>): grpc.ClientUnaryCall;
  health(argument: _orderbook_manager_v1_HealthRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_HealthResponse__Output>): grpc.ClientUnaryCall;
  health(argument: _orderbook_manager_v1_HealthRequest, callback: grpc.requestCallback<_orderbook_manager_v1_HealthResponse__Output>): grpc.ClientUnaryCall;
  
  List(argument: _orderbook_manager_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  List(argument: _orderbook_manager_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  List(argument: _orderbook_manager_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  List(argument: _orderbook_manager_v1_ListRequest, callback: grpc.requestCallback<_orderbook_manager_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  list(argument: _orderbook_manager_v1_ListRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  list(argument: _orderbook_manager_v1_ListRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  list(argument: _orderbook_manager_v1_ListRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  list(argument: _orderbook_manager_v1_ListRequest, callback: grpc.requestCallback<_orderbook_manager_v1_ListResponse__Output>): grpc.ClientUnaryCall;
  
  Ping(argument: _orderbook_manager_v1_PingRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_PingResponse__Output>): grpc.ClientUnaryCall;
  Ping(argument: _orderbook_manager_v1_PingRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_PingResponse__Output>): grpc.ClientUnaryCall;
  Ping(argument: _orderbook_manager_v1_PingRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_PingResponse__Output>): grpc.ClientUnaryCall;
  Ping(argument: _orderbook_manager_v1_PingRequest, callback: grpc.requestCallback<_orderbook_manager_v1_PingResponse__Output>): grpc.ClientUnaryCall;
  ping(argument: _orderbook_manager_v1_PingRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_PingResponse__Output>): grpc.ClientUnaryCall;
  ping(argument: _orderbook_manager_v1_PingRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_PingResponse__Output>): grpc.ClientUnaryCall;
  ping(argument: _orderbook_manager_v1_PingRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_PingResponse__Output>): grpc.ClientUnaryCall;
  ping(argument: _orderbook_manager_v1_PingRequest, callback: grpc.requestCallback<_orderbook_manager_v1_PingResponse__Output>): grpc.ClientUnaryCall;
  
  Remove(argument: _orderbook_manager_v1_RemoveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  Remove(argument: _orderbook_manager_v1_RemoveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  Remove(argument: _orderbook_manager_v1_RemoveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  Remove(argument: _orderbook_manager_v1_RemoveRequest, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  remove(argument: _orderbook_manager_v1_RemoveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  remove(argument: _orderbook_manager_v1_RemoveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  remove(argument: _orderbook_manager_v1_RemoveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  remove(argument: _orderbook_manager_v1_RemoveRequest, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  
  Reset(argument: _orderbook_manager_v1_ResetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  Reset(argument: _orderbook_manager_v1_ResetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  Reset(argument: _orderbook_manager_v1_ResetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  Reset(argument: _orderbook_manager_v1_ResetRequest, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  reset(argument: _orderbook_manager_v1_ResetRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  reset(argument: _orderbook_manager_v1_ResetRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  reset(argument: _orderbook_manager_v1_ResetRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  reset(argument: _orderbook_manager_v1_ResetRequest, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  
  Snapshot(argument: _orderbook_manager_v1_SnapshotRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  Snapshot(argument: _orderbook_manager_v1_SnapshotRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  Snapshot(argument: _orderbook_manager_v1_SnapshotRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  Snapshot(argument: _orderbook_manager_v1_SnapshotRequest, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  snapshot(argument: _orderbook_manager_v1_SnapshotRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  snapshot(argument: _orderbook_manager_v1_SnapshotRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  snapshot(argument: _orderbook_manager_v1_SnapshotRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  snapshot(argument: _orderbook_manager_v1_SnapshotRequest, callback: grpc.requestCallback<_orderbook_manager_v1_CommandResponse__Output>): grpc.ClientUnaryCall;
  
  Stats(argument: _orderbook_manager_v1_StatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_StatsResponse__Output>): grpc.ClientUnaryCall;
  Stats(argument: _orderbook_manager_v1_StatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_StatsResponse__Output>): grpc.ClientUnaryCall;
  Stats(argument: _orderbook_manager_v1_StatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_StatsResponse__Output>): grpc.ClientUnaryCall;
  Stats(argument: _orderbook_manager_v1_StatsRequest, callback: grpc.requestCallback<_orderbook_manager_v1_StatsResponse__Output>): grpc.ClientUnaryCall;
  stats(argument: _orderbook_manager_v1_StatsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_StatsResponse__Output>): grpc.ClientUnaryCall;
  stats(argument: _orderbook_manager_v1_StatsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_StatsResponse__Output>): grpc.ClientUnaryCall;
  stats(argument: _orderbook_manager_v1_StatsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_StatsResponse__Output>): grpc.ClientUnaryCall;
  stats(argument: _orderbook_manager_v1_StatsRequest, callback: grpc.requestCallback<_orderbook_manager_v1_StatsResponse__Output>): grpc.ClientUnaryCall;
  
  Terminate(argument: _orderbook_manager_v1_TerminateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_TerminateResponse__Output>): grpc.ClientUnaryCall;
  Terminate(argument: _orderbook_manager_v1_TerminateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_TerminateResponse__Output>): grpc.ClientUnaryCall;
  Terminate(argument: _orderbook_manager_v1_TerminateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_TerminateResponse__Output>): grpc.ClientUnaryCall;
  Terminate(argument: _orderbook_manager_v1_TerminateRequest, callback: grpc.requestCallback<_orderbook_manager_v1_TerminateResponse__Output>): grpc.ClientUnaryCall;
  terminate(argument: _orderbook_manager_v1_TerminateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_TerminateResponse__Output>): grpc.ClientUnaryCall;
  terminate(argument: _orderbook_manager_v1_TerminateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_TerminateResponse__Output>): grpc.ClientUnaryCall;
  terminate(argument: _orderbook_manager_v1_TerminateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_TerminateResponse__Output>): grpc.ClientUnaryCall;
  terminate(argument: _orderbook_manager_v1_TerminateRequest, callback: grpc.requestCallback<_orderbook_manager_v1_TerminateResponse__Output>): grpc.ClientUnaryCall;
  
  Uptime(argument: _orderbook_manager_v1_UptimeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_UptimeResponse__Output>): grpc.ClientUnaryCall;
  Uptime(argument: _orderbook_manager_v1_UptimeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_UptimeResponse__Output>): grpc.ClientUnaryCall;
  Uptime(argument: _orderbook_manager_v1_UptimeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_UptimeResponse__Output>): grpc.ClientUnaryCall;
  Uptime(argument: _orderbook_manager_v1_UptimeRequest, callback: grpc.requestCallback<_orderbook_manager_v1_UptimeResponse__Output>): grpc.ClientUnaryCall;
  uptime(argument: _orderbook_manager_v1_UptimeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_UptimeResponse__Output>): grpc.ClientUnaryCall;
  uptime(argument: _orderbook_manager_v1_UptimeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_orderbook_manager_v1_UptimeResponse__Output>): grpc.ClientUnaryCall;
  uptime(argument: _orderbook_manager_v1_UptimeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_orderbook_manager_v1_UptimeResponse__Output>): grpc.ClientUnaryCall;
  uptime(argument: _orderbook_manager_v1_UptimeRequest, callback: grpc.requestCallback<_orderbook_manager_v1_UptimeResponse__Output>): grpc.ClientUnaryCall;
  
  Verify(argument: _orderbook_manager_v1_VerifyRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_VerifyPart__Output>;
  Verify(argument: _orderbook_manager_v1_VerifyRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_VerifyPart__Output>;
  verify(argument: _orderbook_manager_v1_VerifyRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_VerifyPart__Output>;
  verify(argument: _orderbook_manager_v1_VerifyRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_VerifyPart__Output>;
  
  Watch(argument: _orderbook_manager_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_WatchPart__Output>;
  Watch(argument: _orderbook_manager_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_WatchPart__Output>;
  watch(argument: _orderbook_manager_v1_WatchRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_WatchPart__Output>;
  watch(argument: _orderbook_manager_v1_WatchRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_WatchPart__Output>;
  
  WatchSeries(argument: _orderbook_manager_v1_WatchSeriesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_WatchSeriesPart__Output>;
  WatchSeries(argument: _orderbook_manager_v1_WatchSeriesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_WatchSeriesPart__Output>;
  watchSeries(argument: _orderbook_manager_v1_WatchSeriesRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_WatchSeriesPart__Output>;
  watchSeries(argument: _orderbook_manager_v1_WatchSeriesRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_orderbook_manager_v1_WatchSeriesPart__Output>;
  
}

export interface ManagerHandlers extends grpc.UntypedServiceImplementation {
  Add: grpc.handleUnaryCall<_orderbook_manager_v1_AddRequest__Output, _orderbook_manager_v1_CommandResponse>;
  
  Book: grpc.handleServerStreamingCall<_orderbook_manager_v1_BookRequest__Output, _orderbook_manager_v1_BookPart>;
  
  Candles: grpc.handleServerStreamingCall<_orderbook_manager_v1_CandlesRequest__Output, _orderbook_manager_v1_ExportPart>;
  
  Coverage: grpc.handleUnaryCall<_orderbook_manager_v1_CoverageRequest__Output, _orderbook_manager_v1_CoverageResponse>;
  
  Export: grpc.handleServerStreamingCall<_orderbook_manager_v1_ExportRequest__Output, _orderbook_manager_v1_ExportPart>;
  
  FetchCandles: grpc.handleServerStreamingCall<_orderbook_manager_v1_FetchCandlesRequest__Output, _orderbook_manager_v1_FetchCandlesPart>;
  
  Health: grpc.handleUnaryCall<_orderbook_manager_v1_HealthRequest__Output, _orderbook_manager_v1_HealthResponse>;
  
  List: grpc.handleUnaryCall<_orderbook_manager_v1_ListRequest__Output, _orderbook_manager_v1_ListResponse>;
  
  Ping: grpc.handleUnaryCall<_orderbook_manager_v1_PingRequest__Output, _orderbook_manager_v1_PingResponse>;
  
  Remove: grpc.handleUnaryCall<_orderbook_manager_v1_RemoveRequest__Output, _orderbook_manager_v1_CommandResponse>;
  
  Reset: grpc.handleUnaryCall<_orderbook_manager_v1_ResetRequest__Output, _orderbook_manager_v1_CommandResponse>;
  
  Snapshot: grpc.handleUnaryCall<_orderbook_manager_v1_SnapshotRequest__Output, _orderbook_manager_v1_CommandResponse>;
  
  Stats: grpc.handleUnaryCall<_orderbook_manager_v1_StatsRequest__Output, _orderbook_manager_v1_StatsResponse>;
  
  Terminate: grpc.handleUnaryCall<_orderbook_manager_v1_TerminateRequest__Output, _orderbook_manager_v1_TerminateResponse>;
  
  Uptime: grpc.handleUnaryCall<_orderbook_manager_v1_UptimeRequest__Output, _orderbook_manager_v1_UptimeResponse>;
  
  Verify: grpc.handleServerStreamingCall<_orderbook_manager_v1_VerifyRequest__Output, _orderbook_manager_v1_VerifyPart>;
  
  Watch: grpc.handleServerStreamingCall<_orderbook_manager_v1_WatchRequest__Output, _orderbook_manager_v1_WatchPart>;
  
  WatchSeries: grpc.handleServerStreamingCall<_orderbook_manager_v1_WatchSeriesRequest__Output, _orderbook_manager_v1_WatchSeriesPart>;
  
}

export interface ManagerDefinition extends grpc.ServiceDefinition {
  Add: MethodDefinition<_orderbook_manager_v1_AddRequest, _orderbook_manager_v1_CommandResponse, _orderbook_manager_v1_AddRequest__Output, _orderbook_manager_v1_CommandResponse__Output>
  Book: MethodDefinition<_orderbook_manager_v1_BookRequest, _orderbook_manager_v1_BookPart, _orderbook_manager_v1_BookRequest__Output, _orderbook_manager_v1_BookPart__Output>
  Candles: MethodDefinition<_orderbook_manager_v1_CandlesRequest, _orderbook_manager_v1_ExportPart, _orderbook_manager_v1_CandlesRequest__Output, _orderbook_manager_v1_ExportPart__Output>
  Coverage: MethodDefinition<_orderbook_manager_v1_CoverageRequest, _orderbook_manager_v1_CoverageResponse, _orderbook_manager_v1_CoverageRequest__Output, _orderbook_manager_v1_CoverageResponse__Output>
  Export: MethodDefinition<_orderbook_manager_v1_ExportRequest, _orderbook_manager_v1_ExportPart, _orderbook_manager_v1_ExportRequest__Output, _orderbook_manager_v1_ExportPart__Output>
  FetchCandles: MethodDefinition<_orderbook_manager_v1_FetchCandlesRequest, _orderbook_manager_v1_FetchCandlesPart, _orderbook_manager_v1_FetchCandlesRequest__Output, _orderbook_manager_v1_FetchCandlesPart__Output>
  Health: MethodDefinition<_orderbook_manager_v1_HealthRequest, _orderbook_manager_v1_HealthResponse, _orderbook_manager_v1_HealthRequest__Output, _orderbook_manager_v1_HealthResponse__Output>
  List: MethodDefinition<_orderbook_manager_v1_ListRequest, _orderbook_manager_v1_ListResponse, _orderbook_manager_v1_ListRequest__Output, _orderbook_manager_v1_ListResponse__Output>
  Ping: MethodDefinition<_orderbook_manager_v1_PingRequest, _orderbook_manager_v1_PingResponse, _orderbook_manager_v1_PingRequest__Output, _orderbook_manager_v1_PingResponse__Output>
  Remove: MethodDefinition<_orderbook_manager_v1_RemoveRequest, _orderbook_manager_v1_CommandResponse, _orderbook_manager_v1_RemoveRequest__Output, _orderbook_manager_v1_CommandResponse__Output>
  Reset: MethodDefinition<_orderbook_manager_v1_ResetRequest, _orderbook_manager_v1_CommandResponse, _orderbook_manager_v1_ResetRequest__Output, _orderbook_manager_v1_CommandResponse__Output>
  Snapshot: MethodDefinition<_orderbook_manager_v1_SnapshotRequest, _orderbook_manager_v1_CommandResponse, _orderbook_manager_v1_SnapshotRequest__Output, _orderbook_manager_v1_CommandResponse__Output>
  Stats: MethodDefinition<_orderbook_manager_v1_StatsRequest, _orderbook_manager_v1_StatsResponse, _orderbook_manager_v1_StatsRequest__Output, _orderbook_manager_v1_StatsResponse__Output>
  Terminate: MethodDefinition<_orderbook_manager_v1_TerminateRequest, _orderbook_manager_v1_TerminateResponse, _orderbook_manager_v1_TerminateRequest__Output, _orderbook_manager_v1_TerminateResponse__Output>
  Uptime: MethodDefinition<_orderbook_manager_v1_UptimeRequest, _orderbook_manager_v1_UptimeResponse, _orderbook_manager_v1_UptimeRequest__Output, _orderbook_manager_v1_UptimeResponse__Output>
  Verify: MethodDefinition<_orderbook_manager_v1_VerifyRequest, _orderbook_manager_v1_VerifyPart, _orderbook_manager_v1_VerifyRequest__Output, _orderbook_manager_v1_VerifyPart__Output>
  Watch: MethodDefinition<_orderbook_manager_v1_WatchRequest, _orderbook_manager_v1_WatchPart, _orderbook_manager_v1_WatchRequest__Output, _orderbook_manager_v1_WatchPart__Output>
  WatchSeries: MethodDefinition<_orderbook_manager_v1_WatchSeriesRequest, _orderbook_manager_v1_WatchSeriesPart, _orderbook_manager_v1_WatchSeriesRequest__Output, _orderbook_manager_v1_WatchSeriesPart__Output>
}
