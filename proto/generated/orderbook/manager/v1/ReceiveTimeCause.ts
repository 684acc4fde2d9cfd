// Original file: proto/manager.proto

export const ReceiveTimeCause = {
  RECEIVE_TIME_CAUSE_UNSPECIFIED: 'RECEIVE_TIME_CAUSE_UNSPECIFIED',
  RECEIVE_TIME_CAUSE_STALL: 'RECEIVE_TIME_CAUSE_STALL',
  RECEIVE_TIME_CAUSE_CLOCK: 'RECEIVE_TIME_CAUSE_CLOCK',
} as const;

export type ReceiveTimeCause =
  | 'RECEIVE_TIME_CAUSE_UNSPECIFIED'
  | 0
  | 'RECEIVE_TIME_CAUSE_STALL'
  | 1
  | 'RECEIVE_TIME_CAUSE_CLOCK'
  | 2

export type ReceiveTimeCause__Output = typeof ReceiveTimeCause[keyof typeof ReceiveTimeCause]
