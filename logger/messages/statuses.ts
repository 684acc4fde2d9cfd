/** Status of the logger, and results of commands → messages of the manager port, and back. */

import type {
  ArchiveStatus as ArchiveMessage,
  ArchiveStatus__Output,
  CommandResponse,
  CommandResponse__Output,
  CommandResult as CommandMessage,
  Contract as ContractMessage,
  Contract__Output,
  HealthResponse,
  HealthResponse__Output,
  ProcessStatus as ProcessMessage,
  ProcessStatus__Output,
  SecurityStatus as SecurityMessage,
  SecurityStatus__Output,
  SelfCheck__Output,
} from './types.ts';
import type { Contract } from '../market/contract.ts';
import type { CommandResult } from '../status/control.ts';
import type { ArchiveStatus, HealthStatus, ProcessStatus } from '../status/health-status.ts';
import type {
  RecordingState,
  SecurityStatus,
  SelfCheckFigures,
} from '../status/security-status.ts';
import { ARCHIVE_KIND, HEALTH_STATUS, LEVEL, PROOF, RECORDING_STATE } from './enums.ts';
import { message } from './fields.ts';

export function commandMessage(results: readonly CommandResult[]): CommandResponse {
  return {
    results: results.map((result) =>
      message<CommandMessage>({
        ...result,
        state: result.state === null ? null : RECORDING_STATE.toValue(result.state),
      }),
    ),
  };
}

export function commandResults({ results }: CommandResponse__Output): CommandResult[] {
  return results.map(({ security, ok, state, message: text }) => ({
    security,
    ok,
    state: state === undefined ? null : RECORDING_STATE.toWord(state),
    message: text ?? null,
  }));
}

export function securityMessage(security: SecurityStatus): SecurityMessage {
  return message<SecurityMessage>({
    ...security,
    level: LEVEL.toValue(security.level),
    state: RECORDING_STATE.toValue(security.state),
    proof: PROOF.toValue(security.proof),
    windowed: security.windowed === true,
    contract: security.contract ? message<ContractMessage>(security.contract) : null,
  });
}

export function securityStatus(security: SecurityStatus__Output): SecurityStatus {
  return {
    security: security.security,
    level: LEVEL.toWord(security.level),
    state: RECORDING_STATE.toWord(security.state) as RecordingState,
    feed: security.feed,
    sequence: security.sequence ?? null,
    bestBid: security.bestBid ?? null,
    bestAsk: security.bestAsk ?? null,
    lastMessageAge: security.lastMessageAge ?? null,
    messageRate: security.messageRate,
    gaps: Number(security.gaps),
    lastBaseImage: security.lastBaseImage ?? null,
    storedBytes: Number(security.storedBytes),
    proof: PROOF.toWord(security.proof),
    ...(security.windowed && { windowed: true as const }),
    ...(security.contract && { contract: contractOf(security.contract) }),
    message: security.message ?? null,
    selfCheck: selfCheckFigures(security.selfCheck),
  };
}

function contractOf(contract: Contract__Output): Contract {
  return {
    kind: contract.kind as Contract['kind'],
    multiplier: contract.multiplier ?? null,
    underlyingPerPosition: contract.underlyingPerPosition ?? null,
    underlying: contract.underlying ?? null,
    quoteCurrency: contract.quoteCurrency ?? null,
    settlementCurrency: contract.settlementCurrency ?? null,
  };
}

/** All zero where it is not set, as from a logger older than the self-check. */
function selfCheckFigures(figures: SelfCheck__Output | null): SelfCheckFigures {
  return {
    images: Number(figures?.images ?? 0),
    snapshots: Number(figures?.snapshots ?? 0),
    mismatches: Number(figures?.mismatches ?? 0),
  };
}

/** Byte counts are whole numbers on the wire, whatever their source made of them. */
export function processMessage(process: ProcessStatus): ProcessMessage {
  return message<ProcessMessage>({
    ...process,
    rss: Math.round(process.rss),
    heapUsed: Math.round(process.heapUsed),
    spoolBytes: Math.round(process.spoolBytes),
  });
}

export function processStatus(process: ProcessStatus__Output | null): ProcessStatus {
  return {
    rss: Number(process?.rss ?? 0),
    heapUsed: Number(process?.heapUsed ?? 0),
    eventLoopLag: process?.eventLoopLag ?? 0,
    threads: process?.threads ?? 0,
    handles: process?.handles ?? 0,
    queuedEvents: Number(process?.queuedEvents ?? 0),
    spoolBytes: Number(process?.spoolBytes ?? 0),
  };
}

function archiveMessage(archive: ArchiveStatus): ArchiveMessage {
  return message<ArchiveMessage>({ ...archive, kind: ARCHIVE_KIND.toValue(archive.kind) });
}

function archiveStatus(archive: ArchiveStatus__Output | null): ArchiveStatus {
  return {
    kind: ARCHIVE_KIND.toWord(archive?.kind ?? 'KIND_UNSPECIFIED'),
    reachable: archive?.reachable ?? false,
    lag: archive?.lag ?? 0,
    spoolBytes: Number(archive?.spoolBytes ?? 0),
    message: archive?.message ?? null,
  };
}

export function healthMessage(health: HealthStatus): HealthResponse {
  return message<HealthResponse>({
    ...health,
    status: HEALTH_STATUS.toValue(health.status),
    archive: archiveMessage(health.archive),
    securities: health.securities.map(securityMessage),
    process: processMessage(health.process),
  });
}

export function healthStatus(health: HealthResponse__Output): HealthStatus {
  return {
    status: HEALTH_STATUS.toWord(health.status),
    uptime: health.uptime,
    version: health.version,
    archive: archiveStatus(health.archive),
    securities: health.securities.map(securityStatus),
    process: processStatus(health.process),
    selfCheck: selfCheckFigures(health.selfCheck),
  };
}
