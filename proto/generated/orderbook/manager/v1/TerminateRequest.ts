// Original file: proto/manager.proto


export interface TerminateRequest {
}

export interface TerminateRequest__Output {
}
