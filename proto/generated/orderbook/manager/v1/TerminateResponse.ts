// Original file: proto/manager.proto


export interface TerminateResponse {
}

export interface TerminateResponse__Output {
}
