// Original file: proto/manager.proto


export interface UptimeRequest {
}

export interface UptimeRequest__Output {
}
