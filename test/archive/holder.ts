/**
 * A process that opens an archive for writing, prints `open` or the error's code, commits on
 * `commit <n>`, begins a segment with a journal on `journal <sequence>`, and holds the archive until it is killed or reads `close`. With `read`, opens it for
 * reading. Started by tests.
 */

import { createInterface } from 'node:readline';
import type { Write } from '../../logger/archive/archive.ts';
import { openEmbeddedArchive } from '../../logger/archive/embedded/embedded-archive.ts';
import { LoggerError } from '../../logger/errors.ts';
import { image, journalPart, sampleBlock, sampleImage } from './sample-records.ts';

function segmentWithJournal(sequence: number): Write[] {
  const part = { previousSequence: sequence, lastSequence: sequence + 5, epoch: 9 };
  const start = sampleImage({ lastSequence: sequence, epoch: 9 });
  return [image(start), journalPart(0, sampleBlock(part))];
}

const [directory = '', access] = process.argv.slice(2);
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
try {
  const archive = await openEmbeddedArchive({ directory, readOnly: access === 'read' });
  say('open');
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, count] = line.split(' ');
    if (word === 'close') break;
    if (word === 'journal') {
      await archive.commit(segmentWithJournal(Number(count)));
      say('journaled');
      continue;
    }
    await archive.commit([{ type: 'image', record: sampleImage({ lastSequence: 0, toUs: 1 }) }]);
    for (let i = 0; i < Number(count); i++) {
      const record = sampleBlock({ previousSequence: i * 10, lastSequence: i * 10 + 10 });
      await archive.commit([{ type: 'block', record }]);
      say(`committed ${i}`);
    }
  }
  await archive.close();
  say('closed');
} catch (error) {
  say(error instanceof LoggerError ? error.code : String(error));
}
process.exit(0);
