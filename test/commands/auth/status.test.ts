import { describe, expect, it } from 'vitest';
import { showStatus } from '../../../src/commands/auth/status.js';
import type { Survey } from '../../../src/commands/auth/token.js';
import { formatResult } from '../../../src/commands/terminal.js';
import { HugwireError } from '../../../src/lib/errors.js';
import { FakeClient, type Reply } from '../../hub/fake-client.js';
import { PLAIN } from './world.js';

const NOW = Date.UTC(2026, 10, 20);
const SECRET = 'hf_status_secret_0123456789';
const WITH_TOKEN: Survey = {
  found: { value: SECRET, source: 'env HF_TOKEN' },
  setting: 'auto',
  places: [
    { place: 'env HF_TOKEN', state: 'found', used: true },
    { place: 'file ~/x/token', state: 'found', used: false, ignored: 'env HF_TOKEN wins' },
    { place: 'file ~/y/token', state: 'missing', used: false },
  ],
};
const WITHOUT: Survey = {
  found: { source: 'none' },
  setting: 'auto',
  places: [{ place: 'env HF_TOKEN', state: 'not set', used: false }],
};

interface Seen {
  role?: string;
  fineGrained?: unknown;
  expiresAt?: string;
}

const whoami = ({ role = 'read', fineGrained, expiresAt }: Seen = {}): Reply => ({
  body: {
    name: 'maya',
    fullname: 'Maya L',
    isPro: true,
    orgs: [{ name: 'atlas' }],
    auth: { type: 'access_token', expiresAt, accessToken: { displayName: 'laptop', role, fineGrained } },
  },
});

async function show(survey: Survey, account: Reply | Error = whoami()) {
  const hub = new FakeClient(({ path }) => {
    if (path !== '/api/whoami-v2') return { body: { base: 300, current: 42, runs: { remaining: 1, limit: 8 } } };
    if (account instanceof Error) throw account;
    return account;
  });
  const result = await showStatus({ survey, hub, screen: PLAIN, now: NOW });
  for (const json of [false, true]) expect(formatResult(result, { json })).not.toContain(SECRET);
  return { ...result, asked: hub.asked.map(({ path }) => path) };
}

describe('with a token', () => {
  it('shows whose it is, what it may do, and where it came from', async () => {
    const { text, exitCode } = await show(WITH_TOKEN);
    expect(exitCode).toBe(0);
    expect(text.split('\n')).toEqual([
      'Token    env HF_TOKEN',
      'Account  maya (Maya L), PRO, member of atlas; token "laptop"',
      'Rights   read everything that you can read',
      'ZeroGPU  42 s of 5 min left today, 1 of 8 runs',
      'Hub      https://hub.test',
      '',
      'Places searched, in order (token.source is "auto")',
      '  ✓ env HF_TOKEN    used',
      '  – file ~/x/token  found, but env HF_TOKEN wins',
      '  – file ~/y/token  not there',
    ]);
  });

  it('tells fine-grained rights in plain words, and what is missing', async () => {
    const fineGrained = {
      canReadGatedRepos: false,
      global: ['discussion.write', 'something.new'],
      scoped: [{ entity: { name: 'maya' }, permissions: ['inference.serverless.write'] }],
    };
    const { text } = await show(WITH_TOKEN, whoami({ role: 'fineGrained', fineGrained }));
    expect(text).toContain('Rights   write discussions; something.new; maya: call Inference Providers\n');
    expect(text).toContain('It cannot read gated repositories that you have access to');
    expect(text).toContain('It cannot read private repositories');
  });

  it('asks for nothing more of a fine-grained token that has what the tools need', async () => {
    const scoped = [{ entity: { name: 'maya' }, permissions: ['repo.content.read'] }];
    const fineGrained = { canReadGatedRepos: true, global: [], scoped };
    const { text } = await show(WITH_TOKEN, whoami({ role: 'fineGrained', fineGrained }));
    expect(text).toContain('read public gated repositories; maya: read repositories');
    expect(text).not.toContain('It cannot');
  });

  it.each([
    ['write', undefined],
    ['admin', undefined],
    [
      'fineGrained',
      {
        canReadGatedRepos: true,
        scoped: [{ entity: { name: 'm' }, permissions: ['repo.content.read', 'repo.write'] }],
      },
    ],
  ])('advises less than %s', async (role, fineGrained) => {
    expect((await show(WITH_TOKEN, whoami({ role, fineGrained }))).text).toContain('This token can write.');
  });

  it.each([
    ['2026-12-20T00:00:00Z', '2026-12-20 (in 30 days)', false],
    ['2026-11-23T01:00:00Z', '2026-11-23 (in 3 days)', true],
    ['2026-11-21T01:00:00Z', '2026-11-21 (in 1 day)', true],
    ['2026-11-20T05:00:00Z', '2026-11-20 (within a day)', true],
    ['2026-11-19T05:00:00Z', '2026-11-19 (expired)', true],
  ])('shows its end, %s, and warns of one that is near', async (expiresAt, words, warned) => {
    const { text } = await show(WITH_TOKEN, whoami({ expiresAt }));
    expect(text).toContain(`Expires  ${words}\n`);
    expect(text.includes('log in again')).toBe(warned);
  });
});

