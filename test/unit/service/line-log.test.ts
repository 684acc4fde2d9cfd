import { describe, expect, test } from 'vitest';
import { createLineLog } from '../../../logger/service/line-log.ts';
import type { LogFormat } from '../../../logger/service/line-log.ts';
import type { LogLevel } from '../../../logger/runtime/log.ts';

function written(format: LogFormat, level: LogLevel): string[] {
  const lines: string[] = [];
  const log = createLineLog({
    level,
    format,
    write: (line) => lines.push(line),
    nowUs: () => 1_790_000_000_123_456,
  });
  log.error('It\nbroke', { code: 5, why: 'two words' });
  log.notice('Started');
  log.debug('Detail');
  return lines;
}

describe('the log', () => {
  test('text: one line each, values quoted where they need it', () => {
    expect(written('text', 'info')).toEqual([
      '2026-09-21T14:13:20.123Z error   It broke code=5 why="two words"\n',
      '2026-09-21T14:13:20.123Z notice  Started\n',
    ]);
  });

  test('journal: the priority stands in front of every line', () => {
    expect(written('journal', 'debug')).toEqual([
      '<3>It broke code=5 why="two words"\n',
      '<5>Started\n',
      '<7>Detail\n',
    ]);
  });

  test('json: one object a line', () => {
    const [first] = written('json', 'error');
    expect(JSON.parse(first ?? '')).toEqual({
      time: '2026-09-21T14:13:20.123Z',
      level: 'error',
      message: 'It\nbroke',
      code: 5,
      why: 'two words',
    });
    expect(first?.trimEnd()).not.toContain('\n');
  });

  test('at level error a clean run prints nothing', () => {
    expect(written('text', 'error')).toHaveLength(1);
  });

  test('lines that were not taken are counted, and reported when lines are taken again', () => {
    const lines: string[] = [];
    let isTaking = false;
    const log = createLineLog({
      level: 'info',
      format: 'journal',
      write: (line) => isTaking && lines.push(line),
      nowUs: () => 0,
    });
    log.info('First');
    log.info('Second');
    isTaking = true;
    log.info('Third');
    log.info('Fourth');
    expect(lines).toEqual([
      '<4>Log lines were dropped: nobody read them dropped=2\n',
      '<6>Third\n',
      '<6>Fourth\n',
    ]);
  });
});
