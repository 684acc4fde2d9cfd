/**
 * A zip file of deflated members, written in one pass: a member's lengths and checksum are patched into its
 * header behind its last byte. Always with the lengths of 64 bits (zip64), so that no member is too large.
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */

import { constants, crc32, deflateRawSync } from 'node:zlib';
import { assertInvariant } from '../errors.ts';
import type { FileOutput } from './column-file.ts';

const LOCAL_SIGNATURE = 0x04_03_4b_50;
const CENTRAL_SIGNATURE = 0x02_01_4b_50;
const END64_SIGNATURE = 0x06_06_4b_50;
const LOCATOR64_SIGNATURE = 0x07_06_4b_50;
const END_SIGNATURE = 0x06_05_4b_50;
/** 4.5: zip64. */
const VERSION = 45;
const DEFLATED = 8;
/** The first of January 1980: the same content is the same file. */
const DATE = 0x21;
const IN_ZIP64 = 0xff_ff_ff_ff;
const ZIP64_EXTRA = 1;
/** The fastest: two thirds of what is gained comes with it. */
const DEFLATE_LEVEL = 1;
const EMPTY = new Uint8Array();

interface Member {
  readonly name: Buffer;
  readonly at: number;
  crc: number;
  storedBytes: number;
  bytes: number;
}

export class ZipWriter {
  readonly #output: FileOutput;
  readonly #members: Member[] = [];
  #open: Member | undefined;

  constructor(output: FileOutput) {
    this.#output = output;
  }

  async begin(name: string): Promise<void> {
    assertInvariant(this.#open === undefined, 'A member of a zip file is still open');
    const at = this.#output.position;
    this.#open = { name: Buffer.from(name), at, crc: 0, storedBytes: 0, bytes: 0 };
    await this.#output.write(localHeader(this.#open));
  }

  /** Each piece is compressed for itself and ends at a byte, so that they can follow one another. */
  async write(content: Uint8Array): Promise<void> {
    const member = this.#opened();
    member.crc = crc32(content, member.crc);
    member.bytes += content.length;
    await this.#deflate(member, content, constants.Z_SYNC_FLUSH);
  }

  async end(): Promise<void> {
    const member = this.#opened();
    await this.#deflate(member, EMPTY, constants.Z_FINISH);
    await this.#output.patch(member.at, localHeader(member));
    this.#members.push(member);
    this.#open = undefined;
  }

  async finish(): Promise<void> {
    const at = this.#output.position;
    for (const member of this.#members) await this.#output.write(centralHeader(member));
    const bytes = this.#output.position - at;
    await this.#output.write(endRecords(this.#members.length, at, bytes));
  }

  #opened(): Member {
    assertInvariant(this.#open !== undefined, 'No member of a zip file is open');
    return this.#open;
  }

  async #deflate(member: Member, content: Uint8Array, finishFlush: number): Promise<void> {
    const stored = deflateRawSync(content, { level: DEFLATE_LEVEL, finishFlush });
    member.storedBytes += stored.length;
    await this.#output.write(stored);
  }
}

function localHeader({ name, crc, storedBytes, bytes }: Member): Uint8Array {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(LOCAL_SIGNATURE, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(DEFLATED, 8);
  header.writeUInt16LE(DATE, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(IN_ZIP64, 18);
  header.writeUInt32LE(IN_ZIP64, 22);
  header.writeUInt16LE(name.length, 26);
  const extra = zip64Extra(bytes, storedBytes);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, name, extra]);
}

function centralHeader({ name, at, crc, storedBytes, bytes }: Member): Uint8Array {
  const header = Buffer.alloc(46);
  header.writeUInt32LE(CENTRAL_SIGNATURE, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(VERSION, 6);
  header.writeUInt16LE(DEFLATED, 10);
  header.writeUInt16LE(DATE, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(IN_ZIP64, 20);
  header.writeUInt32LE(IN_ZIP64, 24);
  header.writeUInt16LE(name.length, 28);
  const extra = zip64Extra(bytes, storedBytes, at);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(IN_ZIP64, 42);
  return Buffer.concat([header, name, extra]);
}

function zip64Extra(...values: readonly number[]): Uint8Array {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(ZIP64_EXTRA, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return extra;
}

function endRecords(members: number, at: number, bytes: number): Uint8Array {
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(END64_SIGNATURE, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE(VERSION, 12);
  end64.writeUInt16LE(VERSION, 14);
  end64.writeBigUInt64LE(BigInt(members), 24);
  end64.writeBigUInt64LE(BigInt(members), 32);
  end64.writeBigUInt64LE(BigInt(bytes), 40);
  end64.writeBigUInt64LE(BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(LOCATOR64_SIGNATURE, 0);
  locator.writeBigUInt64LE(BigInt(at + bytes), 8);
  locator.writeUInt32LE(1, 16);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(END_SIGNATURE, 0);
  end.writeUInt16LE(0xff_ff, 8);
  end.writeUInt16LE(0xff_ff, 10);
  end.writeUInt32LE(IN_ZIP64, 12);
  end.writeUInt32LE(IN_ZIP64, 16);
  return Buffer.concat([end64, locator, end]);
}