it('without a token asks nobody, and says what one would add and how little is enough', async () => {
  const { text, exitCode, asked } = await show(WITHOUT);
  expect(exitCode).toBe(0);
  expect(asked).toEqual([]);
  expect(text).toContain('Token  none');
  expect(text).toContain('ZeroGPU quota');
  expect(text).toContain('A read token is enough');
});

it('says how a stored token would be used that the config passes over', async () => {
  const places = [{ place: 'file ~/y/token', state: 'found', used: false, ignored: 'token.source is "none"' } as const];
  const { text } = await show({ found: { source: 'none' }, setting: 'none', places });
  expect(text).toMatch(/`hugwire auth source auto` would use the one in ~\/y\/token\.$/);
  const { text: bare } = await show({ found: { source: 'none' }, setting: 'env', places: [] });
  expect(bare).toMatch(/`hugwire auth source auto` searches everywhere\.$/);
});

it('names what stands in the way of a token', async () => {
  const places = [{ place: 'file ~/x', state: 'unreadable' as const, used: false }];
  const { text } = await show({ ...WITHOUT, places });
  expect(text).toContain('! file ~/x  cannot be read');
  expect(text).toContain('file ~/x cannot be read by this user: correct or remove it');
});

it('fails when the Hub turns the token down', async () => {
  const error = new HugwireError('unauthorized', 'The Hub rejects the token of env HF_TOKEN.');
  const { text, exitCode } = await show(WITH_TOKEN, error);
  expect(exitCode).toBe(1);
  expect(text).toContain('The Hub rejected this token.');
});

it.each(['offline', 'timeout', 'unavailable', 'rate_limited'] as const)(
  'is no failure when the Hub cannot be asked: %s',
  async (code) => {
    const { text, exitCode } = await show(WITH_TOKEN, new HugwireError(code, 'Not now.', { hint: 'Later.' }));
    expect(exitCode).toBe(0);
    expect(text).toContain(`The account could not be looked up. ${code}: Not now.\nNext: Later.`);
    expect(text).toContain('✓ env HF_TOKEN');
  },
);

it('prints all of it as JSON', async () => {
  const result = await show(WITH_TOKEN, whoami({ role: 'write' }));
  expect(JSON.parse(formatResult(result, { json: true }))).toMatchObject({
    loggedIn: true,
    source: 'env HF_TOKEN',
    setting: 'auto',
    places: WITH_TOKEN.places,
    account: { name: 'maya', plan: 'PRO' },
    rights: ['read and write everything that you can'],
    zeroGpu: { base: 300, remaining: 42 },
    advice: [expect.stringContaining('This token can write')],
  });
  const failed = await show(WITH_TOKEN, new HugwireError('offline', 'No way.'));
  expect(JSON.parse(formatResult(failed, { json: true }))).toMatchObject({
    loggedIn: false,
    error: { code: 'offline', message: 'No way.' },
  });
});

it('lets no hostile name of an account reach the terminal', async () => {
  const { text } = await show(WITH_TOKEN, { body: { name: 'ma\u001b[31mya\u202e', orgs: [{ name: 'a\nb' }] } });
  expect(text).toContain('Account  maya, free, member of a b');
});
