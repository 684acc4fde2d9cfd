/** What every gRPC tool knows: the health service, which needs no key, and reflection, which does. */

import { fileURLToPath } from 'node:url';
import { Client, Metadata, credentials, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { MethodDefinition, ServiceDefinition } from '@grpc/proto-loader';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../support/until.ts';
import { bearer, startPort } from './fixture.ts';
import type { Port } from './fixture.ts';

const SECURITY = 'binance:BTCUSDT';
const NO_KEY = new Metadata();

function serviceOf(file: string, name: string): ServiceDefinition {
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  return loadSync(path, { enums: String, defaults: true, bytes: Buffer })[
    name
  ] as ServiceDefinition;
}

/** The proto that the published package replicates, `List` and all: what other people's clients are built with. */
const health = serviceOf(
  'node_modules/grpc-health-check/proto/health/v1/health.proto',
  'grpc.health.v1.Health',
);
const reflection = serviceOf(
  'node_modules/@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
  'grpc.reflection.v1.ServerReflection',
);

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(options: Parameters<typeof startPort>[0] = {}): Promise<[Port, Client]> {
  const port = await startPort({ ...options, limits: { healthPollMs: 5, ...options.limits } });
  closers.push(() => port.close(0));
  const client = new Client(`127.0.0.1:${port.port}`, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  closers.push(() => client.close());
  return [port, client];
}

function methodOf(service: ServiceDefinition, name: string): MethodDefinition<any, any> {
  return service[name] as MethodDefinition<any, any>;
}

/** The status, or the code of the refusal. */
function check(client: Client, service: string, metadata = NO_KEY): Promise<string | number> {
  const { path, requestSerialize, responseDeserialize } = methodOf(health, 'Check');
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { service },
      metadata,
      (error: ServiceError | null, answer?: any) => resolve(error ? error.code : answer.status),
    );
  });
}

/** Statuses as they come, and the code that ends them. */
function watch(
  client: Client,
  service: string,
): { statuses: (string | number)[]; cancel: () => void } {
  const { path, requestSerialize, responseDeserialize } = methodOf(health, 'Watch');
  const call = client.makeServerStreamRequest<any, any>(
    path,
    requestSerialize,
    responseDeserialize,
    { service },
    NO_KEY,
  );
  const statuses: (string | number)[] = [];
  call.on('data', (answer) => statuses.push(answer.status));
  call.on('error', (error: ServiceError) => statuses.push(error.code));
  return { statuses, cancel: () => call.cancel() };
}

