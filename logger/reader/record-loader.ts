/**
 * Decodes records and checks the content against the header, which neither `checkRecord` nor a decoder can
 * do, so a loaded record's header may be relied on. Keeps the records used last, up to a number of bytes.
 */

import type { BlockRef, RecordHeader, StoredRecord } from '../archive/archive.ts';
import { checkRecord, recordName } from '../archive/record.ts';
import { bookOf } from '../book/book.ts';
import type { Book } from '../book/book.ts';
import type { BlockContent } from '../codec/codec.ts';
import { decodeBlock, decodeImage } from '../codec/formats.ts';
import { RecordCorruptError } from '../errors.ts';
import { isBookUpdate } from '../market/events.ts';
import type { BookImage } from '../market/events.ts';
import type { YieldToEventLoop } from '../runtime/yield.ts';

export interface LoadedImage {
  readonly header: RecordHeader;
  readonly image: BookImage;
  /** Shared: clone it before changing it. */
  readonly book: Book;
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
  readonly #cache = new Map<string, { readonly value: LoadedImage | LoadedBlock; bytes: number }>();

  /** @param maxBytes of decoded records in the cache; 0: none. */
  constructor(maxBytes: number, yieldToEventLoop: YieldToEventLoop) {
    this.#maxBytes = maxBytes;
    this.#yield = yieldToEventLoop;
  }

  /** @throws RecordCorruptError */
  async image(ref: BlockRef): Promise<LoadedImage> {
    const cached = this.#cached(ref);
    if (cached !== undefined) return cached as LoadedImage;
    const { header } = ref;
    const image = await this.#decoded(ref, ({ body }) => decodeImage(header.encoding, body));
    const matchesHeader =
      image.level === header.level &&
      image.sequence === header.lastSequence &&
      image.receiveTimeUs === header.toUs;
    if (!matchesHeader) throw mismatch(header);
    if (header.levels > MAX_LEVELS_AT_ONCE) await this.#yield();
    const loaded = { header, image, book: bookOf(image) };
    const bytesPerRow = header.level === 'L2' ? BYTES_PER_LEVEL : BYTES_PER_ORDER;
    this.#remember(ref, loaded, header.levels * bytesPerRow + BYTES_PER_EVENT);
    return loaded;
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

  #cached(ref: BlockRef): LoadedImage | LoadedBlock | undefined {
    if (ref.damaged) return undefined;
    const key = keyOf(ref);
    const entry = this.#cache.get(key);
    if (entry === undefined) return undefined;
    this.#cache.delete(key);
    this.#cache.set(key, entry);
    return entry.value;
  }

  #remember(ref: BlockRef, value: LoadedImage | LoadedBlock, bytes: number): void {
    // Journal parts vanish when their block is sealed.
    if (ref.isJournalPart || bytes > this.#maxBytes) return;
    const key = keyOf(ref);
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
