/** The groups of the benchmark, in the order of the report. */

import { bookSections } from './book.ts';
import { candleSections } from './candles.ts';
import { codecSections } from './codec.ts';
import { coinbaseFrameSections } from './coinbase-frames.ts';
import type { BenchData } from './data.ts';
import { decideSections } from './decide.ts';
import { exchangePortSections } from './exchange-port.ts';
import type { Section } from './figures.ts';
import { fileSections } from './files/files.ts';
import { loadSections } from './load/load.ts';
import type { LoadBenchOptions } from './load/load.ts';
import { matchingSections } from './matching.ts';
import { memorySections } from './memory.ts';
import { mongoSections } from './mongodb.ts';
import { orderBookSections } from './order-book.ts';
import { orderSections } from './orders.ts';
import type { Peers } from './peers/packages.ts';
import { pipeSections } from './pipe.ts';
import { postMortemSections } from './post-mortem.ts';
import { readerSections } from './reader/reader.ts';
import type { ReaderBenchOptions } from './reader/reader.ts';
import { recordSections } from './record.ts';
import { snapshotSections } from './snapshots.ts';
import { walkSections } from './walk.ts';
import { wrongKeySections } from './wrong-keys.ts';

export interface GroupOptions extends LoadBenchOptions, ReaderBenchOptions {
  readonly data: BenchData;
  readonly peers: Peers;
}

type Sections = Iterable<Section> | AsyncIterable<Section> | Promise<Iterable<Section>>;

export interface Group {
  readonly sections: readonly ((options: GroupOptions) => Sections)[];
  /** It takes minutes: only when it is asked for. */
  readonly isLong?: boolean;
  /** It runs on the recordings that are given. */
  readonly takesData?: boolean;
}

export const GROUPS: Readonly<Record<string, Group>> = {
  codec: { sections: [codecSections, orderSections], takesData: true },
  book: { sections: [bookSections, orderBookSections, coinbaseFrameSections], takesData: true },
  memory: { sections: [memorySections], takesData: true },
  pipeline: { sections: [recordSections], takesData: true },
  exchange: { sections: [matchingSections, exchangePortSections] },
  candles: { sections: [candleSections] },
  mongodb: { sections: [mongoSections] },
  manager: { sections: [wrongKeySections] },
  decide: { sections: [decideSections] },
  snapshots: { sections: [snapshotSections] },
  walk: { sections: [walkSections] },
  pipe: { sections: [pipeSections] },
  reader: { sections: [readerSections], isLong: true },
  files: { sections: [fileSections], isLong: true },
  'post-mortem': { sections: [postMortemSections], isLong: true },
  load: { sections: [loadSections], isLong: true },
};