describe('health without a key', () => {
  test('the logger serves as long as it can record, even with a security that is not live', async () => {
    const [port, client] = await open();
    expect(await check(client, '')).toBe('SERVING');
    port.control.healthOverrides = { status: 'degraded' };
    await until('the next look', () => port.control.calls.length > 0);
    expect(await check(client, '')).toBe('SERVING');
    port.control.healthOverrides = { status: 'down' };
    await until('the change', async () => (await check(client, '')) === 'NOT_SERVING');
  });

  test.each(['syncing', 'stale', 'failed'] as const)('a security that is %s', async (state) => {
    const [port, client] = await open();
    expect(await check(client, SECURITY)).toBe('SERVING');
    expect(await check(client, 'BINANCE:btcusdt'.toLowerCase())).toBe('SERVING');
    port.control.change(SECURITY, { state });
    expect(await check(client, SECURITY)).toBe('NOT_SERVING');
  });

  test.each(['binance:NEVER', 'nonsense', 'orderbook.manager.v1.Manager', 'x'.repeat(60_000)])(
    '%.30s is not found',
    async (service) => {
      const [, client] = await open();
      expect(await check(client, service)).toBe(status.NOT_FOUND);
      const watching = watch(client, service);
      await until('the first word', () => watching.statuses.length === 1);
      expect(watching.statuses).toEqual(['SERVICE_UNKNOWN']);
      watching.cancel();
    },
  );

  test('a watch follows add, states and remove', async () => {
    const [port, client] = await open({ securities: [] });
    const watching = watch(client, SECURITY);
    const next = (count: number): Promise<unknown> =>
      until(`${count} words`, () => watching.statuses.length === count);
    await next(1);
    await port.control.add([SECURITY], false, new AbortController().signal);
    await next(2);
    port.control.change(SECURITY, { state: 'stale' });
    await next(3);
    port.control.change(SECURITY, { state: 'live' });
    await next(4);
    await port.control.remove([SECURITY]);
    await next(5);
    expect(watching.statuses).toEqual([
      'SERVICE_UNKNOWN',
      'SERVING',
      'NOT_SERVING',
      'SERVING',
      'SERVICE_UNKNOWN',
    ]);
    watching.cancel();
  });

  test('a watch ends when the port closes', async () => {
    const [port, client] = await open();
    const watching = watch(client, '');
    await until('the first word', () => watching.statuses.length === 1);
    const closed = port.close(2000);
    await until('the last word', () => watching.statuses.length === 3);
    expect(watching.statuses).toEqual(['SERVING', 'NOT_SERVING', status.UNAVAILABLE]);
    client.close();
    await closed;
  });

  test('a wrong key is ignored and not counted', async () => {
    const [port, client] = await open();
    for (let i = 0; i < 50; i++) {
      expect(await check(client, '', bearer('wrong'))).toBe('SERVING');
    }
    expect(port.log.lines).toEqual([]);
  });

  test('a thousand checks query the logger once', async () => {
    const [port, client] = await open({ limits: { healthPollMs: 60_000 } });
    await Promise.all(Array.from({ length: 1000 }, () => check(client, '')));
    expect(port.control.calls).toHaveLength(1);
  });

  test('watches have a limit of their own', async () => {
    const [port, client] = await open({ limits: { maxHealthWatches: 2, maxStreams: 1 } });
    const first = [watch(client, ''), watch(client, '')];
    await until('both', () => first.every(({ statuses }) => statuses.length === 1));
    const third = watch(client, '');
    await until('the refusal', () => third.statuses.length === 1);
    expect(third.statuses).toEqual([status.RESOURCE_EXHAUSTED]);
    expect(await check(client, '')).toBe('SERVING');
    for (const { cancel } of first) cancel();
    await until('a place', async () => {
      const again = watch(client, '');
      await until('an answer', () => again.statuses.length > 0);
      again.cancel();
      return again.statuses[0] === 'SERVING';
    });
    expect(port.log.at('error')).toEqual([]);
  });

  test('without a key no one gets the list of recorded securities', async () => {
    const [, client] = await open();
    const { path, requestSerialize, responseDeserialize } = methodOf(health, 'List');
    const code = await new Promise((resolve) => {
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, NO_KEY, (error) =>
        resolve(error?.code),
      );
    });
    expect(code).toBe(status.UNIMPLEMENTED);
  });
});

describe('reflection', () => {
  function ask(client: Client, request: object, metadata: Metadata): Promise<any> {
    const { path, requestSerialize, responseDeserialize } = methodOf(
      reflection,
      'ServerReflectionInfo',
    );
    const call = client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      metadata,
    );
    const answer = new Promise((resolve) => {
      call.on('data', resolve).on('error', (error: ServiceError) => resolve(error.code));
    });
    call.write(request);
    call.end();
    return answer;
  }

  test('is rejected without a key', async () => {
    const [, client] = await open();
    expect(await ask(client, { listServices: '*' }, NO_KEY)).toBe(status.UNAUTHENTICATED);
  });

  test('returns the services and their descriptors', async () => {
    const [, client] = await open();
    const { listServicesResponse } = await ask(client, { listServices: '*' }, bearer());
    const names = listServicesResponse.service.map((service: any) => service.name).sort();
    expect(names).toEqual([
      'grpc.health.v1.Health',
      'orderbook.manager.v1.Manager',
      'orderbook.market.v1.Market',
    ]);
    for (const fileContainingSymbol of names) {
      const { fileDescriptorResponse } = await ask(client, { fileContainingSymbol }, bearer());
      expect(fileDescriptorResponse.fileDescriptorProto.length).toBeGreaterThan(0);
    }
  });
});
