/**
 * The exchange's own JSON under general compressors, one line a message with the receive time before it.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { MarketEvent } from '../../logger/market/events.ts';
import type { CodecContender, Part } from './codec-contest.ts';
import { compress, decompress } from '../zstd.ts';

interface Compressor {
  readonly name: string;
  readonly pack: (bytes: Uint8Array) => Uint8Array;
  readonly unpack: (bytes: Uint8Array) => Uint8Array;
}

const MAX_XZ_BYTES = 2 ** 31;

const none: Compressor = { name: 'plain', pack: (bytes) => bytes, unpack: (bytes) => bytes };
const gzip = (level: number): Compressor => ({
  name: `gzip -${level}`,
  pack: (bytes) => gzipSync(bytes, { level }),
  unpack: (bytes) => gunzipSync(bytes),
});
const zstd = (compressionLevel: number): Compressor => ({
  name: `zstd -${compressionLevel}`,
  pack: (bytes) => compress(bytes, { compressionLevel }),
  unpack: (bytes) => decompress(bytes),
});
const xz: Compressor = {
  name: 'xz -9',
  pack: (input) => execFileSync('xz', ['-9', '-T1', '-c'], { input, maxBuffer: MAX_XZ_BYTES }),
  unpack: (input) => execFileSync('xz', ['-d', '-c'], { input, maxBuffer: MAX_XZ_BYTES }),
};

/** The program `xz`, if it is on the PATH. */
function installedXz(missing: Set<string>): Compressor[] {
  if (spawnSync('xz', ['--version'], { stdio: 'ignore' }).status === 0) return [xz];
  missing.add('xz (the program; a package of the operating system)');
  return [];
}

/** Reads a frame of the exchange; undefined: it holds no event. */
export type ReadFrame = (receiveTimeUs: number, frame: string) => MarketEvent | undefined;

export function jsonCodecs(read: ReadFrame, missing: Set<string>): CodecContender[] {
  const all = [none, gzip(6), zstd(3), zstd(19), ...installedXz(missing)];
  return all.map((compressor) => json(compressor, read));
}

function json({ name, pack, unpack }: Compressor, read: ReadFrame): CodecContender {
  return {
    name: `JSON, ${name}`,
    role: 'peer',
    ...(name === none.name ? { isUncompressed: true } : {}),
    encode: (part) => pack(Buffer.from(linesOf(part))),
    decode: (stored) => readLines(Buffer.from(unpack(stored)).toString('utf8'), read),
  };
}

function linesOf({ content, frames }: Part): string {
  const lines = frames.map((frame, i) => `${content.events[i]?.receiveTimeUs ?? 0} ${frame}\n`);
  return lines.join('');
}

function readLines(text: string, read: ReadFrame): (MarketEvent | undefined)[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => {
    const space = line.indexOf(' ');
    return read(Number(line.slice(0, space)), line.slice(space + 1));
  });
}
