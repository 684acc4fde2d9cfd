// Original file: proto/manager.proto


export interface HealthRequest {
}

export interface HealthRequest__Output {
}
