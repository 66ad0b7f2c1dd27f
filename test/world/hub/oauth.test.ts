import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDemoHub } from '../../../src/world/hub/server.js';
import type { DemoHub } from '../../../src/world/types.js';

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub();
});
afterAll(() => hub.close());

const REDIRECT = 'http://127.0.0.1:4000/callback';
const json = async (response: Response) => (await response.json()) as Record<string, unknown>;
const postForm = (form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${hub.url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form), headers });

async function register(method = 'none') {
  const body = JSON.stringify({ redirect_uris: [REDIRECT], token_endpoint_auth_method: method, client_name: 'test' });
  return json(await fetch(`${hub.url}/oauth/register`, { method: 'POST', body }));
}

/** Opens the page and agrees; what comes back to the app. */
async function authorize(client: string, change: Record<string, string> = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const query = {
    client_id: client,
    redirect_uri: REDIRECT,
    response_type: 'code',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    scope: 'openid read-repos',
    state: 'here',
    ...change,
  };
  const response = await fetch(`${hub.url}/oauth/authorize?${new URLSearchParams(query)}`, { redirect: 'manual' });
  return { verifier, status: response.status, back: new URL(response.headers.get('location') ?? 'about:blank') };
}

const exchange = (client: string, code: string, verifier: string) =>
  postForm({
    grant_type: 'authorization_code',
    client_id: client,
    code,
    code_verifier: verifier,
    redirect_uri: REDIRECT,
  });

const whoami = (token: unknown) => fetch(`${hub.url}/api/whoami-v2`, { headers: { authorization: `Bearer ${token}` } });

it('gives a token to an app that its user has agreed to, which the rest of the Hub takes', async () => {
  const { client_id } = await register();
  const { back, verifier, status } = await authorize(String(client_id));
  expect([status, back.searchParams.get('state'), back.searchParams.get('iss')]).toEqual([302, 'here', hub.url]);
  const code = back.searchParams.get('code') ?? '';
  const given = await json(await exchange(String(client_id), code, verifier));
  expect(given).toMatchObject({ access_token: expect.stringMatching(/^hf_oauth_/), scope: 'openid read-repos' });
  const who = await json(await whoami(given.access_token));
  expect(who).toMatchObject({ name: 'maya', auth: { type: 'oauth', expiresAt: expect.any(String) } });
  // A code is good once.
  expect((await exchange(String(client_id), code, verifier)).status).toBe(400);
  const renew = {
    grant_type: 'refresh_token',
    client_id: String(client_id),
    refresh_token: String(given.refresh_token),
  };
  const renewed = await json(await postForm(renew));
  expect(renewed.access_token).not.toBe(given.access_token);
  expect((await whoami(renewed.access_token)).status).toBe(200);
  expect((await postForm(renew)).status).toBe(400);
});

it('gives a secret to an app that wants one', async () => {
  const { client_id, client_secret } = await register('client_secret_basic');
  expect(client_secret).toEqual(expect.any(String));
  const { back, verifier } = await authorize(String(client_id));
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
  const form = {
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    code_verifier: verifier,
    redirect_uri: REDIRECT,
  };
  expect((await postForm(form, { authorization: `Basic ${basic}` })).status).toBe(200);
});

it('knows apps by the address of what they say of themselves, on this machine', async () => {
  const { status } = await authorize('https://app.example/client.json', { redirect_uri: 'http://localhost:5555/done' });
  expect(status).toBe(302);
  expect((await authorize('https://app.example/client.json', { redirect_uri: 'https://evil.example/' })).status).toBe(
    400,
  );
});

it('gives nothing to another app, and to nobody who lacks the proof', async () => {
  const { client_id } = await register();
  const other = await register();
  const code = async () => {
    const { back, verifier } = await authorize(String(client_id));
    return [back.searchParams.get('code') ?? '', verifier] as const;
  };
  const [one, proof] = await code();
  expect((await exchange(String(other.client_id), one, proof)).status).toBe(400);
  const [another] = await code();
  expect((await exchange(String(client_id), another, 'guessed')).status).toBe(400);
  expect((await authorize(String(client_id), { redirect_uri: 'https://evil.example/' })).status).toBe(400);
  expect((await authorize(String(client_id), { code_challenge: '' })).back.searchParams.get('error')).toBe(
    'invalid_request',
  );
  expect((await authorize(String(client_id), { scope: 'everything' })).back.searchParams.get('error')).toBe(
    'invalid_scope',
  );
});

it('says where all this is', async () => {
  for (const name of ['oauth-authorization-server', 'openid-configuration']) {
    expect(await json(await fetch(`${hub.url}/.well-known/${name}`))).toMatchObject({
      issuer: hub.url,
      registration_endpoint: `${hub.url}/oauth/register`,
      code_challenge_methods_supported: ['S256'],
    });
  }
});
