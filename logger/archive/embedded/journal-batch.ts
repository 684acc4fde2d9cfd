/**
 * Journal batches: what one commit adds to the journals of all its securities, as one value. A value for
 * each security would cost a page of its own, copied at each commit.
 *
 *   version (a byte) · frames, each: length and crc32 of its bytes (4 bytes each) · bytes
 *
 * The first frame holds what the headers have in common, each further one an entry. An entry is read
 * without the ones before it.
 */

import { crc32 } from 'node:zlib';
import { ByteBuffer, ByteScanner } from '../../market/byte-buffer.ts';
import { assertInvariant } from '../../errors.ts';
import type { BadReceiveTime } from '../../market/bad-receive-times.ts';
import type { RecordDescription } from '../archive.ts';

export interface JournalEntry {
  readonly security: string;
  readonly epoch: number;
  /** Parts of the open block so far, with this one. */
  readonly parts: number;
  readonly part?: { readonly header: RecordDescription; readonly body: Uint8Array };
  readonly aliveUntilUs?: number;
}

/** What an index has to know of an entry. */
export interface IndexedEntry {
  /** Where it stands in its batch. */
  readonly at: number;
  readonly security: string;
  readonly epoch: number;
  readonly parts: number;
  /** The last receive time of its part; undefined: it has none. */
  readonly partToUs: number | undefined;
  readonly aliveUntilUs: number | undefined;
}

const VERSION = 1;
const FRAME_HEAD_BYTES = 8;
const NO_HEAD = new Uint8Array(FRAME_HEAD_BYTES);
const HAS_PART = 1;
const HAS_MARK = 2;

/** What is stored of the header of each part, follows from it, or is the same in all of them. */
const OWN_FIELDS = [
  'kind',
  'security',
  'epoch',
  'fromUs',
  'toUs',
  'exchangeFromUs',
  'exchangeToUs',
  'previousSequence',
  'firstSequence',
  'lastSequence',
  'diffs',
  'levelChanges',
  'trades',
  'levels',
  'reason',
  'badReceiveTimes',
] as const;
type Shared = Omit<RecordDescription, (typeof OWN_FIELDS)[number]>;
const NOT_SHARED: ReadonlySet<string> = new Set([...OWN_FIELDS, 'bytes', 'checksum']);

export interface EncodedBatch {
  readonly bytes: Uint8Array;
  /** Where each entry stands. */
  readonly at: readonly number[];
}

export function encodeBatch(entries: readonly JournalEntry[]): EncodedBatch {
  const shared = new SharedFields();
  const fields = entries.map(({ part }) => (part ? shared.indexOf(part.header) : 0));
  const out = new ByteBuffer(4096);
  out.byte(VERSION);
  appendFrame(out, () => out.append(Buffer.from(shared.toString())));
  const at = entries.map((entry, i) => appendFrame(out, () => appendEntry(out, entry, fields[i]!)));
  return { bytes: out.view(0, out.length), at };
}

/** @returns where it stands. */
function appendFrame(out: ByteBuffer, append: () => void): number {
  const at = out.length;
  const from = at + FRAME_HEAD_BYTES;
  out.append(NO_HEAD);
  append();
  out.putUint32(at, out.length - from);
  out.putUint32(at + 4, crc32(out.view(from, out.length)));
  return at;
}

/** What the headers of a commit have in common: a few different objects, as JSON. */
class SharedFields {
  readonly #indexes = new Map<string, number>();
  readonly #objects: string[] = [];

  /** @returns which one belongs to a header. */
  indexOf(header: RecordDescription): number {
    const key = sharedKey(header);
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    const shared = Object.entries(header).filter(([name]) => !NOT_SHARED.has(name));
    this.#indexes.set(key, this.#objects.length);
    return this.#objects.push(JSON.stringify(Object.fromEntries(shared))) - 1;
  }

  toString(): string {
    return `[${this.#objects.join(',')}]`;
  }
}

/** The same for headers with the same shared fields. Made for each entry, so no JSON of it all. */
function sharedKey(header: RecordDescription): string {
  let key = '';
  for (const name in header) {
    if (NOT_SHARED.has(name)) continue;
    const value: unknown = header[name as keyof RecordDescription];
    key += typeof value === 'string' ? `${name}="${value}\n` : `${name}=${JSON.stringify(value)}\n`;
  }
  return key;
}

