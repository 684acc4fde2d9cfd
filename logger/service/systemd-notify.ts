/**
 * Sends notifications to the service manager (sd_notify(3)). Its Unix socket takes datagrams, which
 * Node does not support, so a small shell that is started early passes each line to `systemd-notify`: a
 * notification costs a tenth of a millisecond here, where starting a program for each would copy the
 * page tables of a process with gigabytes. The shell ends with this process (end of input). If it is
 * killed, the next notification starts another; if none can be sent, the service manager's watchdog
 * acts.
 */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** Buffered for a `systemd-notify` that hangs; beyond that, notifications are dropped. */
const MAX_BUFFERED_BYTES = 64 * 1024;
/** A shell's exit code for a command that does not exist. */
const EXIT_NOT_FOUND = 127;
/** Ignores signals to the process group: the helper must outlive the logger's shutdown. */
const HELPER = `trap '' INT TERM HUP
command -v systemd-notify >/dev/null || exit ${EXIT_NOT_FOUND}
while IFS= read -r line; do systemd-notify "$line"; done`;

export interface Notifier {
  /** One assignment, such as `READY=1`; never fails, never waits. */
  send(assignment: string): void;
}

const SILENT: Notifier = { send: () => undefined };

/**
 * @param onMissing called if `systemd-notify` can't be run: no notification will ever arrive.
 * @returns a notifier that does nothing if NOTIFY_SOCKET is not set.
 */
export function openNotifier(
  environment: Readonly<Record<string, string | undefined>>,
  onMissing: (reason: string) => void,
): Notifier {
  const socket = environment['NOTIFY_SOCKET'];
  if (!socket) return SILENT;
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
    // A broken pipe: reported by 'exit'.
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
      if ((helper.stdin?.writableLength ?? 0) > MAX_BUFFERED_BYTES) return;
      helper.stdin?.write(`${assignment.replaceAll(/[\r\n]+/g, ' ')}\n`);
    },
  };
}
