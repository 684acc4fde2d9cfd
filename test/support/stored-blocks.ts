/** A security's blocks in a database, read without the logger's code. */

import { MongoClient } from 'mongodb';

export interface StoredBlocks {
  readonly count: number;
  /** Blocks that overlap the block before them in their segment. */
  readonly overlaps: readonly string[];
}

export async function storedBlocks(uri: string, security: string): Promise<StoredBlocks> {
  const client = new MongoClient(uri);
  try {
    const blocks = await client
      .db(new URL(uri).pathname.slice(1))
      .collection<any>('blocks')
      .find({ security, part: 0 }, { projection: { body: 0 }, sort: { _id: 1 } })
      .toArray();
    const overlaps: string[] = [];
    let end = { epoch: -1, sequence: -1 };
    for (const { _id, epoch, firstSequence, lastSequence } of blocks) {
      if (Number(epoch) === end.epoch && Number(firstSequence) <= end.sequence) overlaps.push(_id);
      end = { epoch: Number(epoch), sequence: Number(lastSequence) };
    }
    return { count: blocks.length, overlaps };
  } finally {
    await client.close();
  }
}
