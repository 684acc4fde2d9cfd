// Original file: proto/manager.proto


export interface PriceLevel {
  'price'?: (string);
  'size'?: (string);
  'orderCount'?: (number);
  'orderId'?: (string);
  '_orderCount'?: "orderCount";
  '_orderId'?: "orderId";
}

export interface PriceLevel__Output {
  'price': (string);
  'size': (string);
  'orderCount'?: (number);
  'orderId'?: (string);
}
