/**
 * A real browser without a window, by its DevTools protocol: `BROWSER` names its program, else one on the
 * PATH. It has no network but the page's own file.
 */

import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { Requirement } from './requirements.ts';

const PROGRAMS = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];

const program = [process.env['BROWSER'] ?? [], PROGRAMS]
  .flat()
  .find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);

export const browserInstalled: Requirement = {
  isMet: program !== undefined,
  reason: `no browser: none of ${PROGRAMS.join(', ')} on the PATH (Debian package chromium-headless-shell), nor in BROWSER`,
};

export interface PageOptions {
  readonly width: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

type Waiting = (reply: Reply) => void;

/** A page in a browser of its own. */
export class BrowserPage {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, Waiting>();
  #loaded: (() => void) | undefined;
  #id = 0;
  /** Addresses that the page asked for, its own included. */
  readonly requests: string[] = [];
  /** Errors of its scripts, and what the browser complained of. */
  readonly problems: string[] = [];

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#take(JSON.parse(data.toString('utf8')) as Reply));
  }

  static async open(address: string, options: PageOptions): Promise<BrowserPage> {
    const profile = mkdtempSync(join(tmpdir(), 'browser-'));
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      'about:blank',
    ];
    const child = spawn(program ?? '', flags, { stdio: ['ignore', 'ignore', 'pipe'] });
    try {
      const port = await debuggingPort(child);
      const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
        readonly type: string;
        readonly webSocketDebuggerUrl: string;
      }[];
      const target = targets.find(({ type }) => type === 'page');
      const socket = new WebSocket(target?.webSocketDebuggerUrl ?? '', {
        perMessageDeflate: false,
      });
      await once(socket, 'open');
      const page = new BrowserPage(child, profile, socket);
      await page.#load(address, options);
      return page;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  async #load(address: string, options: PageOptions): Promise<void> {
    for (const domain of ['Page', 'Runtime', 'Network', 'Log'])
      await this.#call(`${domain}.enable`);
    await this.show(options);
    const loaded = new Promise<void>((resolve) => (this.#loaded = resolve));
    await this.#call('Page.navigate', { url: address });
    await loaded;
  }

  /** The size of the window, and the colours that the reader prefers. */
  async show({ width, height = 900, colorScheme = 'light' }: PageOptions): Promise<void> {
    await this.#call('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: width < 600,
    });
    await this.#call('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: colorScheme }],
    });
  }

  /** The value of an expression, as JSON. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.#call('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })) as { result: { value: T }; exceptionDetails?: { text: string } };
    if (exceptionDetails) throw new Error(`${exceptionDetails.text}: ${expression}`);
    return result.value;
  }

  /** A PNG of the whole page, or of what the window shows. */
  async screenshot(isWhole = true): Promise<Buffer> {
    const { data } = (await this.#call('Page.captureScreenshot', {
      captureBeyondViewport: isWhole,
    })) as { data: string };
    return Buffer.from(data, 'base64');
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#socket.terminate();
    this.#child.kill('SIGKILL');
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 });
  }

  async #call(method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> {
    const id = ++this.#id;
    const reply = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await reply;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  #take(reply: Reply): void {
    if (reply.id !== undefined) {
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
      return;
    }
    const params = JSON.stringify(reply.params);
    if (reply.method === 'Page.loadEventFired') this.#loaded?.();
    if (reply.method === 'Runtime.exceptionThrown') this.problems.push(params);
    if (reply.method === 'Log.entryAdded') this.problems.push(params);
    if (reply.method === 'Network.requestWillBeSent') {
      this.requests.push((reply.params as { request: { url: string } }).request.url);
    }
  }
}

async function debuggingPort(child: ChildProcess): Promise<number> {
  let text = '';
  for await (const chunk of child.stderr ?? []) {
    text += String(chunk);
    const port = /ws:\/\/127\.0\.0\.1:(\d+)\//.exec(text)?.[1];
    if (port === undefined) continue;
    // Nothing else of what it says is wanted, but it has to be read.
    child.stderr?.resume();
    return Number(port);
  }
  throw new Error(`The browser ended: ${text}`);
}
