/**
 * Decodes records and checks the content against the header, which neither `checkRecord` nor a decoder can
 * do, so a loaded record's header may be relied on. Keeps the records used last, up to a number of bytes.
 */

import type { BlockRef, RecordHeader, StoredRecord } from '../archive/archive.ts';
import { checkRecord, recordName } from '../archive/record.ts';
import { bookOf } from '../book/book.ts';
import type { Book } from '../book/book.ts';
import type { BlockContent } from '../codec/codec.ts';
import { changesReader, decodeBlock, decodeImage } from '../codec/formats.ts';
import type { ChangesReader } from '../codec/formats.ts';
import { changesOf } from '../codec/level-changes.ts';
import type { ChangesEnd, LevelChanges } from '../codec/level-changes.ts';
import { RecordCorruptError } from '../errors.ts';
import { isBookUpdate } from '../market/events.ts';
import type { BookImage } from '../market/events.ts';
import type { YieldToEventLoop } from '../runtime/yield.ts';

export interface DecodedImage {
  readonly header: RecordHeader;
  readonly image: BookImage;
}

export interface LoadedImage extends DecodedImage {
  /** Shared: clone it before changing it. */
  readonly book: Book;
}

/** What a block of levels leaves. */
export interface LoadedChanges {
  readonly header: RecordHeader;
  readonly changes: LevelChanges;
}

export interface LoadedBlock {
  readonly header: RecordHeader;
  readonly content: BlockContent;
}

/** Rough sizes of decoded content in memory, to bound the cache. */
const BYTES_PER_LEVEL = 64;
const BYTES_PER_ORDER = 256;
const BYTES_PER_CHANGE = 16;
const BYTES_PER_EVENT = 160;

/** An image with more levels or orders yields to the event loop between decoding and building. */
const MAX_LEVELS_AT_ONCE = 20_000;

export class RecordLoader {
  readonly #maxBytes: number;
  readonly #yield: YieldToEventLoop;
  #bytes = 0;
  /** Least recently used first. */
  readonly #cache = new Map<string, { readonly value: Cached; bytes: number }>();

  /** @param maxBytes of decoded records in the cache; 0: none. */
  constructor(maxBytes: number, yieldToEventLoop: YieldToEventLoop) {
    this.#maxBytes = maxBytes;
    this.#yield = yieldToEventLoop;
  }

  /** @throws RecordCorruptError */
  async image(ref: BlockRef): Promise<LoadedImage> {
    const decoded = await this.#image(ref);
    if (decoded.book === undefined && ref.header.levels > MAX_LEVELS_AT_ONCE) await this.#yield();
    decoded.book ??= bookOf(decoded.image);
    return decoded as LoadedImage;
  }

  /**
   * The image without its book.
   * @throws RecordCorruptError
   */
  decodedImage(ref: BlockRef): Promise<DecodedImage> {
    return this.#image(ref);
  }

