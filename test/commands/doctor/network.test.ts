import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConnectionTrace } from '../../../src/commands/doctor/connection.js';
import { checkCertificates, checkClock, checkHub, checkLimits } from '../../../src/commands/doctor/network.js';
import { HugwireError } from '../../../src/lib/errors.js';
import { FakeClient } from '../../hub/fake-client.js';
import { brief, contextWith, HEALTHY } from './context.js';

describe('the Hub', () => {
  const hubOf = (reached: ConnectionTrace) => checkHub(contextWith({ reached }));

  it('is fine, with the time of each step', async () => {
    expect(brief(await hubOf(HEALTHY))).toEqual([
      'ok: https://hub.test in 62 ms (name 2, connection 10, TLS 20, answer 30)',
    ]);
  });

  it.each<[ConnectionTrace['failed'], string]>([
    ['name', 'its name cannot be looked up'],
    ['connection', 'no connection'],
    ['TLS', 'no secure connection'],
    ['answer', 'no answer'],
  ])('that fails at the step %s is a problem, and says which', async (failed, words) => {
    const error = new HugwireError('offline', 'hub.test cannot be reached (X).', { hint: 'Check it.' });
    expect(await hubOf({ steps: {}, failed, error })).toMatchObject({
      status: 'problem',
      detail: `https://hub.test: ${words}. hub.test cannot be reached (X).`,
      advice: 'Check it.',
    });
  });

  it('behind a proxy that fails, names the proxy', async () => {
    const error = new HugwireError('offline', 'proxy.corp:3128 cannot be reached (ECONNREFUSED).');
    const { detail } = await hubOf({ steps: {}, failed: 'connection', error, proxy: 'proxy.corp:3128' });
    expect(detail).toContain('through the proxy proxy.corp:3128: proxy proxy.corp:3128: no connection.');
  });

  it.each([
    [503, 'problem'],
    [404, 'problem'],
    [429, 'warning'],
  ])('that answers %s is a %s', async (status, expected) => {
    expect((await hubOf({ ...HEALTHY, status })).status).toBe(expected);
  });

  it('that is none, but a firewall, is a problem with its own advice', async () => {
    const stranger = new HugwireError('unavailable', 'hub.test answered with a web page (403).', { hint: 'Set X.' });
    const context = contextWith({ reached: { ...HEALTHY, status: 403, stranger } });
    expect(await checkHub(context)).toMatchObject({
      status: 'problem',
      detail: 'https://hub.test: hub.test answered with a web page (403).',
      advice: 'Set X.',
    });
    expect([await checkClock(context), await checkLimits(context)]).toEqual([[], []]);
  });

  it('that redirects, or is not asked over https, gets no token, and it is said', async () => {
    const redirect = new URL('https://huggingface.co/api/models');
    expect(await hubOf({ ...HEALTHY, status: 308, redirect })).toMatchObject({
      status: 'warning',
      detail: 'https://hub.test redirects to huggingface.co, which does not get the token',
      advice: expect.stringContaining('Set HF_ENDPOINT=https://huggingface.co, or unset it.'),
    });
    const hub = Object.assign(new FakeClient(), { endpoint: 'http://hub.test' });
    expect(await checkHub(contextWith({ hub }))).toMatchObject({
      status: 'warning',
      advice: 'Set HF_ENDPOINT=https://hub.test.',
    });
  });

  it('that is slow is a warning', async () => {
    expect((await hubOf({ ...HEALTHY, steps: { answer: 4000 } })).status).toBe('warning');
  });

  it('is not asked when hugwire is offline, and nothing else is said of it', async () => {
    const trace = () => Promise.reject(new Error('asked'));
    const context = contextWith({ offline: 'HF_HUB_OFFLINE is set', trace });
    expect(brief(await checkHub(context))).toEqual(['skipped: not asked: HF_HUB_OFFLINE is set']);
    expect([await checkClock(context), await checkLimits(context)]).toEqual([[], []]);
  });

  it('that cannot be reached is said once', async () => {
    const context = contextWith({ reached: { steps: {}, failed: 'name', error: new HugwireError('offline', 'No.') } });
    expect([await checkClock(context), await checkLimits(context)]).toEqual([[], []]);
  });
});

describe('the clock', () => {
  it.each([
    [900, ["ok: agrees with the Hub's"]],
    [60_000, ["warning: 60 s ahead of the Hub's"]],
    [-60_000, ["warning: 60 s behind the Hub's"]],
    [3 * 3_600_000, ["problem: 3 h ahead of the Hub's"]],
    [undefined, []],
  ])('%s ms off', async (skewMs, expected) => {
    expect(brief(await checkClock(contextWith({ reached: { ...HEALTHY, skewMs } })))).toEqual(expected);
  });
});

describe('the rate limits', () => {
  const windowOf = (remaining: number) => ({ bucket: 'api', remaining, quota: 500, resetsAt: Date.now() + 100_000 });

  it('are those of nobody without a token', async () => {
    const plenty = await checkLimits(contextWith({ reached: { ...HEALTHY, window: windowOf(400) } }));
    expect(brief(plenty)).toEqual(['ok: 400 of 500 left (api) for 100 s']);
    const [scarce] = await checkLimits(contextWith({ reached: { ...HEALTHY, window: windowOf(25) } }));
    expect(scarce).toMatchObject({ status: 'warning', advice: expect.stringContaining('hugwire auth login') });
  });

  it('are those of the account with one', async () => {
    const hub = new FakeClient();
    hub.limits = () => [windowOf(3)] as never;
    const surveyed = { found: { value: 'hf_x', source: 'env HF_TOKEN' }, setting: 'auto' as const, places: [] };
    const found = await checkLimits(contextWith({ hub, surveyed, reached: { ...HEALTHY, window: windowOf(499) } }));
    expect(brief(found)).toEqual(['warning: 3 of 500 left (api) for 100 s']);
  });

  it('are not told when the Hub does not', async () => expect(await checkLimits(contextWith())).toEqual([]));
});

it('certificates that the environment names must be there', async () => {
  const context = contextWith();
  expect(await checkCertificates(context)).toEqual([]);
  const path = join(context.home, 'corp.pem');
  const env = { NODE_EXTRA_CA_CERTS: path };
  expect(brief(await checkCertificates({ ...context, env }))).toEqual([
    `problem: NODE_EXTRA_CA_CERTS names ${path}, which cannot be read`,
  ]);
  writeFileSync(path, '');
  expect(brief(await checkCertificates({ ...context, env }))).toEqual([`ok: NODE_EXTRA_CA_CERTS: ${path}`]);
});
