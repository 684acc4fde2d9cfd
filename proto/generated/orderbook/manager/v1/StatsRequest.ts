// Original file: proto/manager.proto


export interface StatsRequest {
}

export interface StatsRequest__Output {
}
