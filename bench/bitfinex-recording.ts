/**
 * The recordings of Bitfinex: `bitfinex-p0-20210417.gz`, a connection with tickers, trades and P0 books of seven
 * pairs, which counts its messages but has no times; `bitfinex-r0-tbtcusd-2021.json.gz`, an R0 book without
 * either. What the flags of a connection add is added here. Trusted input, as the others. Reads frames without
 * any code of `logger/exchange`.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { recordingsPath } from './recordings.ts';

const P0_FILE = 'bitfinex-p0-20210417.gz';
const R0_FILE = 'bitfinex-r0-tbtcusd-2021.json.gz';
/** Of the first messages of R0; the others follow, so many together, four times a second. */
const R0_BEGIN_MS = 1_618_677_543_000;
const R0_STEP_MS = 250;
export const R0_TOGETHER = 25;

export interface BitfinexFrame {
  readonly receiveTimeUs: number;
  readonly raw: string;
}

export function hasBitfinexRecordings(): boolean {
  const folder = recordingsPath();
  return folder !== undefined && [P0_FILE, R0_FILE].every((file) => existsSync(join(folder, file)));
}

/** In order of arrival. Tickers are heartbeats here: nobody asks for them. */
export function readBitfinexP0(): readonly BitfinexFrame[] {
  const tickers = new Set<string>();
  return read(P0_FILE)
    .split('\n')
    .flatMap((line): BitfinexFrame[] => {
      const [, seconds = '', raw = ''] = /^(\d+\.\d+): (.*)$/.exec(line) ?? [];
      if (raw === '') return [];
      const receiveTimeUs = Math.round(Number(seconds) * 1_000_000);
      const ticker = /"channel":"ticker","chanId":(\d+)/.exec(raw)?.[1];
      if (ticker !== undefined) tickers.add(ticker);
      if (raw.startsWith('{')) return ticker === undefined ? [{ receiveTimeUs, raw }] : [];
      const [, channel = '', counter = ''] = /^\[(\d+),.*,(\d+)\]$/.exec(raw) ?? [];
      const counted = tickers.has(channel) ? `[${channel},"hb",${counter}` : raw.slice(0, -1);
      return [{ receiveTimeUs, raw: `${counted},${Math.floor(receiveTimeUs / 1000)}]` }];
    });
}

/** The confirmation, the image, and what follows. @param max messages. */
export function readBitfinexR0(max = Number.POSITIVE_INFINITY): readonly BitfinexFrame[] {
  const frames: BitfinexFrame[] = [];
  for (const text of elementsOf(read(R0_FILE))) {
    if (text.includes('"info"')) continue;
    const counter = frames.length;
    const ms = R0_BEGIN_MS + Math.floor(counter / R0_TOGETHER) * R0_STEP_MS;
    const raw = text.startsWith('{') ? text : `${text.slice(0, -1)},${counter},${ms}]`;
    frames.push({ receiveTimeUs: (ms + 5) * 1000, raw });
    if (frames.length >= max) break;
  }
  return frames;
}

function read(file: string): string {
  const folder = recordingsPath();
  if (folder === undefined) throw new Error('no recordings: check hasBitfinexRecordings() first');
  return gunzipSync(readFileSync(join(folder, file))).toString('utf8');
}

/** The elements of a list as they stand in its text, without spaces: no text in it has any. */
function* elementsOf(list: string): Generator<string> {
  let depth = 0;
  let start = 0;
  for (let at = 0; at < list.length; at++) {
    const character = list[at];
    if (character === '[' || character === '{') {
      depth++;
      if (depth === 2) start = at;
    } else if (character === ']' || character === '}') {
      depth--;
      if (depth === 1) yield list.slice(start, at + 1).replaceAll(' ', '');
    }
  }
}
