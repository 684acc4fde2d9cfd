/**
 * Tops of UTC days that are over, kept in files, so that the same days under another table of fees cost a
 * moment. A file holds the stretches of its day that were read, and belongs to what the archive held of that day
 * when it was made: where the archive has changed since, it is made again. A file that can't be read is as good as
 * none.
 */

import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { RecordCorruptError } from '../../../logger/errors.ts';
import type { Venue } from '../../market/venue.ts';
import type { PastVenues, Span } from '../past-venues.ts';
import { merged } from './candidates.ts';
import { decodeDayTops, encodeDayTops } from './day-tops-codec.ts';
import { DAY_US, DayTopsBuilder, joinedTops, readStretches } from './day-tops.ts';
import type { DayTops } from './day-tops.ts';

/** One more when other bytes are written, or other rows. */
const VERSION = 2;
const DIGEST_BYTES = 32;
/** To begin a stretch costs as much as to read on for so long. */
const NEAR_US = 60_000_000;
/** Where more is asked for, a day is read as a whole. */
const MOST_IN_STRETCHES_US = DAY_US / 2;

export interface TopsSource {
  /**
   * Of the UTC day that begins then.
   * @param within stretches of it; the others may be unread. Default: all of it.
   */
  dayOf(venue: Venue, dayUs: number, within?: readonly Span[]): Promise<DayTops>;
}

export class TopsCache implements TopsSource {
  readonly #past: PastVenues;
  readonly #directory: string | null;
  readonly #closedUs: number;
  #hits = 0;

  /**
   * @param directory null: nothing is kept.
   * @param closedUs days that end at or before it are over.
   */
  constructor(past: PastVenues, directory: string | null, closedUs: number) {
    this.#past = past;
    this.#directory = directory;
    this.#closedUs = closedUs;
  }

  /** Days that did not have to be read from the archive. */
  get hits(): number {
    return this.#hits;
  }

  async dayOf(venue: Venue, dayUs: number, within?: readonly Span[]): Promise<DayTops> {
    const day = { fromUs: dayUs, toUs: dayUs + DAY_US };
    const wanted = within ?? [day];
    if (this.#directory === null || day.toUs > this.#closedUs) {
      return this.#read(venue, dayUs, worthReading(wanted, day));
    }
    const content = await this.#past.fingerprint(venue, day);
    const key = sha256(`${VERSION}\n${venue.security}\n${venue.source}\n${dayUs}\n${content}`);
    const path = join(this.#directory, fileName(venue, dayUs));
    const kept = await keptTops(path, key, dayUs);
    const read = kept === null ? [] : readStretches(kept, dayUs);
    const missing = outside(wanted, read);
    if (kept !== null && missing.length === 0) {
      this.#hits++;
      return kept;
    }
    const fresh = await this.#read(venue, dayUs, worthReading([...missing, ...read], day, read));
    const tops = kept === null ? fresh : joinedTops(kept, fresh);
    await keep(path, this.#directory, key, encodeDayTops(tops, dayUs));
    return tops;
  }

  async #read(venue: Venue, dayUs: number, stretches: readonly Span[]): Promise<DayTops> {
    const builder = new DayTopsBuilder();
    builder.unread(dayUs);
    for (const stretch of stretches) {
      for await (const event of this.#past.range(venue, stretch, { topOnly: true })) {
        // The book at the beginning may be from before.
        builder.add(event.type === 'image' ? notBefore(event, stretch.fromUs) : event);
      }
      if (stretch.toUs < dayUs + DAY_US) builder.unread(stretch.toUs);
    }
    return builder.finish();
  }
}

/** What to read of a day for some stretches, where others have been read. */
function worthReading(all: readonly Span[], day: Span, read: readonly Span[] = []): Span[] {
  const stretches = merged(all, NEAR_US);
  const us = stretches.reduce((sum, { fromUs, toUs }) => sum + toUs - fromUs, 0);
  return outside(us > MOST_IN_STRETCHES_US ? [day] : stretches, read);
}

/** What of some stretches is in none of others, which are in order and apart. */
function outside(stretches: readonly Span[], others: readonly Span[]): Span[] {
  let left = [...stretches];
  for (const other of others) {
    left = left.flatMap(({ fromUs, toUs }) =>
      [
        { fromUs, toUs: Math.min(toUs, other.fromUs) },
        { fromUs: Math.max(fromUs, other.toUs), toUs },
      ].filter((part) => part.fromUs < part.toUs),
    );
  }
  return left;
}

function notBefore<Event extends { readonly point: { readonly receiveTimeUs: number } }>(
  event: Event,
  us: number,
): Event {
  if (event.point.receiveTimeUs >= us) return event;
  return { ...event, point: { ...event.point, receiveTimeUs: us } };
}

/** One file for each venue and day, and nothing that a file system may not take. */
function fileName({ source, security }: Venue, dayUs: number): string {
  const name = sha256(`${source}\n${security}`).toString('hex').slice(0, 16);
  return `${name}-${dayUs / DAY_US}.tops`;
}

function sha256(content: string | Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}

async function keptTops(path: string, key: Buffer, dayUs: number): Promise<DayTops | null> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const body = bytes.subarray(2 * DIGEST_BYTES);
  const isWhole =
    bytes.subarray(0, DIGEST_BYTES).equals(key) &&
    bytes.subarray(DIGEST_BYTES, 2 * DIGEST_BYTES).equals(sha256(body));
  if (!isWhole) return null;
  try {
    return decodeDayTops(body, dayUs);
  } catch (error) {
    if (error instanceof RecordCorruptError) return null;
    throw error;
  }
}

/** Readers see the old file or the new one. */
async function keep(path: string, directory: string, key: Buffer, body: Uint8Array): Promise<void> {
  await mkdir(directory, { recursive: true });
  // Threads of one process may read the same day.
  const unfinished = `${path}.${process.pid}-${threadId}`;
  await writeFile(unfinished, Buffer.concat([key, sha256(body), body]));
  await rename(unfinished, path);
}
