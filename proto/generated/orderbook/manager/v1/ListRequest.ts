// Original file: proto/manager.proto


export interface ListRequest {
}

export interface ListRequest__Output {
}
