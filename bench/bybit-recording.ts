/**
 * The recording of Bybit v5 (`bybit-v5-20260809.jsonl.zst`): linear and spot, one object a line. Trusted
 * input, as the others. Reads frames without any code of `logger/exchange`.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { zstd } from '../logger/codec/zstd-library.ts';
import { recordingsPath } from './recordings.ts';

const FILE = 'bybit-v5-20260809.jsonl.zst';
/** More than its content: the frame does not say how long that is. */
const ROOM_BYTES = 8 * 1024 * 1024;

/** A line of the file. */
interface Line {
  readonly t: 'header' | 'http' | 'connect' | 'send' | 'recv';
  /** Seconds since 1970. */
  readonly ts: number;
  readonly conn: string;
  /** `http`: the address; `connect` and `send` have `addr` instead. */
  readonly url?: string;
  readonly addr?: string;
  readonly data: string;
}

export interface BybitFrame {
  readonly receiveTimeUs: number;
  readonly raw: string;
}

export interface BybitRecording {
  /** The answer to a request for the spot instruments. */
  readonly instruments: string;
  /** What the spot connection brought, replies included. */
  readonly spot: readonly BybitFrame[];
  /** The same of linear contracts: other field orders, busier books. */
  readonly linear: readonly BybitFrame[];
}

export function hasBybitRecording(): boolean {
  const folder = recordingsPath();
  return folder !== undefined && existsSync(join(folder, FILE));
}

export function readBybitRecording(): BybitRecording {
  const folder = recordingsPath();
  if (folder === undefined) throw new Error('no recordings: check hasBybitRecording() first');
  const room = new Uint8Array(ROOM_BYTES);
  const length = zstd.decompress(room, readFileSync(join(folder, FILE)));
  const lines = Buffer.from(room.buffer, 0, length)
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const framesOf = (product: string): BybitFrame[] => {
    const { conn } = lines.find(({ t, addr }) => t === 'connect' && addr?.endsWith(product)) ?? {};
    return lines.flatMap((line) =>
      line.t === 'recv' && line.conn === conn
        ? [{ receiveTimeUs: Math.round(line.ts * 1e6), raw: line.data }]
        : [],
    );
  };
  const instruments = lines.find(({ t, url }) => t === 'http' && url?.includes('category=spot'));
  if (!instruments) throw new Error('The recording has no instruments');
  return { instruments: instruments.data, spot: framesOf('/spot'), linear: framesOf('/linear') };
}
