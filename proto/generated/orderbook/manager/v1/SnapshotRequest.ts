// Original file: proto/manager.proto


export interface SnapshotRequest {
  'securities'?: (string)[];
}

export interface SnapshotRequest__Output {
  'securities': (string)[];
}
