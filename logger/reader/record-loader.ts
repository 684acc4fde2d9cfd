/**
 * Records decoded and held against their headers. What `checkRecord` and the decoder can't know
 * (that the content is what the header promises) is checked here, so whoever gets a decoded record
 * may rely on its header. The latest ones are kept, up to a number of bytes, for the next question.
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
  /** Not to be changed: clone it. */
  readonly book: Book;
}

export interface LoadedBlock {
  readonly header: RecordHeader;
  readonly content: BlockContent;
}

/** What decoded content weighs in memory, roughly: good enough to bound a cache. */
const BYTES_PER_LEVEL = 64;
const BYTES_PER_ORDER = 256;
const BYTES_PER_CHANGE = 16;
const BYTES_PER_EVENT = 160;

/** Levels or orders that are decoded and made a book of in one go. */
const LEVELS_AT_ONCE = 20_000;

export class RecordLoader {
  readonly #maxBytes: number;
  readonly #yield: YieldToEventLoop;
  #bytes = 0;
  /** Oldest use first. */
  readonly #kept = new Map<string, { readonly value: LoadedImage | LoadedBlock; bytes: number }>();

  /** @param maxBytes of decoded records kept; 0: none. */
  constructor(maxBytes: number, yieldToEventLoop: YieldToEventLoop) {
    this.#maxBytes = maxBytes;
    this.#yield = yieldToEventLoop;
  }

  /** @throws RecordCorruptError */
  async image(ref: BlockRef): Promise<LoadedImage> {
    const kept = this.#take(ref);
    if (kept !== undefined) return kept as LoadedImage;
    const { header } = ref;
    const image = await this.#decoded(ref, ({ body }) => decodeImage(header.encoding, body));
    const isAsSaid =
      image.level === header.level &&
      image.sequence === header.lastSequence &&
      image.receiveTimeUs === header.toUs;
    if (!isAsSaid) throw mismatch(header);
    // To decode very many orders and to make a book of them takes long.
    if (header.levels > LEVELS_AT_ONCE) await this.#yield();
    const loaded = { header, image, book: bookOf(image) };
    const bytesPerRow = header.level === 'L2' ? BYTES_PER_LEVEL : BYTES_PER_ORDER;
    this.#keep(ref, loaded, header.levels * bytesPerRow + BYTES_PER_EVENT);
    return loaded;
  }

  /** @throws RecordCorruptError, also when the steps inside do not follow one another. */
  async block(ref: BlockRef): Promise<LoadedBlock> {
    const kept = this.#take(ref);
    if (kept !== undefined) return kept as LoadedBlock;
    const { header } = ref;
    const content = await this.#decoded(ref, ({ body }) => decodeBlock(header.encoding, body));
    if (content.previousSequence !== header.previousSequence) throw mismatch(header);
    if (lastSequenceIn(content, header) !== header.lastSequence) throw mismatch(header);
    const loaded = { header, content };
    const bytes =
      header.levelChanges * BYTES_PER_CHANGE + (header.diffs + header.trades) * BYTES_PER_EVENT;
    this.#keep(ref, loaded, bytes);
    return loaded;
  }

  async #decoded<T>(ref: BlockRef, decode: (record: StoredRecord) => T): Promise<T> {
    // An embedded archive answers at once: a pass over months would let nothing else run, neither the
    // recording beside it nor the signal that is to end it.
    await this.#yield();
    const record = await ref.load();
    checkRecord(record);
    if (record.header.checksum !== ref.header.checksum) throw mismatch(ref.header);
    return decode(record);
  }

  #take(ref: BlockRef): LoadedImage | LoadedBlock | undefined {
    if (ref.damaged) return undefined;
    const key = keyOf(ref);
    const entry = this.#kept.get(key);
    if (entry === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    return entry.value;
  }

  #keep(ref: BlockRef, value: LoadedImage | LoadedBlock, bytes: number): void {
    // Pieces of the journal are read once or twice and then exist no more.
    if (ref.isJournalPart || bytes > this.#maxBytes) return;
    const key = keyOf(ref);
    if (this.#kept.has(key)) return;
    this.#kept.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const [oldest, entry] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#kept.delete(oldest);
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

/** Where the steps lead, each of which has to continue the one before it. */
function lastSequenceIn(content: BlockContent, header: RecordHeader): number {
  let reached = content.previousSequence;
  for (const event of content.events) {
    if (!isBookUpdate(event)) continue;
    if (event.firstSequence > reached + 1 || event.lastSequence <= reached) {
      throw new RecordCorruptError(
        `Record ${recordName(header)} has a hole after sequence ${reached}`,
        { context: { security: header.security, record: recordName(header) } },
      );
    }
    reached = event.lastSequence;
  }
  return reached;
}
