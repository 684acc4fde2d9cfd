import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AddRequest as _orderbook_manager_v1_AddRequest, AddRequest__Output as _orderbook_manager_v1_AddRequest__Output } from './orderbook/manager/v1/AddRequest.ts';
import type { ArchiveStatus as _orderbook_manager_v1_ArchiveStatus, ArchiveStatus__Output as _orderbook_manager_v1_ArchiveStatus__Output } from './orderbook/manager/v1/ArchiveStatus.ts';
import type { BadReceiveTime as _orderbook_manager_v1_BadReceiveTime, BadReceiveTime__Output as _orderbook_manager_v1_BadReceiveTime__Output } from './orderbook/manager/v1/BadReceiveTime.ts';
import type { BookHead as _orderbook_manager_v1_BookHead, BookHead__Output as _orderbook_manager_v1_BookHead__Output } from './orderbook/manager/v1/BookHead.ts';
import type { BookLevels as _orderbook_manager_v1_BookLevels, BookLevels__Output as _orderbook_manager_v1_BookLevels__Output } from './orderbook/manager/v1/BookLevels.ts';
import type { BookPart as _orderbook_manager_v1_BookPart, BookPart__Output as _orderbook_manager_v1_BookPart__Output } from './orderbook/manager/v1/BookPart.ts';
import type { BookRequest as _orderbook_manager_v1_BookRequest, BookRequest__Output as _orderbook_manager_v1_BookRequest__Output } from './orderbook/manager/v1/BookRequest.ts';
import type { CandlesRequest as _orderbook_manager_v1_CandlesRequest, CandlesRequest__Output as _orderbook_manager_v1_CandlesRequest__Output } from './orderbook/manager/v1/CandlesRequest.ts';
import type { CommandResponse as _orderbook_manager_v1_CommandResponse, CommandResponse__Output as _orderbook_manager_v1_CommandResponse__Output } from './orderbook/manager/v1/CommandResponse.ts';
import type { CommandResult as _orderbook_manager_v1_CommandResult, CommandResult__Output as _orderbook_manager_v1_CommandResult__Output } from './orderbook/manager/v1/CommandResult.ts';
import type { Contract as _orderbook_manager_v1_Contract, Contract__Output as _orderbook_manager_v1_Contract__Output } from './orderbook/manager/v1/Contract.ts';
import type { CoverageRequest as _orderbook_manager_v1_CoverageRequest, CoverageRequest__Output as _orderbook_manager_v1_CoverageRequest__Output } from './orderbook/manager/v1/CoverageRequest.ts';
import type { CoverageResponse as _orderbook_manager_v1_CoverageResponse, CoverageResponse__Output as _orderbook_manager_v1_CoverageResponse__Output } from './orderbook/manager/v1/CoverageResponse.ts';
import type { ExportPart as _orderbook_manager_v1_ExportPart, ExportPart__Output as _orderbook_manager_v1_ExportPart__Output } from './orderbook/manager/v1/ExportPart.ts';
import type { ExportRequest as _orderbook_manager_v1_ExportRequest, ExportRequest__Output as _orderbook_manager_v1_ExportRequest__Output } from './orderbook/manager/v1/ExportRequest.ts';
import type { FetchCandlesGap as _orderbook_manager_v1_FetchCandlesGap, FetchCandlesGap__Output as _orderbook_manager_v1_FetchCandlesGap__Output } from './orderbook/manager/v1/FetchCandlesGap.ts';
import type { FetchCandlesPart as _orderbook_manager_v1_FetchCandlesPart, FetchCandlesPart__Output as _orderbook_manager_v1_FetchCandlesPart__Output } from './orderbook/manager/v1/FetchCandlesPart.ts';
import type { FetchCandlesProgress as _orderbook_manager_v1_FetchCandlesProgress, FetchCandlesProgress__Output as _orderbook_manager_v1_FetchCandlesProgress__Output } from './orderbook/manager/v1/FetchCandlesProgress.ts';
import type { FetchCandlesRequest as _orderbook_manager_v1_FetchCandlesRequest, FetchCandlesRequest__Output as _orderbook_manager_v1_FetchCandlesRequest__Output } from './orderbook/manager/v1/FetchCandlesRequest.ts';
import type { FetchedCandles as _orderbook_manager_v1_FetchedCandles, FetchedCandles__Output as _orderbook_manager_v1_FetchedCandles__Output } from './orderbook/manager/v1/FetchedCandles.ts';
import type { Gap as _orderbook_manager_v1_Gap, Gap__Output as _orderbook_manager_v1_Gap__Output } from './orderbook/manager/v1/Gap.ts';
import type { HealthRequest as _orderbook_manager_v1_HealthRequest, HealthRequest__Output as _orderbook_manager_v1_HealthRequest__Output } from './orderbook/manager/v1/HealthRequest.ts';
import type { HealthResponse as _orderbook_manager_v1_HealthResponse, HealthResponse__Output as _orderbook_manager_v1_HealthResponse__Output } from './orderbook/manager/v1/HealthResponse.ts';
import type { Interval as _orderbook_manager_v1_Interval, Interval__Output as _orderbook_manager_v1_Interval__Output } from './orderbook/manager/v1/Interval.ts';
import type { ListRequest as _orderbook_manager_v1_ListRequest, ListRequest__Output as _orderbook_manager_v1_ListRequest__Output } from './orderbook/manager/v1/ListRequest.ts';
import type { ListResponse as _orderbook_manager_v1_ListResponse, ListResponse__Output as _orderbook_manager_v1_ListResponse__Output } from './orderbook/manager/v1/ListResponse.ts';
import type { ManagerClient as _orderbook_manager_v1_ManagerClient, ManagerDefinition as _orderbook_manager_v1_ManagerDefinition } from './orderbook/manager/v1/Manager.ts';
import type { NoBook as _orderbook_manager_v1_NoBook, NoBook__Output as _orderbook_manager_v1_NoBook__Output } from './orderbook/manager/v1/NoBook.ts';
import type { PingRequest as _orderbook_manager_v1_PingRequest, PingRequest__Output as _orderbook_manager_v1_PingRequest__Output } from './orderbook/manager/v1/PingRequest.ts';
import type { PingResponse as _orderbook_manager_v1_PingResponse, PingResponse__Output as _orderbook_manager_v1_PingResponse__Output } from './orderbook/manager/v1/PingResponse.ts';
import type { PriceLevel as _orderbook_manager_v1_PriceLevel, PriceLevel__Output as _orderbook_manager_v1_PriceLevel__Output } from './orderbook/manager/v1/PriceLevel.ts';
import type { ProcessStatus as _orderbook_manager_v1_ProcessStatus, ProcessStatus__Output as _orderbook_manager_v1_ProcessStatus__Output } from './orderbook/manager/v1/ProcessStatus.ts';
import type { RemoveRequest as _orderbook_manager_v1_RemoveRequest, RemoveRequest__Output as _orderbook_manager_v1_RemoveRequest__Output } from './orderbook/manager/v1/RemoveRequest.ts';
import type { ResetRequest as _orderbook_manager_v1_ResetRequest, ResetRequest__Output as _orderbook_manager_v1_ResetRequest__Output } from './orderbook/manager/v1/ResetRequest.ts';
import type { Scale as _orderbook_manager_v1_Scale, Scale__Output as _orderbook_manager_v1_Scale__Output } from './orderbook/manager/v1/Scale.ts';
import type { SecurityStatus as _orderbook_manager_v1_SecurityStatus, SecurityStatus__Output as _orderbook_manager_v1_SecurityStatus__Output } from './orderbook/manager/v1/SecurityStatus.ts';
import type { SelfCheck as _orderbook_manager_v1_SelfCheck, SelfCheck__Output as _orderbook_manager_v1_SelfCheck__Output } from './orderbook/manager/v1/SelfCheck.ts';
import type { SnapshotRequest as _orderbook_manager_v1_SnapshotRequest, SnapshotRequest__Output as _orderbook_manager_v1_SnapshotRequest__Output } from './orderbook/manager/v1/SnapshotRequest.ts';
import type { SnapshotSeries as _orderbook_manager_v1_SnapshotSeries, SnapshotSeries__Output as _orderbook_manager_v1_SnapshotSeries__Output } from './orderbook/manager/v1/SnapshotSeries.ts';
import type { StatsRequest as _orderbook_manager_v1_StatsRequest, StatsRequest__Output as _orderbook_manager_v1_StatsRequest__Output } from './orderbook/manager/v1/StatsRequest.ts';
import type { StatsResponse as _orderbook_manager_v1_StatsResponse, StatsResponse__Output as _orderbook_manager_v1_StatsResponse__Output } from './orderbook/manager/v1/StatsResponse.ts';
import type { TerminateRequest as _orderbook_manager_v1_TerminateRequest, TerminateRequest__Output as _orderbook_manager_v1_TerminateRequest__Output } from './orderbook/manager/v1/TerminateRequest.ts';
import type { TerminateResponse as _orderbook_manager_v1_TerminateResponse, TerminateResponse__Output as _orderbook_manager_v1_TerminateResponse__Output } from './orderbook/manager/v1/TerminateResponse.ts';
import type { UptimeRequest as _orderbook_manager_v1_UptimeRequest, UptimeRequest__Output as _orderbook_manager_v1_UptimeRequest__Output } from './orderbook/manager/v1/UptimeRequest.ts';
import type { UptimeResponse as _orderbook_manager_v1_UptimeResponse, UptimeResponse__Output as _orderbook_manager_v1_UptimeResponse__Output } from './orderbook/manager/v1/UptimeResponse.ts';
import type { VerifyPart as _orderbook_manager_v1_VerifyPart, VerifyPart__Output as _orderbook_manager_v1_VerifyPart__Output } from './orderbook/manager/v1/VerifyPart.ts';
import type { VerifyProblem as _orderbook_manager_v1_VerifyProblem, VerifyProblem__Output as _orderbook_manager_v1_VerifyProblem__Output } from './orderbook/manager/v1/VerifyProblem.ts';
import type { VerifyProgress as _orderbook_manager_v1_VerifyProgress, VerifyProgress__Output as _orderbook_manager_v1_VerifyProgress__Output } from './orderbook/manager/v1/VerifyProgress.ts';
import type { VerifyRequest as _orderbook_manager_v1_VerifyRequest, VerifyRequest__Output as _orderbook_manager_v1_VerifyRequest__Output } from './orderbook/manager/v1/VerifyRequest.ts';
import type { VerifyResult as _orderbook_manager_v1_VerifyResult, VerifyResult__Output as _orderbook_manager_v1_VerifyResult__Output } from './orderbook/manager/v1/VerifyResult.ts';
import type { WatchPart as _orderbook_manager_v1_WatchPart, WatchPart__Output as _orderbook_manager_v1_WatchPart__Output } from './orderbook/manager/v1/WatchPart.ts';
import type { WatchRequest as _orderbook_manager_v1_WatchRequest, WatchRequest__Output as _orderbook_manager_v1_WatchRequest__Output } from './orderbook/manager/v1/WatchRequest.ts';
import type { WatchSeriesPart as _orderbook_manager_v1_WatchSeriesPart, WatchSeriesPart__Output as _orderbook_manager_v1_WatchSeriesPart__Output } from './orderbook/manager/v1/WatchSeriesPart.ts';
import type { WatchSeriesRequest as _orderbook_manager_v1_WatchSeriesRequest, WatchSeriesRequest__Output as _orderbook_manager_v1_WatchSeriesRequest__Output } from './orderbook/manager/v1/WatchSeriesRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  orderbook: {
    manager: {
      v1: {
        AddRequest: MessageTypeDefinition<_orderbook_manager_v1_AddRequest, _orderbook_manager_v1_AddRequest__Output>
        ArchiveStatus: MessageTypeDefinition<_orderbook_manager_v1_ArchiveStatus, _orderbook_manager_v1_ArchiveStatus__Output>
        BadReceiveTime: MessageTypeDefinition<_orderbook_manager_v1_BadReceiveTime, _orderbook_manager_v1_BadReceiveTime__Output>
        BookClock: EnumTypeDefinition
        BookHead: MessageTypeDefinition<_orderbook_manager_v1_BookHead, _orderbook_manager_v1_BookHead__Output>
        BookLevel: EnumTypeDefinition
        BookLevels: MessageTypeDefinition<_orderbook_manager_v1_BookLevels, _orderbook_manager_v1_BookLevels__Output>
        BookPart: MessageTypeDefinition<_orderbook_manager_v1_BookPart, _orderbook_manager_v1_BookPart__Output>
        BookRequest: MessageTypeDefinition<_orderbook_manager_v1_BookRequest, _orderbook_manager_v1_BookRequest__Output>
        CandlesRequest: MessageTypeDefinition<_orderbook_manager_v1_CandlesRequest, _orderbook_manager_v1_CandlesRequest__Output>
        CommandResponse: MessageTypeDefinition<_orderbook_manager_v1_CommandResponse, _orderbook_manager_v1_CommandResponse__Output>
        CommandResult: MessageTypeDefinition<_orderbook_manager_v1_CommandResult, _orderbook_manager_v1_CommandResult__Output>
        Contract: MessageTypeDefinition<_orderbook_manager_v1_Contract, _orderbook_manager_v1_Contract__Output>
        CoverageRequest: MessageTypeDefinition<_orderbook_manager_v1_CoverageRequest, _orderbook_manager_v1_CoverageRequest__Output>
        CoverageResponse: MessageTypeDefinition<_orderbook_manager_v1_CoverageResponse, _orderbook_manager_v1_CoverageResponse__Output>
        ExportPart: MessageTypeDefinition<_orderbook_manager_v1_ExportPart, _orderbook_manager_v1_ExportPart__Output>
        ExportRequest: MessageTypeDefinition<_orderbook_manager_v1_ExportRequest, _orderbook_manager_v1_ExportRequest__Output>
        FetchCandlesGap: MessageTypeDefinition<_orderbook_manager_v1_FetchCandlesGap, _orderbook_manager_v1_FetchCandlesGap__Output>
        FetchCandlesPart: MessageTypeDefinition<_orderbook_manager_v1_FetchCandlesPart, _orderbook_manager_v1_FetchCandlesPart__Output>
        FetchCandlesProgress: MessageTypeDefinition<_orderbook_manager_v1_FetchCandlesProgress, _orderbook_manager_v1_FetchCandlesProgress__Output>
        FetchCandlesRequest: MessageTypeDefinition<_orderbook_manager_v1_FetchCandlesRequest, _orderbook_manager_v1_FetchCandlesRequest__Output>
        FetchedCandles: MessageTypeDefinition<_orderbook_manager_v1_FetchedCandles, _orderbook_manager_v1_FetchedCandles__Output>
        Gap: MessageTypeDefinition<_orderbook_manager_v1_Gap, _orderbook_manager_v1_Gap__Output>
        GapCause: EnumTypeDefinition
        HealthRequest: MessageTypeDefinition<_orderbook_manager_v1_HealthRequest, _orderbook_manager_v1_HealthRequest__Output>
        HealthResponse: MessageTypeDefinition<_orderbook_manager_v1_HealthResponse, _orderbook_manager_v1_HealthResponse__Output>
        Interval: MessageTypeDefinition<_orderbook_manager_v1_Interval, _orderbook_manager_v1_Interval__Output>
        ListRequest: MessageTypeDefinition<_orderbook_manager_v1_ListRequest, _orderbook_manager_v1_ListRequest__Output>
        ListResponse: MessageTypeDefinition<_orderbook_manager_v1_ListResponse, _orderbook_manager_v1_ListResponse__Output>
        Manager: SubtypeConstructor<typeof grpc.Client, _orderbook_manager_v1_ManagerClient> & { service: _orderbook_manager_v1_ManagerDefinition }
        MissingKind: EnumTypeDefinition
        NoBook: MessageTypeDefinition<_orderbook_manager_v1_NoBook, _orderbook_manager_v1_NoBook__Output>
        PingRequest: MessageTypeDefinition<_orderbook_manager_v1_PingRequest, _orderbook_manager_v1_PingRequest__Output>
        PingResponse: MessageTypeDefinition<_orderbook_manager_v1_PingResponse, _orderbook_manager_v1_PingResponse__Output>
        PriceLevel: MessageTypeDefinition<_orderbook_manager_v1_PriceLevel, _orderbook_manager_v1_PriceLevel__Output>
        ProcessStatus: MessageTypeDefinition<_orderbook_manager_v1_ProcessStatus, _orderbook_manager_v1_ProcessStatus__Output>
        Proof: EnumTypeDefinition
        ReceiveTimeCause: EnumTypeDefinition
        RecordingState: EnumTypeDefinition
        RemoveRequest: MessageTypeDefinition<_orderbook_manager_v1_RemoveRequest, _orderbook_manager_v1_RemoveRequest__Output>
        ResetRequest: MessageTypeDefinition<_orderbook_manager_v1_ResetRequest, _orderbook_manager_v1_ResetRequest__Output>
        Scale: MessageTypeDefinition<_orderbook_manager_v1_Scale, _orderbook_manager_v1_Scale__Output>
        SecurityStatus: MessageTypeDefinition<_orderbook_manager_v1_SecurityStatus, _orderbook_manager_v1_SecurityStatus__Output>
        SelfCheck: MessageTypeDefinition<_orderbook_manager_v1_SelfCheck, _orderbook_manager_v1_SelfCheck__Output>
        SnapshotRequest: MessageTypeDefinition<_orderbook_manager_v1_SnapshotRequest, _orderbook_manager_v1_SnapshotRequest__Output>
        SnapshotSeries: MessageTypeDefinition<_orderbook_manager_v1_SnapshotSeries, _orderbook_manager_v1_SnapshotSeries__Output>
        StatsRequest: MessageTypeDefinition<_orderbook_manager_v1_StatsRequest, _orderbook_manager_v1_StatsRequest__Output>
        StatsResponse: MessageTypeDefinition<_orderbook_manager_v1_StatsResponse, _orderbook_manager_v1_StatsResponse__Output>
        TerminateRequest: MessageTypeDefinition<_orderbook_manager_v1_TerminateRequest, _orderbook_manager_v1_TerminateRequest__Output>
        TerminateResponse: MessageTypeDefinition<_orderbook_manager_v1_TerminateResponse, _orderbook_manager_v1_TerminateResponse__Output>
        UptimeRequest: MessageTypeDefinition<_orderbook_manager_v1_UptimeRequest, _orderbook_manager_v1_UptimeRequest__Output>
        UptimeResponse: MessageTypeDefinition<_orderbook_manager_v1_UptimeResponse, _orderbook_manager_v1_UptimeResponse__Output>
        VerifyPart: MessageTypeDefinition<_orderbook_manager_v1_VerifyPart, _orderbook_manager_v1_VerifyPart__Output>
        VerifyProblem: MessageTypeDefinition<_orderbook_manager_v1_VerifyProblem, _orderbook_manager_v1_VerifyProblem__Output>
        VerifyProgress: MessageTypeDefinition<_orderbook_manager_v1_VerifyProgress, _orderbook_manager_v1_VerifyProgress__Output>
        VerifyRequest: MessageTypeDefinition<_orderbook_manager_v1_VerifyRequest, _orderbook_manager_v1_VerifyRequest__Output>
        VerifyResult: MessageTypeDefinition<_orderbook_manager_v1_VerifyResult, _orderbook_manager_v1_VerifyResult__Output>
        WatchPart: MessageTypeDefinition<_orderbook_manager_v1_WatchPart, _orderbook_manager_v1_WatchPart__Output>
        WatchRequest: MessageTypeDefinition<_orderbook_manager_v1_WatchRequest, _orderbook_manager_v1_WatchRequest__Output>
        WatchSeriesPart: MessageTypeDefinition<_orderbook_manager_v1_WatchSeriesPart, _orderbook_manager_v1_WatchSeriesPart__Output>
        WatchSeriesRequest: MessageTypeDefinition<_orderbook_manager_v1_WatchSeriesRequest, _orderbook_manager_v1_WatchSeriesRequest__Output>
      }
    }
  }
}

