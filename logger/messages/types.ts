/** The generated types of `proto/`, by the names that the code uses. */

export type {
  HealthDefinition,
  HealthHandlers,
} from '../../proto/generated/grpc/health/v1/Health.ts';
export type { HealthCheckResponse } from '../../proto/generated/grpc/health/v1/HealthCheckResponse.ts';
export type {
  ArchiveStatus,
  ArchiveStatus__Output,
  _orderbook_manager_v1_ArchiveStatus_Kind__Output as ArchiveKind__Output,
} from '../../proto/generated/orderbook/manager/v1/ArchiveStatus.ts';
export type { BadReceiveTime__Output } from '../../proto/generated/orderbook/manager/v1/BadReceiveTime.ts';
export type { BookClock__Output } from '../../proto/generated/orderbook/manager/v1/BookClock.ts';
export type {
  BookHead,
  BookHead__Output,
} from '../../proto/generated/orderbook/manager/v1/BookHead.ts';
export type { BookLevel__Output } from '../../proto/generated/orderbook/manager/v1/BookLevel.ts';
export type {
  BookLevels,
  BookLevels__Output,
} from '../../proto/generated/orderbook/manager/v1/BookLevels.ts';
export type { BookChange } from '../../proto/generated/orderbook/market/v1/BookChange.ts';
export type { BookImage } from '../../proto/generated/orderbook/market/v1/BookImage.ts';
export type { BooksPart } from '../../proto/generated/orderbook/market/v1/BooksPart.ts';
export type { BooksRequest__Output } from '../../proto/generated/orderbook/market/v1/BooksRequest.ts';
export type { Contract as MarketContract } from '../../proto/generated/orderbook/market/v1/Contract.ts';
export type { Instrument as InstrumentMessage } from '../../proto/generated/orderbook/market/v1/Instrument.ts';
export type {
  MarketDefinition,
  MarketHandlers,
} from '../../proto/generated/orderbook/market/v1/Market.ts';
export type { Position } from '../../proto/generated/orderbook/market/v1/Position.ts';
export type { Trade as MarketTrade } from '../../proto/generated/orderbook/market/v1/Trade.ts';
export type { BookPart } from '../../proto/generated/orderbook/manager/v1/BookPart.ts';
export type {
  BookRequest,
  BookRequest__Output,
} from '../../proto/generated/orderbook/manager/v1/BookRequest.ts';
export type {
  CandlesRequest,
  CandlesRequest__Output,
  _orderbook_manager_v1_CandlesRequest_Source__Output as CandleSource__Output,
} from '../../proto/generated/orderbook/manager/v1/CandlesRequest.ts';
export type {
  CommandResponse,
  CommandResponse__Output,
} from '../../proto/generated/orderbook/manager/v1/CommandResponse.ts';
export type { CommandResult } from '../../proto/generated/orderbook/manager/v1/CommandResult.ts';
export type {
  Contract,
  Contract__Output,
} from '../../proto/generated/orderbook/manager/v1/Contract.ts';
export type {
  CoverageRequest,
  CoverageRequest__Output,
} from '../../proto/generated/orderbook/manager/v1/CoverageRequest.ts';
export type {
  CoverageResponse,
  CoverageResponse__Output,
} from '../../proto/generated/orderbook/manager/v1/CoverageResponse.ts';
export type {
  ExportPart,
  ExportPart__Output,
} from '../../proto/generated/orderbook/manager/v1/ExportPart.ts';
export type {
  ExportRequest,
  ExportRequest__Output,
  _orderbook_manager_v1_ExportRequest_Format__Output as ExportFormat__Output,
  _orderbook_manager_v1_ExportRequest_Type__Output as ExportType__Output,
} from '../../proto/generated/orderbook/manager/v1/ExportRequest.ts';
export type { FetchCandlesPart } from '../../proto/generated/orderbook/manager/v1/FetchCandlesPart.ts';
export type {
  FetchCandlesProgress,
  FetchCandlesProgress__Output,
} from '../../proto/generated/orderbook/manager/v1/FetchCandlesProgress.ts';
export type {
  FetchCandlesRequest,
  FetchCandlesRequest__Output,
} from '../../proto/generated/orderbook/manager/v1/FetchCandlesRequest.ts';
export type {
  FetchedCandles,
  FetchedCandles__Output,
} from '../../proto/generated/orderbook/manager/v1/FetchedCandles.ts';
export type { Gap, Gap__Output } from '../../proto/generated/orderbook/manager/v1/Gap.ts';
export type { GapCause__Output } from '../../proto/generated/orderbook/manager/v1/GapCause.ts';
export type { WatchSeriesPart } from '../../proto/generated/orderbook/manager/v1/WatchSeriesPart.ts';
export type {
  WatchSeriesRequest,
  WatchSeriesRequest__Output,
} from '../../proto/generated/orderbook/manager/v1/WatchSeriesRequest.ts';
export type {
  HealthResponse,
  HealthResponse__Output,
  _orderbook_manager_v1_HealthResponse_Status__Output as HealthStatus__Output,
} from '../../proto/generated/orderbook/manager/v1/HealthResponse.ts';
export type {
  Interval,
  Interval__Output,
} from '../../proto/generated/orderbook/manager/v1/Interval.ts';
export type {
  ManagerDefinition,
  ManagerHandlers,
} from '../../proto/generated/orderbook/manager/v1/Manager.ts';
export type { MissingKind__Output } from '../../proto/generated/orderbook/manager/v1/MissingKind.ts';
export type { NoBook, NoBook__Output } from '../../proto/generated/orderbook/manager/v1/NoBook.ts';
export type {
  PriceLevel,
  PriceLevel__Output,
} from '../../proto/generated/orderbook/manager/v1/PriceLevel.ts';
export type {
  ProcessStatus,
  ProcessStatus__Output,
} from '../../proto/generated/orderbook/manager/v1/ProcessStatus.ts';
export type { Proof__Output } from '../../proto/generated/orderbook/manager/v1/Proof.ts';
export type { ReceiveTimeCause__Output } from '../../proto/generated/orderbook/manager/v1/ReceiveTimeCause.ts';
export type { RecordingState__Output } from '../../proto/generated/orderbook/manager/v1/RecordingState.ts';
export type {
  SecurityStatus,
  SecurityStatus__Output,
} from '../../proto/generated/orderbook/manager/v1/SecurityStatus.ts';
export type { SelfCheck__Output } from '../../proto/generated/orderbook/manager/v1/SelfCheck.ts';
export type { SnapshotSeries } from '../../proto/generated/orderbook/manager/v1/SnapshotSeries.ts';
export type { VerifyPart } from '../../proto/generated/orderbook/manager/v1/VerifyPart.ts';
export type {
  VerifyProgress,
  VerifyProgress__Output,
} from '../../proto/generated/orderbook/manager/v1/VerifyProgress.ts';
export type { VerifyRequest__Output } from '../../proto/generated/orderbook/manager/v1/VerifyRequest.ts';
export type {
  WatchPart,
  WatchPart__Output,
} from '../../proto/generated/orderbook/manager/v1/WatchPart.ts';
export type { WatchRequest__Output } from '../../proto/generated/orderbook/manager/v1/WatchRequest.ts';
