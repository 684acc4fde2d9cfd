// Original file: proto/manager.proto

export const BookLevel = {
  BOOK_LEVEL_UNSPECIFIED: 'BOOK_LEVEL_UNSPECIFIED',
  BOOK_LEVEL_L2: 'BOOK_LEVEL_L2',
  BOOK_LEVEL_L3: 'BOOK_LEVEL_L3',
} as const;

export type BookLevel =
  | 'BOOK_LEVEL_UNSPECIFIED'
  | 0
  | 'BOOK_LEVEL_L2'
  | 1
  | 'BOOK_LEVEL_L3'
  | 2

export type BookLevel__Output = typeof BookLevel[keyof typeof BookLevel]
