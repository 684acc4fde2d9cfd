// Original file: proto/manager.proto


export interface VerifyProblem {
  'security'?: (string);
  'record'?: (string);
  'problem'?: (string);
}

export interface VerifyProblem__Output {
  'security': (string);
  'record': (string);
  'problem': (string);
}
