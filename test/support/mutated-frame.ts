/** Random damage to recorded frames, for tests that parse the result. */

import { expect } from 'vitest';
import { WireFormatError } from '../../logger/errors.ts';
import { seededRandom } from './seeded-random.ts';
import type { SeededRandom } from './seeded-random.ts';

const MUTANTS = 30_000;

/** Parses an exchange's frames, and compares with a simple slow parse of the same text. */
export interface FrameReader<Found> {
  /** The logger's parse; undefined if the frame is not an event. */
  read(frame: Buffer): Found | undefined;
  assertSame(found: Found, text: string): void;
}

/** Parses every frame. @returns the number of events. */
export function readAll<Found>(frames: readonly Buffer[], reader: FrameReader<Found>): number {
  let events = 0;
  for (const frame of frames) {
    const found = reader.read(frame);
    if (!found) continue;
    events++;
    reader.assertSame(found, frame.toString('utf8'));
  }
  return events;
}

/** A damaged frame either fails with a WireFormatError or is parsed exactly. */
export function readDamaged<Found>(
  frames: readonly Buffer[],
  reader: FrameReader<Found>,
  mutants = MUTANTS,
): void {
  const random = seededRandom();
  let rejected = 0;
  let accepted = 0;
  for (let i = 0; i < mutants; i++) {
    const damaged = mutated(random.pick(frames), frames, random);
    const text = damaged.toString('utf8');
    try {
      const found = reader.read(damaged);
      if (!found) continue;
      accepted++;
      reader.assertSame(found, text);
    } catch (error) {
      const hint = `SEED=${random.seed}, mutant ${i}: ${text.slice(0, 300)}`;
      if (!(error instanceof WireFormatError)) throw new Error(hint, { cause: error });
      rejected++;
    }
  }
  // The test proves something only if both outcomes are frequent.
  expect(rejected).toBeGreaterThan(mutants / 4);
  expect(accepted).toBeGreaterThan(mutants / 50);
}

const SPLICES = [
  'NaN',
  'null',
  'true',
  '-',
  '1e3',
  '""',
  '[]',
  '{}',
  '"__proto__":',
  '9'.repeat(400),
  '0.',
  '.0',
  '9007199254740993',
  '\u0000',
  '"',
  ',',
  ':',
  '[',
  ']',
  '{',
  '}',
  '"s":"ETHUSDT",',
  '"u":1,',
  '"E":0.5,',
  '"sequence":1,',
  '"product_id":"ETH-USD",',
  '"side":"buy",',
  '000000001',
  '\\u0031',
  ' ',
];

/** The frame with one random change: a byte, a cut, a splice, another frame's tail. */
export function mutated(frame: Buffer, frames: readonly Buffer[], random: SeededRandom): Buffer {
  const at = random.integer(0, frame.length - 1);
  switch (random.integer(0, 6)) {
    case 0: {
      const copy = Buffer.from(frame);
      copy[at] = random.integer(0, 255);
      return copy;
    }
    case 1:
      return frame.subarray(0, at);
    case 2:
      return Buffer.concat([frame.subarray(0, at), frame.subarray(at + random.integer(1, 20))]);
    case 3: {
      const splice = Buffer.from(random.pick(SPLICES));
      return Buffer.concat([frame.subarray(0, at), splice, frame.subarray(at)]);
    }
    case 4: {
      const other = random.pick(frames);
      return Buffer.concat([
        frame.subarray(0, at),
        other.subarray(random.integer(0, other.length)),
      ]);
    }
    case 5: {
      // Digits for digits, so that most frames stay well-formed.
      const copy = Buffer.from(frame);
      for (let i = at; i < copy.length; i++) {
        const code = copy[i] ?? 0;
        if (code < 48 || code > 57) continue;
        copy[i] = 48 + random.integer(0, 9);
        break;
      }
      return copy;
    }
    default:
      return Buffer.concat([
        frame.subarray(0, at),
        frame.subarray(at, at + 30),
        frame.subarray(at),
      ]);
  }
}
