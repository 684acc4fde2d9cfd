// Original file: proto/manager.proto

export const Proof = {
  PROOF_UNSPECIFIED: 'PROOF_UNSPECIFIED',
  PROOF_SEQUENCE: 'PROOF_SEQUENCE',
  PROOF_CONNECTION: 'PROOF_CONNECTION',
} as const;

export type Proof =
  | 'PROOF_UNSPECIFIED'
  | 0
  | 'PROOF_SEQUENCE'
  | 1
  | 'PROOF_CONNECTION'
  | 2

export type Proof__Output = typeof Proof[keyof typeof Proof]
