// Original file: proto/manager.proto


export interface CoverageRequest {
  'security'?: (string);
  'from'?: (string);
  'to'?: (string);
  '_from'?: "from";
  '_to'?: "to";
}

export interface CoverageRequest__Output {
  'security': (string);
  'from'?: (string);
  'to'?: (string);
}
