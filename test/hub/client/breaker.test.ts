import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { withBreaker } from '../../../src/hub/client/breaker.js';
import { type ErrorCode, HugwireError } from '../../../src/lib/errors.js';
import { FakeClient } from '../fake-client.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const failing = (code: ErrorCode) => () => {
  throw new HugwireError(code, `test: ${code}`, { hint: 'check the cable' });
};
const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

it('does not touch what works', async () => {
  const client = new FakeClient();
  const hub = withBreaker(client);
  for (let call = 0; call < 3; call += 1) await hub.request('/x');
  expect(client.asked).toHaveLength(3);
});

it('sends nothing for ten seconds after a failed connection, and says when to come back', async () => {
  const client = new FakeClient(failing('offline'));
  const hub = withBreaker(client);
  await expect(hub.request('/x')).rejects.toMatchObject({ code: 'offline', retryAfterSeconds: undefined });
  pass(9000);
  await expect(hub.withSignal(new AbortController().signal).request('/y')).rejects.toMatchObject({
    code: 'offline',
    message: 'test: offline',
    hint: 'check the cable',
    retryAfterSeconds: 1,
  });
  expect(client.asked).toHaveLength(1);
});

it('then lets a single request through, and all once that has worked', async () => {
  const client = new FakeClient(failing('offline'));
  const hub = withBreaker(client);
  await hub.request('/x').catch(() => {});
  pass(10_000);
  let finish = () => {};
  client.reply = () =>
    new Promise((resolve) => {
      finish = () => resolve({ body: 1 });
    });
  const probe = hub.request('/probe');
  await expect(hub.request('/other')).rejects.toMatchObject({ code: 'offline' });
  finish();
  await probe;
  client.reply = () => ({ body: 2 });
  await Promise.all([hub.request('/a'), hub.request('/b')]);
  expect(client.asked.map(({ path }) => path)).toEqual(['/x', '/probe', '/a', '/b']);
});

it('waits anew when the single request fails as well', async () => {
  const client = new FakeClient(failing('offline'));
  const hub = withBreaker(client);
  await hub.request('/x').catch(() => {});
  pass(10_000);
  await hub.request('/probe').catch(() => {});
  await hub.request('/y').catch(() => {});
  expect(client.asked).toHaveLength(2);
});

it('a probe whose caller gives up makes room for the next', async () => {
  const client = new FakeClient(failing('offline'));
  const hub = withBreaker(client);
  await hub.request('/x').catch(() => {});
  pass(10_000);
  client.reply = failing('cancelled');
  await hub.request('/probe').catch(() => {});
  client.reply = () => ({ body: 1 });
  await hub.request('/probe');
  expect(client.asked).toHaveLength(3);
});

it('takes a single timeout for a sign: nobody waits for a second one', async () => {
  const client = new FakeClient(failing('timeout'));
  const hub = withBreaker(client);
  await hub.request('/x').catch(() => {});
  await expect(hub.request('/x')).rejects.toMatchObject({ code: 'timeout', retryAfterSeconds: 10 });
  expect(client.asked).toHaveLength(1);
});

it.each(['not_found', 'rate_limited', 'unavailable', 'cancelled'] as const)('%s is no reason to stop', async (code) => {
  const client = new FakeClient(failing(code));
  const hub = withBreaker(client);
  for (let call = 0; call < 4; call += 1) await hub.request('/x').catch(() => {});
  expect(client.asked).toHaveLength(4);
});

it('keeps the Hub and the dataset viewer apart', async () => {
  const client = new FakeClient(failing('offline'));
  const hub = withBreaker(client);
  await hub.request('/x', { service: 'viewer' }).catch(() => {});
  client.reply = () => ({ body: 1 });
  await hub.request('/x');
  await expect(hub.request('/x', { service: 'viewer' })).rejects.toMatchObject({ code: 'offline' });
});
