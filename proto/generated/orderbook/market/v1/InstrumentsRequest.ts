// Original file: proto/market.proto


export interface InstrumentsRequest {
}

export interface InstrumentsRequest__Output {
}
