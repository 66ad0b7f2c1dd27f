import { describe, expect, it } from 'vitest';
import { awaitDeviceToken, type DeviceWire, requestDeviceCode } from '../../../src/hub/account/login.js';
import { errorOf } from '../client.js';

const SECRET = 'hf_oauth_secret_value_1234567890';
const CODE = {
  device_code: 'device-1',
  user_code: 'ABCD-1234',
  verification_uri: 'https://hub.test/oauth/device',
  verification_uri_complete: 'https://hub.test/oauth/device?user_code=ABCD-1234',
  interval: 5,
  expires_in: 900,
};

type Step = [status: number, body: unknown] | Error;

/** A Hub that answers as it is told, in turn, and a clock that only pauses move. */
function open(steps: Step[], options: Partial<DeviceWire> = {}) {
  const sent: { url: string; form: Record<string, string> }[] = [];
  const pauses: number[] = [];
  let now = Date.UTC(2026, 0, 1);
  const wire: DeviceWire = {
    endpoint: 'https://hub.test',
    clientId: 'app-1',
    userAgent: 'hugwire/test',
    timeoutMs: 1000,
    signal: new AbortController().signal,
    network: async (url, init) => {
      sent.push({ url: String(url), form: Object.fromEntries(new URLSearchParams(String(init?.body))) });
      const step = steps.shift();
      if (!step) throw new Error('asked too often');
      if (step instanceof Error) throw step;
      const [status, body] = step;
      return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
    },
    now: () => now,
    sleep: async (milliseconds) => {
      pauses.push(milliseconds / 1000);
      now += milliseconds;
    },
    ...options,
  };
  return { wire, sent, pauses };
}

const unreachable = () =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) });

describe('the code', () => {
  it('is asked for with the rights to read, and nothing else', async () => {
    const { wire, sent } = open([[200, CODE]]);
    expect(await requestDeviceCode(wire)).toEqual({
      deviceCode: 'device-1',
      userCode: 'ABCD-1234',
      url: 'https://hub.test/oauth/device',
      urlWithCode: 'https://hub.test/oauth/device?user_code=ABCD-1234',
      intervalSeconds: 5,
      expiresAt: Date.UTC(2026, 0, 1) + 900_000,
    });
    expect(sent).toEqual([
      {
        url: 'https://hub.test/oauth/device',
        form: { client_id: 'app-1', scope: 'openid profile read-repos gated-repos' },
      },
    ]);
  });

  it('is never asked for in clear text', async () => {
    const { wire, sent } = open([[200, CODE]], { endpoint: 'http://hub.test' });
    expect(await errorOf(requestDeviceCode(wire))).toMatchObject({ code: 'blocked' });
    expect(sent).toEqual([]);
  });

  it.each([
    ['no JSON', '<html>'],
    ['no code', { ...CODE, user_code: undefined }],
    ['an address that no browser should open', { ...CODE, verification_uri: 'file:///etc/passwd' }],
    ['an address that is none', { ...CODE, verification_uri: 'javascript:alert(1)' }],
  ])('with %s is none', async (_name, body) => {
    expect(await errorOf(requestDeviceCode(open([[200, body]]).wire))).toMatchObject({ code: 'unavailable' });
  });

  it('behind a firewall is told as such, and not as a Hub that does not log in', async () => {
    const headers = { 'content-type': 'text/html' };
    const network = async () => new Response('<title>Blocked</title>', { status: 403, headers });
    const error = await errorOf(requestDeviceCode({ ...open([]).wire, network }));
    expect(error.message).toContain('answered with a web page (403, “Blocked”)');
    expect(error.hint).toMatch(/^A firewall or proxy/);
  });

  it('does without the address that has the code in it when that is not a web address', async () => {
    const { wire } = open([[200, { ...CODE, verification_uri_complete: 'smb://x/y' }]]);
    expect((await requestDeviceCode(wire)).urlWithCode).toBeUndefined();
  });

  it('bounds what the server says of time', async () => {
    const { wire } = open([[200, { ...CODE, interval: 1e9, expires_in: 1e9 }]]);
    expect(await requestDeviceCode(wire)).toMatchObject({
      intervalSeconds: 60,
      expiresAt: Date.UTC(2026, 0, 1) + 1_800_000,
    });
  });

  it('says when the app is not known', async () => {
    const { wire } = open([[401, { error: 'invalid_client' }]]);
    const error = await errorOf(requestDeviceCode(wire));
    expect(error).toMatchObject({ code: 'invalid_arguments' });
    expect(error.hint).toContain('oauthClientId');
  });

  it('is cancelled with its signal', async () => {
    const controller = new AbortController();
    const { wire } = open([], {
      signal: controller.signal,
      network: async (_, init) => {
        controller.abort();
        init?.signal?.throwIfAborted();
        throw new Error('not aborted');
      },
    });
    expect(await errorOf(requestDeviceCode(wire))).toMatchObject({ code: 'cancelled' });
  });
});

