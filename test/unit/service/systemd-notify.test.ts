import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openNotifier } from '../../../logger/service/systemd-notify.ts';
import { until } from '../../support/until.ts';

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orderbook-notify-'));
  path = `${directory}:/usr/bin:/bin`;
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A `systemd-notify` that writes down what it is given, and the process that gave it. */
function fakeNotify(script = 'echo "$PPID $1 to $NOTIFY_SOCKET" >> "$(dirname "$0")/told"'): void {
  writeFileSync(join(directory, 'systemd-notify'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, 'systemd-notify'), 0o755);
}

function told(): string[] {
  const file = join(directory, 'told');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

const unexpected = (reason: string): void => {
  throw new TypeError(reason);
};

describe('word to the service manager', () => {
  test('arrives in order, one line each, by one helper', async () => {
    fakeNotify();
    const notifier = openNotifier({ NOTIFY_SOCKET: '/run/x', PATH: path }, unexpected);
    notifier.send('READY=1');
    notifier.send('STATUS=two words\nand a "line" of $HOME');
    notifier.send('WATCHDOG=1');
    await until('three words', () => told().length === 3);
    const [helper] = (told()[0] ?? '').split(' ');
    expect(told()).toEqual([
      `${helper} READY=1 to /run/x`,
      `${helper} STATUS=two words and a "line" of $HOME to /run/x`,
      `${helper} WATCHDOG=1 to /run/x`,
    ]);
  });

  test('a helper that was killed is replaced with the next word', async () => {
    fakeNotify();
    const notifier = openNotifier({ NOTIFY_SOCKET: '/run/x', PATH: path }, unexpected);
    notifier.send('READY=1');
    await until('the first word', () => told().length === 1);
    const helper = Number(told()[0]?.split(' ')[0]);
    process.kill(helper, 'SIGKILL');
    // What is sent before the end is noticed is lost, as a datagram may be.
    await until('a word of another helper', () => {
      notifier.send('WATCHDOG=1');
      return told().some((line) => !line.startsWith(`${helper} `));
    });
  });

  test('without a socket nothing is notified, and no helper is started', () => {
    fakeNotify();
    openNotifier({ PATH: path }, unexpected).send('READY=1');
    expect(told()).toEqual([]);
  });

  test('without systemd-notify it says so once', async () => {
    const reasons: string[] = [];
    const notifier = openNotifier({ NOTIFY_SOCKET: '/run/x', PATH: directory }, (reason) =>
      reasons.push(reason),
    );
    notifier.send('READY=1');
    await until('the reason', () => reasons.length > 0);
    notifier.send('WATCHDOG=1');
    expect(reasons).toEqual(['systemd-notify is not installed']);
  });

  test('one that hangs costs bounded memory and no time', () => {
    fakeNotify('exec sleep 1');
    const notifier = openNotifier({ NOTIFY_SOCKET: '/run/x', PATH: path }, unexpected);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 200_000; i++) notifier.send(`STATUS=${'x'.repeat(100)}`);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });
});
