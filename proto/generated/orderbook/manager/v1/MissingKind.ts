// Original file: proto/manager.proto

export const MissingKind = {
  MISSING_KIND_UNSPECIFIED: 'MISSING_KIND_UNSPECIFIED',
  MISSING_KIND_SEQUENCE: 'MISSING_KIND_SEQUENCE',
  MISSING_KIND_TRADE_ID: 'MISSING_KIND_TRADE_ID',
} as const;

export type MissingKind =
  | 'MISSING_KIND_UNSPECIFIED'
  | 0
  | 'MISSING_KIND_SEQUENCE'
  | 1
  | 'MISSING_KIND_TRADE_ID'
  | 2

export type MissingKind__Output = typeof MissingKind[keyof typeof MissingKind]
