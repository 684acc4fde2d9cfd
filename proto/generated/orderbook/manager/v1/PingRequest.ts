// Original file: proto/manager.proto


export interface PingRequest {
}

export interface PingRequest__Output {
}
