/**
 * The sandbox exchange as its traders meet it: a process of its own on LMDB, two sockets of two users, each with
 * orders in flight all the time; what counts is the answer, which comes after the commit.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { seededRandom, uniformInt } from '../sandbox/prng.ts';
import type { BenchData } from './data.ts';
import type { Section } from './figures.ts';

const MAIN = join(dirname(fileURLToPath(import.meta.url)), '..', 'sandbox', 'exchange-main.js');
const IN_FLIGHT = 50;
const WARM_UP_MS = 1500;
const MEASURED_MS = 4000;

interface Answers {
  /** Milliseconds from the order to its answer. */
  latenciesMs: number[];
  rejected: number;
}

export async function* exchangePortSections({
  data,
}: {
  readonly data: BenchData;
}): AsyncGenerator<Section> {
  if (!data.isDefault) return;
  const directory = mkdtempSync(join(tmpdir(), 'bench-exchange-'));
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...process.env,
      EXCHANGE_PORT: '0',
      EXCHANGE_DATA_DIR: directory,
      EXCHANGE_USERS: '',
      MONGODB_ENDPOINT: '',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`The exchange ended with ${code}`)));
      child.stdout.on('data', (text: Buffer) => {
        const [, found] = /ws:\/\/[\d.]+:(\d+)/.exec(text.toString()) ?? [];
        if (found !== undefined) resolve(Number(found));
      });
    });
    const answers: Answers = { latenciesMs: [], rejected: 0 };
    const traders = await Promise.all([1, 2].map((number) => trade(port, number, answers)));
    await sleep(WARM_UP_MS);
    answers.latenciesMs = [];
    const start = performance.now();
    await sleep(MEASURED_MS);
    const seconds = (performance.now() - start) / 1000;
    const latencies = answers.latenciesMs.sort((a, b) => a - b);
    for (const close of traders) close();
    yield {
      title: `The sandbox exchange on its port: two sockets, ${IN_FLIGHT} orders in flight on each`,
      note: 'Orders at five prices, so most of them match; each answer comes after its commit to LMDB is on disk. The client takes part of the same processors.',
      figures: [
        {
          name: 'orders',
          value: latencies.length / seconds,
          unit: 'orders/s',
          goal: '≥ 20000',
          ...(answers.rejected > 0 && { isWrong: true, remark: `${answers.rejected} rejected` }),
        },
        {
          name: 'order to answer, p99',
          value: latencies[Math.floor(latencies.length * 0.99)] ?? Number.NaN,
          unit: 'ms',
          goal: '≤ 15',
        },
      ],
    };
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true });
  }
}

/** Sends an order for every answer. @returns what ends it. */
async function trade(port: number, number: number, answers: Answers): Promise<() => void> {
  const random = seededRandom(`trader ${number}`);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/realtime`);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const sentMs = new Map<number, number>();
  let ref = 0;
  const order = (): void => {
    const side = random.next() < 0.5 ? 'Buy' : 'Sell';
    const price = (1 + uniformInt(random, 5)) / 100;
    sentMs.set(++ref, performance.now());
    socket.send(JSON.stringify({ op: 'order', side, price, size: 1, ref }));
  };
  socket.on('message', (data: Buffer) => {
    const answer = JSON.parse(data.toString()) as { status: number; request: string; ref?: number };
    if (answer.request === 'login') for (let i = 0; i < IN_FLIGHT; i++) order();
    const sent = sentMs.get(answer.ref ?? 0);
    if (sent === undefined) return;
    sentMs.delete(answer.ref ?? 0);
    answers.latenciesMs.push(performance.now() - sent);
    if (answer.status !== 200) answers.rejected++;
    order();
  });
  const credentials = { username: `username${number}`, password: `password${number}` };
  socket.send(JSON.stringify({ op: 'login', ...credentials }));
  return () => socket.terminate();
}
