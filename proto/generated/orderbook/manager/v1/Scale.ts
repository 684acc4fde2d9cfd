// Original file: proto/manager.proto


export interface Scale {
  'price'?: (number);
  'size'?: (number);
}

export interface Scale__Output {
  'price': (number);
  'size': (number);
}