  async #image(ref: BlockRef): Promise<CachedImage> {
    const cached = this.#cached(ref);
    if (cached !== undefined) return cached as CachedImage;
    const { header } = ref;
    const image = await this.#decoded(ref, ({ body }) => decodeImage(header.encoding, body));
    const matchesHeader =
      image.level === header.level &&
      image.sequence === header.lastSequence &&
      image.receiveTimeUs === header.toUs;
    if (!matchesHeader) throw mismatch(header);
    const decoded: CachedImage = { header, image };
    const bytesPerRow = header.level === 'L2' ? BYTES_PER_LEVEL : BYTES_PER_ORDER;
    this.#remember(ref, decoded, header.levels * bytesPerRow + BYTES_PER_EVENT);
    return decoded;
  }

  /**
   * What a block of levels leaves up to an end, behind which its content is not checked.
   * @param afterSequence what it holds up to there is in the book already.
   * @throws RecordCorruptError, also when its updates do not follow one another.
   */
  async changes(ref: BlockRef, end: ChangesEnd, afterSequence: number): Promise<LoadedChanges> {
    const { header } = ref;
    const read = changesReader(header.encoding);
    if (read !== undefined && header.previousSequence >= afterSequence) {
      const changes = await this.#changes(ref, end, read);
      if (changes !== undefined) return { header, changes };
    }
    const { content } = await this.block(ref);
    return { header, changes: changesOf(content, end, afterSequence) };
  }

  /** Those of a whole block are the same for every end behind it. */
  async #changes(
    ref: BlockRef,
    end: ChangesEnd,
    read: ChangesReader,
  ): Promise<LevelChanges | undefined> {
    const { header } = ref;
    const isAll = isWhole(header, end);
    const key = `${keyOf(ref)} changes`;
    const cached = isAll ? this.#cached(ref, key) : undefined;
    if (cached !== undefined) return cached as LevelChanges;
    const changes = await this.#decoded(ref, ({ body }) => read(body, end));
    if (changes === undefined) return undefined;
    if (!isOfHeader(changes, header, isAll)) throw mismatch(header);
    const rows = (changes.bids.length + changes.asks.length) / 2;
    if (isAll) this.#remember(ref, changes, rows * BYTES_PER_CHANGE + BYTES_PER_EVENT, key);
    return changes;
  }

  /** @throws RecordCorruptError, also when its updates do not follow one another. */
  async block(ref: BlockRef): Promise<LoadedBlock> {
    const cached = this.#cached(ref);
    if (cached !== undefined) return cached as LoadedBlock;
    const { header } = ref;
    const content = await this.#decoded(ref, ({ body }) => decodeBlock(header.encoding, body));
    if (content.previousSequence !== header.previousSequence) throw mismatch(header);
    if (lastSequenceIn(content, header) !== header.lastSequence) throw mismatch(header);
    const loaded = { header, content };
    const bytes =
      header.levelChanges * BYTES_PER_CHANGE + (header.diffs + header.trades) * BYTES_PER_EVENT;
    this.#remember(ref, loaded, bytes);
    return loaded;
  }

  async #decoded<T>(ref: BlockRef, decode: (record: StoredRecord) => T): Promise<T> {
    // An embedded archive never waits, so without this a scan of months would block the recording beside it
    // and the signal that ends the scan.
    await this.#yield();
    const record = await ref.load();
    checkRecord(record);
    if (record.header.checksum !== ref.header.checksum) throw mismatch(ref.header);
    return decode(record);
  }

  #cached(ref: BlockRef, key = keyOf(ref)): Cached | undefined {
    if (ref.damaged) return undefined;
    const entry = this.#cache.get(key);
    if (entry === undefined) return undefined;
    this.#cache.delete(key);
    this.#cache.set(key, entry);
    return entry.value;
  }

  #remember(ref: BlockRef, value: Cached, bytes: number, key = keyOf(ref)): void {
    // Journal parts vanish when their block is sealed.
    if (ref.isJournalPart || bytes > this.#maxBytes) return;
    if (this.#cache.has(key)) return;
    this.#cache.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const [oldest, entry] of this.#cache) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#cache.delete(oldest);
      this.#bytes -= entry.bytes;
    }
  }
}

/** An image, whose book is built when it is first asked for. */
interface CachedImage extends DecodedImage {
  book?: Book;
}

type Cached = CachedImage | LoadedBlock | LevelChanges;

function isWhole(header: RecordHeader, end: ChangesEnd): boolean {
  return 'sequence' in end ? end.sequence >= header.lastSequence : end.receiveTimeUs >= header.toUs;
}

/** Whether changes are what the header says, as far as they were read. */
function isOfHeader(
  { previousSequence, last }: LevelChanges,
  header: RecordHeader,
  isAll: boolean,
): boolean {
  if (previousSequence !== header.previousSequence) return false;
  const lastSequence = last?.lastSequence ?? previousSequence;
  return isAll ? lastSequence === header.lastSequence : lastSequence <= header.lastSequence;
}

/** The checksum covers the whole record, its security and key included. */
function keyOf({ header }: BlockRef): string {
  return `${header.kind} ${header.security} ${header.checksum}`;
}

function mismatch(header: RecordHeader): RecordCorruptError {
  return new RecordCorruptError(`Record ${recordName(header)} does not hold what its header says`, {
    context: { security: header.security, record: recordName(header) },
  });
}

/** The sequence to which a block's updates lead, each of which has to continue the one before it. */
function lastSequenceIn(content: BlockContent, header: RecordHeader): number {
  let sequence = content.previousSequence;
  for (const event of content.events) {
    if (!isBookUpdate(event)) continue;
    if (event.firstSequence > sequence + 1 || event.lastSequence <= sequence) {
      throw new RecordCorruptError(
        `Record ${recordName(header)} has a gap after sequence ${sequence}`,
        { context: { security: header.security, record: recordName(header) } },
      );
    }
    sequence = event.lastSequence;
  }
  return sequence;
}