function appendEntry(out: ByteBuffer, entry: JournalEntry, shared: number): void {
  const { security, epoch, parts, part, aliveUntilUs } = entry;
  out.text(security);
  out.integer(epoch);
  out.integer(parts);
  out.byte((part ? HAS_PART : 0) | (aliveUntilUs === undefined ? 0 : HAS_MARK));
  if (aliveUntilUs !== undefined) out.integer(aliveUntilUs);
  if (!part) return;
  const { header, body } = part;
  assertInvariant(header.kind === 'block', 'A journal part is a small block');
  out.integer(shared);
  out.integer(header.fromUs);
  out.integer(header.toUs - header.fromUs);
  out.integer(header.exchangeFromUs - header.fromUs);
  out.integer(header.exchangeToUs - header.fromUs);
  out.integer(header.previousSequence);
  out.integer(header.lastSequence - header.previousSequence);
  out.integer(header.diffs);
  out.integer(header.levelChanges);
  out.integer(header.trades);
  const { badReceiveTimes } = header;
  out.text(badReceiveTimes === undefined ? '' : JSON.stringify(badReceiveTimes));
  out.append(body);
}

/**
 * The intact entries of a batch: damage costs what it touches. Their headers are not made: an archive
 * that is opened after a crash has very many.
 */
export function* entriesOf(batch: Uint8Array): Generator<IndexedEntry> {
  if (batch[0] !== VERSION || frameAt(batch, 1) === undefined) return;
  for (let at = behindFrame(batch, 1); at < batch.length; at = behindFrame(batch, at)) {
    const frame = frameAt(batch, at);
    if (frame !== undefined) yield indexed(at, frame);
  }
}

function indexed(at: number, frame: Uint8Array): IndexedEntry {
  const input = new ByteScanner(frame);
  const { hasPart, ...head } = headOf(input);
  if (!hasPart) return { at, ...head, partToUs: undefined };
  input.integer();
  return { at, ...head, partToUs: input.integer() + input.integer() };
}

/** What entries with and without a part begin with. */
function headOf(input: ByteScanner) {
  const security = input.text();
  const epoch = input.integer();
  const parts = input.integer();
  const bits = input.byte();
  const aliveUntilUs = (bits & HAS_MARK) === 0 ? undefined : input.integer();
  return { security, epoch, parts, aliveUntilUs, hasPart: (bits & HAS_PART) !== 0 };
}

/** A batch of which several entries are read. */
export class ReadBatch {
  readonly #bytes: Uint8Array;
  readonly #shared: readonly Shared[] | undefined;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#shared = sharedOf(bytes);
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  /** undefined: it is damaged. */
  entryAt(at: number): JournalEntry | undefined {
    return this.#shared && entryIn(this.#bytes, at, this.#shared);
  }
}

function sharedOf(batch: Uint8Array): readonly Shared[] | undefined {
  const frame = batch[0] === VERSION ? frameAt(batch, 1) : undefined;
  return frame && (JSON.parse(Buffer.from(frame).toString()) as readonly Shared[]);
}

function behindFrame(batch: Uint8Array, at: number): number {
  return at + FRAME_HEAD_BYTES + uint32(batch, at);
}

/** undefined: it is damaged. */
function frameAt(batch: Uint8Array, at: number): Uint8Array | undefined {
  const from = at + FRAME_HEAD_BYTES;
  const bytes = batch.subarray(from, from + uint32(batch, at));
  const isIntact = bytes.length > 0 && crc32(bytes) === uint32(batch, at + 4);
  return isIntact ? bytes : undefined;
}

function uint32(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = bytes.subarray(at, at + 4);
  return ((a ?? 0) | ((b ?? 0) << 8) | ((c ?? 0) << 16) | ((d ?? 0) << 24)) >>> 0;
}

function entryIn(
  batch: Uint8Array,
  at: number,
  shared: readonly Shared[],
): JournalEntry | undefined {
  const frame = frameAt(batch, at);
  if (frame === undefined) return undefined;
  const input = new ByteScanner(frame);
  const { security, epoch, parts, aliveUntilUs, hasPart } = headOf(input);
  const mark = aliveUntilUs === undefined ? {} : { aliveUntilUs };
  if (!hasPart) return { security, epoch, parts, ...mark };
  const common = shared[input.integer()] as Shared;
  const fromUs = input.integer();
  const toUs = fromUs + input.integer();
  const exchangeFromUs = fromUs + input.integer();
  const exchangeToUs = fromUs + input.integer();
  const previousSequence = input.integer();
  const lastSequence = previousSequence + input.integer();
  const header: RecordDescription = {
    kind: 'block',
    security,
    epoch,
    fromUs,
    toUs,
    exchangeFromUs,
    exchangeToUs,
    previousSequence,
    firstSequence: previousSequence + 1,
    lastSequence,
    diffs: input.integer(),
    levelChanges: input.integer(),
    trades: input.integer(),
    levels: 0,
    reason: null,
    ...badTimes(input.text()),
    // A spread in front of so many fields takes 30 µs and more.
    ...common,
  };
  return { security, epoch, parts, ...mark, part: { header, body: input.rest() } };
}

function badTimes(text: string): Pick<RecordDescription, 'badReceiveTimes'> {
  return text === '' ? {} : { badReceiveTimes: JSON.parse(text) as readonly BadReceiveTime[] };
}
