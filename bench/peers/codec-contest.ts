/**
 * Codecs that store the same messages: bytes, and the time to write and to read. What is read must
 * equal what was written, but for what a format leaves out, which is said.
 */

import { isDeepStrictEqual } from 'node:util';
import type { BlockContent } from '../../logger/codec/codec.ts';
import type { MarketEvent } from '../../logger/market/events.ts';
import type { Figure } from '../figures.ts';
import { ratioOf, timeRounds } from '../timing.ts';
import type { RoundOptions, Rounds } from '../timing.ts';

export const CHECKED = 'Checked: the same messages come back, but for what a remark says.';

/** What is stored as one piece. */
export interface Part {
  readonly content: BlockContent;
  /** The frame of each event, as it was sent. */
  readonly frames: readonly string[];
}

export interface CodecContender {
  readonly name: string;
  readonly role: 'ours' | 'peer';
  /** Its size does not depend on how much is stored as one piece. */
  readonly isUncompressed?: boolean;
  /** What it leaves out of the messages. */
  readonly loses?: string;
  encode(part: Part): Uint8Array;
  /** What it holds, in the shape of `kept`. */
  decode(stored: Uint8Array): unknown;
  /** What it must give back of the events: all of them, unless it leaves something out. */
  kept?(events: readonly MarketEvent[]): unknown;
}

export interface StoredParts {
  readonly contender: CodecContender;
  readonly stored: readonly Uint8Array[];
  readonly bytes: number;
  /** How what it gives back is wrong. */
  readonly wrong: string | undefined;
}

/** Writes the parts with each, reads them again and compares. */
export async function store(
  contender: CodecContender,
  parts: readonly Part[],
): Promise<StoredParts> {
  const stored: Uint8Array[] = [];
  let wrong: string | undefined;
  for (const part of parts) {
    try {
      const bytes = contender.encode(part);
      stored.push(bytes);
      wrong ??= await difference(contender, part, bytes);
    } catch (error) {
      wrong ??= `cannot write it: ${String(error)}`;
    }
  }
  const bytes = stored.reduce((sum, { length }) => sum + length, 0);
  return { contender, stored, bytes, wrong };
}

async function difference(
  contender: CodecContender,
  { content }: Part,
  stored: Uint8Array,
): Promise<string | undefined> {
  const { events } = content;
  const expected = contender.kept ? contender.kept(events) : events;
  try {
    const read = await contender.decode(stored);
    return isDeepStrictEqual(read, expected) ? undefined : 'gives back other events';
  } catch (error) {
    return `cannot read what it wrote: ${String(error)}`;
  }
}

export function sizeFigure(
  { contender, bytes, wrong }: StoredParts,
  name: string,
  count: number,
  unit: string,
): Figure {
  const { role } = contender;
  return { name, role, value: bytes / count, unit, ...remarks(contender, wrong) };
}

const UNIT = '× JSON.parse';
const GOALS = { encode: '≤ 1.5, aim 1.0', decode: '≤ 1.3, aim 0.8' };
const PARSE = 'limit: JSON.parse of the same frames, nothing else';
const COPY = 'limit: memcpy of the same frames';

/**
 * The time to write and to read the first of the parts that were stored, as multiples of `JSON.parse` of
 * their frames.
 */
export async function timeFigures(
  all: readonly StoredParts[],
  parts: readonly Part[],
  options: RoundOptions,
): Promise<{ readonly encode: readonly Figure[]; readonly decode: readonly Figure[] }> {
  const limits = limitTasks(parts.flatMap(({ frames }) => frames));
  const figures = (rounds: Rounds<string>, goal: string): Figure[] => [
    ...all.map(({ contender, wrong }): Figure => ({
      name: contender.name,
      role: contender.role,
      unit: UNIT,
      ...(wrong === undefined ? ratioOf(rounds, contender.name, PARSE) : { value: Number.NaN }),
      ...(contender.role === 'ours' && { goal }),
      ...remarks(contender, wrong),
    })),
    ...Object.keys(limits).map((name): Figure => ({
      name,
      role: 'limit',
      unit: UNIT,
      ...ratioOf(rounds, name, PARSE),
    })),
  ];
  const encoding = { ...limits };
  const decoding = { ...limits };
  for (const { contender, stored, wrong } of all) {
    if (wrong !== undefined) continue;
    encoding[contender.name] = () => {
      for (const part of parts) contender.encode(part);
    };
    decoding[contender.name] = async () => {
      for (const bytes of stored.slice(0, parts.length)) await contender.decode(bytes);
    };
  }
  return {
    encode: figures(await timeRounds(encoding, options), GOALS.encode),
    decode: figures(await timeRounds(decoding, options), GOALS.decode),
  };
}

function limitTasks(frames: readonly string[]): Record<string, () => unknown> {
  const bytes = frames.map((frame) => Buffer.from(frame));
  const scratch = Buffer.alloc(bytes.reduce((most, { length }) => Math.max(most, length), 0));
  return {
    [PARSE]: () => {
      for (const frame of bytes) JSON.parse(frame.toString('utf8'));
    },
    [COPY]: () => {
      for (const frame of bytes) frame.copy(scratch);
    },
  };
}

function remarks(
  { loses }: CodecContender,
  wrong: string | undefined,
): Pick<Figure, 'remark' | 'isWrong'> {
  if (wrong !== undefined) return { remark: wrong, isWrong: true };
  return loses === undefined ? {} : { remark: `loses ${loses}` };
}
