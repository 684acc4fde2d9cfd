// Original file: proto/manager.proto


export interface UptimeResponse {
  'since'?: (string);
  'uptime'?: (number | string);
}

export interface UptimeResponse__Output {
  'since': (string);
  'uptime': (number);
}
