// Original file: proto/manager.proto


export interface VerifyRequest {
  'security'?: (string);
  '_security'?: "security";
}

export interface VerifyRequest__Output {
  'security'?: (string);
}
