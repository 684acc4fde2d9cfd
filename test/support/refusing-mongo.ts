/** Just enough of a MongoDB server to reject every login; the test servers accept any. */

import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { BSON } from 'mongodb';

/** A message: length, id, id of the request, opcode, flags, kind of section, document. */
const HEADER_BYTES = 21;
const OP_QUERY = 2004;
const OP_REPLY = 1;
const OP_MSG = 2013;

const GREETING = {
  ok: 1,
  helloOk: true,
  ismaster: true,
  isWritablePrimary: true,
  maxBsonObjectSize: 16_777_216,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
  saslSupportedMechs: ['SCRAM-SHA-256'],
};
const REFUSAL = {
  ok: 0,
  code: 18,
  codeName: 'AuthenticationFailed',
  errmsg: 'Authentication failed.',
};

export interface RefusingMongo {
  readonly port: number;
  /** Number of login attempts. */
  attempts(): number;
  close(): Promise<void>;
}

export async function startRefusingMongo(): Promise<RefusingMongo> {
  const sockets = new Set<Socket>();
  let attempts = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    let heard = Buffer.alloc(0);
    socket.on('data', (data) => {
      heard = Buffer.concat([heard, data]);
      while (heard.length >= 4 && heard.length >= heard.readInt32LE(0)) {
        const message = heard.subarray(0, heard.readInt32LE(0));
        heard = heard.subarray(message.length);
        const asked = message.readInt32LE(12);
        const isGreeting = asked === OP_QUERY || /hello|ismaster/i.test(commandOf(message));
        if (!isGreeting) attempts++;
        socket.write(answer(message.readInt32LE(4), asked, isGreeting ? GREETING : REFUSAL));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    attempts: () => attempts,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function commandOf(message: Buffer): string {
  return Object.keys(BSON.deserialize(message.subarray(HEADER_BYTES)))[0] ?? '';
}

/** Replies in the request's format. */
function answer(to: number, asked: number, document: object): Buffer {
  const body = BSON.serialize(document);
  const before = Buffer.alloc(asked === OP_QUERY ? 36 : HEADER_BYTES);
  before.writeInt32LE(before.length + body.length, 0);
  before.writeInt32LE(to, 8);
  before.writeInt32LE(asked === OP_QUERY ? OP_REPLY : OP_MSG, 12);
  // OP_REPLY has a document count instead of flags and kind.
  if (asked === OP_QUERY) before.writeInt32LE(1, 32);
  return Buffer.concat([before, body]);
}
