import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Survey } from '../../../src/commands/auth/token.js';
import { checkSecretFiles, checkToken } from '../../../src/commands/doctor/local.js';
import { HugwireError } from '../../../src/lib/errors.js';
import { FakeClient } from '../../hub/fake-client.js';
import { hasModes } from '../../platform.js';
import { BROKEN, brief, contextWith, NO_TOKEN } from './context.js';

const SECRET = 'hf_doctor_secret_0123456789';
const HELD: Survey = { found: { value: SECRET, source: 'env HF_TOKEN' }, setting: 'auto', places: [] };

const hubOf = (role: string, expiresAt?: string) =>
  new FakeClient(() => ({ body: { name: 'maya', auth: { expiresAt, accessToken: { role } } } }));
const failingHub = (error: HugwireError) =>
  new FakeClient(() => {
    throw error;
  });

describe('the token', () => {
  it('that is missing is no problem', async () => {
    const hub = failingHub(new HugwireError('internal', 'asked'));
    const found = await checkToken(contextWith({ hub }));
    expect(brief(found)).toEqual(['ok: none: public repositories and Spaces work']);
    expect(found.advice).toContain('A read token is enough');
  });

  it('that the config names and that is not there is one', async () => {
    const surveyed: Survey = { found: { source: 'none (X is not set)' }, setting: 'env', places: [] };
    expect(brief(await checkToken(contextWith({ surveyed })))).toEqual(['problem: none (X is not set)']);
  });

  it.each(['invalid', 'unreadable', 'failed'] as const)('that is %s is one, and says where', async (state) => {
    const places = [{ place: 'file ~/x', state, used: false }];
    const { status, advice } = await checkToken(contextWith({ surveyed: { ...NO_TOKEN, places } }));
    expect(status).toBe('problem');
    expect(advice).toMatch(/^file ~\/x .*: correct or remove it/);
  });

  it('is told with its account and its rights', async () => {
    const found = await checkToken(contextWith({ surveyed: HELD, hub: hubOf('read', '2999-01-02T00:00:00Z') }));
    expect(brief(found)[0]).toMatch(
      /^ok: maya \(free\) from env HF_TOKEN: read everything that you can read; expires 2999-01-02 \(in \d+ days\)$/,
    );
  });

  it('with too many rights is a warning', async () => {
    const { status, advice } = await checkToken(contextWith({ surveyed: HELD, hub: hubOf('write') }));
    expect([status, advice]).toEqual(['warning', expect.stringContaining('This token can write')]);
  });

  it('that ends soon is a warning', async () => {
    const expiresAt = new Date(Date.now() + 2 * 86_400_000).toISOString();
    const { status, advice } = await checkToken(contextWith({ surveyed: HELD, hub: hubOf('read', expiresAt) }));
    expect([status, advice]).toEqual(['warning', expect.stringContaining('It expires')]);
  });

  it('that the Hub turns down is a problem', async () => {
    const hub = failingHub(new HugwireError('unauthorized', 'No.', { hint: 'Log in again.' }));
    const found = await checkToken(contextWith({ surveyed: HELD, hub }));
    expect(found).toMatchObject({
      status: 'problem',
      detail: 'the Hub rejects the token from env HF_TOKEN',
      advice: 'Log in again.',
    });
  });

  it('that cannot be asked of is not called bad', async () => {
    const hub = failingHub(new HugwireError('rate_limited', 'Later.'));
    expect(brief(await checkToken(contextWith({ surveyed: HELD, hub })))).toEqual([
      'warning: from env HF_TOKEN; not checked: Later.',
    ]);
    const offline = contextWith({ surveyed: HELD, hub, offline: 'so set' });
    expect(brief(await checkToken(offline))).toEqual([
      'ok: from env HF_TOKEN; not checked, since the Hub was not reached',
    ]);
  });

  it('is not looked for while the config is broken', async () => {
    const survey = () => Promise.reject(new Error('looked'));
    expect((await checkToken(contextWith({ loaded: BROKEN, survey }))).status).toBe('skipped');
  });
});

it.runIf(hasModes).each(['token', 'logins.json'])("hugwire's own file %s must be for this user alone", async (name) => {
  const context = contextWith();
  expect(await checkSecretFiles(context)).toEqual([]);
  const path = join(context.home, 'state', name);
  mkdirSync(join(context.home, 'state'));
  writeFileSync(path, SECRET, { mode: 0o600 });
  expect(brief(await checkSecretFiles(context))).toEqual([`ok: ${path}, readable by this user only`]);
  chmodSync(path, 0o640);
  expect(await checkSecretFiles(context)).toMatchObject([{ status: 'warning', advice: `Run: chmod 600 ${path}` }]);
  expect(await checkSecretFiles({ ...context, machine: { ...context.machine, platform: 'win32' } })).toEqual([]);
});
