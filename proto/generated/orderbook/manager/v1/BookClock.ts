// Original file: proto/manager.proto

export const BookClock = {
  BOOK_CLOCK_UNSPECIFIED: 'BOOK_CLOCK_UNSPECIFIED',
  BOOK_CLOCK_RECEIVE: 'BOOK_CLOCK_RECEIVE',
  BOOK_CLOCK_EXCHANGE: 'BOOK_CLOCK_EXCHANGE',
} as const;

export type BookClock =
  | 'BOOK_CLOCK_UNSPECIFIED'
  | 0
  | 'BOOK_CLOCK_RECEIVE'
  | 1
  | 'BOOK_CLOCK_EXCHANGE'
  | 2

export type BookClock__Output = typeof BookClock[keyof typeof BookClock]
