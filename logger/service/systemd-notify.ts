/**
 * Word to the service manager (sd_notify(3)). Its socket takes datagrams only, which Node has none
 * of, so a small shell that is started early hands each line to `systemd-notify`: a call costs a
 * tenth of a millisecond here, where starting a program for each would copy the page tables of a
 * process with gigabytes. The shell ends with us (end of input). If it is killed, the next word
 * starts another; if words can't be sent at all, the service manager's watchdog acts.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** Words that wait for a `systemd-notify` that hangs, at most; what comes on top is dropped. */
const WAITING_MAX_BYTES = 64 * 1024;
/** What a shell answers for a command that is not there. */
const EXIT_NOT_FOUND = 127;
/** Signals to the whole process group are for the logger: the helper ends after it, not before. */
const HELPER = `trap '' INT TERM HUP
command -v systemd-notify >/dev/null || exit ${EXIT_NOT_FOUND}
while IFS= read -r line; do systemd-notify "$line"; done`;

export interface Notifier {
  /** One assignment, such as `READY=1`; never fails, never waits. */
  send(assignment: string): void;
}

const NOBODY: Notifier = { send: () => undefined };

/**
 * @param onMissing `systemd-notify` can't be run: no word will ever arrive.
 * @returns one that says nothing where nobody listens (NOTIFY_SOCKET is not set).
 */
export function openNotifier(
  environment: Readonly<Record<string, string | undefined>>,
  onMissing: (reason: string) => void,
): Notifier {
  const socket = environment['NOTIFY_SOCKET'];
  if (!socket) return NOBODY;
  let helper: ChildProcess | undefined;
  let isMissing = false;

  function missing(reason: string): void {
    if (isMissing) return;
    isMissing = true;
    onMissing(reason);
  }

  function start(): ChildProcess {
    const child = spawn('/bin/sh', ['-c', HELPER], {
      env: { PATH: environment['PATH'], NOTIFY_SOCKET: socket },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.on('error', (error) => missing(error.message));
    child.on('exit', (code) => {
      if (helper === child) helper = undefined;
      if (code === EXIT_NOT_FOUND) missing('systemd-notify is not installed');
    });
    // Gone: its exit tells.
    child.stdin?.on('error', () => undefined);
    child.unref();
    if (child.stdin && 'unref' in child.stdin && typeof child.stdin.unref === 'function') {
      child.stdin.unref();
    }
    return child;
  }

  helper = start();
  return {
    send: (assignment) => {
      if (isMissing) return;
      helper ??= start();
      if ((helper.stdin?.writableLength ?? 0) > WAITING_MAX_BYTES) return;
      helper.stdin?.write(`${assignment.replaceAll(/[\r\n]+/g, ' ')}\n`);
    },
  };
}