describe('the wait', () => {
  const wait = async (steps: Step[], options?: Partial<DeviceWire>) => {
    const opened = open([[200, CODE], ...steps], options);
    const code = await requestDeviceCode(opened.wire);
    return { ...opened, token: awaitDeviceToken(code, opened.wire) };
  };
  const pending: Step = [400, { error: 'authorization_pending' }];
  const granted: Step = [200, { access_token: SECRET, expires_in: 3600, refresh_token: 'r' }];

  it('asks at the pace it was told, until the person has agreed', async () => {
    const { token, pauses, sent } = await wait([pending, pending, granted]);
    // Three pauses of five seconds, then an hour.
    expect(await token).toEqual({ value: SECRET, expiresAt: '2026-01-01T01:00:15.000Z' });
    expect(pauses).toEqual([5, 5, 5]);
    expect(sent.at(-1)).toEqual({
      url: 'https://hub.test/oauth/token',
      form: {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: 'device-1',
        client_id: 'app-1',
      },
    });
  });

  it('slows down by five seconds each time it is told to', async () => {
    const { token, pauses } = await wait([[400, { error: 'slow_down' }], [429, 'later'], [503, '<html>'], granted]);
    await token;
    expect(pauses).toEqual([5, 10, 15, 20]);
  });

  it('doubles its pauses while the network is unavailable', async () => {
    const { token, pauses } = await wait([unreachable(), unreachable(), pending, granted]);
    await token;
    expect(pauses).toEqual([5, 10, 20, 20]);
  });

  it('ends when the code has expired, without a word of the server', async () => {
    const { token, sent } = await wait(Array.from({ length: 500 }, () => pending));
    expect(await errorOf(token)).toMatchObject({ code: 'timeout' });
    // 900 seconds at five seconds each; the last one would be too late.
    expect(sent.length).toBe(1 + 179);
  });

  it.each([
    ['access_denied', 'unauthorized'],
    ['expired_token', 'timeout'],
    ['unauthorized_client', 'invalid_arguments'],
    ['invalid_grant', 'unavailable'],
  ])('ends with %s', async (error, code) => {
    const { token } = await wait([pending, [400, { error }]]);
    expect(await errorOf(token)).toMatchObject({ code });
  });

  it('ends when the user gives up', async () => {
    const controller = new AbortController();
    const { token } = await wait([], {
      signal: controller.signal,
      sleep: async () => {
        controller.abort();
        throw controller.signal.reason;
      },
    });
    expect(await errorOf(token)).toMatchObject({ code: 'cancelled' });
  });

  it('repeats nothing of an answer that may hold a secret', async () => {
    const { token } = await wait([[400, { error: 'odd', error_description: `for ${SECRET}`, access_token: SECRET }]]);
    const error = await errorOf(token);
    expect(`${error.message} ${error.hint}`).not.toContain(SECRET);
    expect(error.message).toContain('odd');
  });

  it('takes an answer without a token for a failure', async () => {
    const { token } = await wait([[200, { token_type: 'bearer' }]]);
    expect(await errorOf(token)).toMatchObject({ code: 'unavailable' });
  });
});
