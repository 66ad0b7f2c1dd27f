import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { HubRequest } from '../../../src/hub/types.js';
import { ERROR_CODES, HugwireError } from '../../../src/lib/errors.js';
import { startDemoHub } from '../../../src/world/hub/server.js';
import type { DemoFault, DemoHub } from '../../../src/world/types.js';
import { errorOf, openClient } from '../client.js';

const MAYA = 'hf_demo_read_maya';
const THEO = 'hf_demo_read_theo';
const FINE = 'hf_demo_fine_maya';
const EXPIRED = 'hf_demo_expired_maya';

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub({ quotas: { api: 100_000, resolvers: 100_000, pages: 100_000 } });
});
afterAll(() => hub.close());

const turnOffs: (() => void)[] = [];
const addFault = (fault: DemoFault) => turnOffs.push(hub.addFault(fault));
afterEach(() => {
  for (const turnOff of turnOffs.splice(0)) turnOff();
});

const asked = (path: RegExp) => hub.seen.filter(({ url }) => path.test(url)).length;
const model = (id: string, more: Partial<NonNullable<HubRequest['repo']>> = {}): HubRequest => ({
  repo: { kind: 'model', id, ...more },
});

interface Situation {
  title: string;
  token?: string;
  path: string;
  request?: HubRequest;
  code: string;
  message: RegExp;
  hint?: RegExp;
  missing?: string;
}

const SITUATIONS: Situation[] = [
  {
    title: 'a repository that is missing or private, asked without a token',
    path: '/api/models/nobody/nothing',
    request: model('nobody/nothing'),
    code: 'not_visible',
    message: /^Model nobody\/nothing does not exist, or is private\.$/,
    hint: /hub_search.*HF_TOKEN.*hf auth login/s,
  },
  {
    title: 'the same with a token',
    token: MAYA,
    path: '/api/models/nobody/nothing',
    request: model('nobody/nothing'),
    code: 'not_found',
    message: /^Model nobody\/nothing does not exist, or the token from env HF_TOKEN cannot see it\.$/,
    hint: /hub_search/,
  },
  {
    title: 'a dataset that is missing and may be something else',
    path: '/api/datasets/openai/whisper-large-v3',
    request: { repo: { kind: 'dataset', id: 'openai/whisper-large-v3' } },
    code: 'not_visible',
    message: /^Dataset openai\/whisper-large-v3 does not exist, or is private\.$/,
    hint: /Perhaps it is not a dataset: hub_repo ids=\["openai\/whisper-large-v3"\] tells what it is\. If it is private/,
  },
  {
    title: 'a Space that is missing, asked with a token',
    token: MAYA,
    path: '/api/spaces/openai/whisper-large-v3',
    request: { repo: { kind: 'space', id: 'openai/whisper-large-v3' } },
    code: 'not_found',
    message: /^Space openai\/whisper-large-v3 does not exist/,
    hint: /Perhaps it is not a Space: hub_repo ids=/,
  },
  {
    title: 'a gated file, asked without a token',
    path: '/google/gemma-2-2b-it/resolve/main/config.json',
    request: { ...model('google/gemma-2-2b-it'), file: 'config.json' },
    code: 'gated',
    message: /^Model google\/gemma-2-2b-it is gated: its files need a token/,
    hint: /https:\/\/huggingface\.co\/google\/gemma-2-2b-it.*HF_TOKEN/,
  },
  {
    title: 'a gated repository, with an account that has not asked for access',
    token: THEO,
    path: '/api/models/black-forest-labs/FLUX.1-dev/auth-check',
    request: model('black-forest-labs/FLUX.1-dev'),
    code: 'gated',
    message: /your account has no access yet/,
    hint: /Ask for it at https:\/\/huggingface\.co\/black-forest-labs\/FLUX\.1-dev\./,
  },
  {
    title: 'a gated repository, with an account whose request is open',
    token: THEO,
    path: '/api/models/meta-llama/Llama-3.1-8B-Instruct/auth-check',
    request: model('meta-llama/Llama-3.1-8B-Instruct'),
    code: 'gated',
    message: /awaits its authors' review/,
  },
  {
    title: 'a gated repository, with a fine-grained token without that right',
    token: FINE,
    path: '/api/models/google/gemma-2-2b-it/auth-check',
    request: model('google/gemma-2-2b-it'),
    code: 'gated',
    message: /the fine-grained token from env HF_TOKEN may not read gated repositories/,
    hint: /settings\/tokens/,
  },
  {
    title: 'a token that is unknown',
    token: 'hf_nobody_knows_this',
    path: '/api/models/openai-community/gpt2',
    request: model('openai-community/gpt2'),
    code: 'unauthorized',
    message: /rejected the token from env HF_TOKEN: it is invalid, revoked or expired/,
    hint: /hf auth login/,
  },
  {
    title: 'a token that has expired',
    token: EXPIRED,
    path: '/api/models?limit=1',
    code: 'unauthorized',
    message: /rejected the token from env HF_TOKEN/,
  },
  {
    title: 'no token where one is needed',
    path: '/api/whoami-v2',
    code: 'unauthorized',
    message: /requires a token for \/api\/whoami-v2/,
    hint: /HF_TOKEN/,
  },
  {
    title: 'a revision that is not there',
    path: '/api/models/openai-community/gpt2/revision/v9',
    request: model('openai-community/gpt2', { revision: 'v9' }),
    code: 'not_found',
    message: /^Model openai-community\/gpt2 has no revision "v9"\.$/,
    hint: /Leave the revision out/,
    missing: 'revision',
  },
  {
    title: 'a file that is not there',
    path: '/openai-community/gpt2/resolve/main/nope.txt',
    request: { ...model('openai-community/gpt2'), file: 'nope.txt' },
    code: 'not_found',
    message: /^Model openai-community\/gpt2 has no file "nope\.txt"\.$/,
    hint: /hub_repo/,
    missing: 'file',
  },
  {
    title: 'a repository that the Hub has disabled',
    path: '/api/models/open-atlas/tile-upscaler',
    request: model('open-atlas/tile-upscaler'),
    code: 'disabled',
    message: /^Model open-atlas\/tile-upscaler has been disabled/,
  },
  {
    title: 'a parameter that the Hub does not know',
    path: '/api/models?sort=nonsense',
    code: 'invalid_arguments',
    message: /did not accept the request: .*sort/i,
  },
  {
    title: 'a parameter out of its range, in the words of zod',
    path: '/api/models?limit=0',
    code: 'invalid_arguments',
    message: /did not accept the request: (✖ )?Too small: expected number to be >=1 (→ )?at limit/,
  },
  {
    title: 'an API path that does not exist',
    path: '/api/nothing-here',
    code: 'not_found',
    message: /nothing at \/api\/nothing-here/,
  },
  {
    title: 'a page that does not exist, answered in HTML',
    path: '/docs/nothing/here.md',
    code: 'not_found',
    message: /nothing at \/docs\/nothing\/here\.md\.$/,
  },
];

describe('what the Hub refuses', () => {
  it.each(SITUATIONS)('$title: $code', async ({ token, path, request, code, message, hint, missing }) => {
    const { hub: client, pauses } = openClient(hub.url, { value: token });
    const error = await errorOf(client.request(path, request));
    expect(error).toBeInstanceOf(HugwireError);
    expect(error).toMatchObject({ code, missing });
    expect(error.message).toMatch(message);
    if (hint) expect(error.hint).toMatch(hint);
    expect(error.requestId).toMatch(/^Root=1-/);
    expect(pauses).toEqual([]);
    if (token) expect(JSON.stringify([error.message, error.hint, error.requestId])).not.toContain(token);
  });

  const answers: [title: string, response: NonNullable<DemoFault['response']>, code: string, message: RegExp][] = [
    [
      'organisation policy',
      { status: 403, body: { error: 'Your organisation demands SSO.' } },
      'unauthorized',
      /SSO\.$/,
    ],
    ['a wrong entity', { status: 422, body: { error: ['✖ bad → at q', 'x'] } }, 'invalid_arguments', /bad → at q; x$/],
    [
      'errors as a list',
      { status: 400, body: { errors: [{ message: 'one' }, { message: 'two' }] } },
      'invalid_arguments',
      /one; two$/,
    ],
    [
      'an error as an object',
      { status: 400, body: { error: { limit: ['too big'] } } },
      'invalid_arguments',
      /too big$/,
    ],
    ['too long an address', { status: 414, body: '' }, 'invalid_arguments', /longer than the Hub accepts \(414\)\.$/],
    ['too long a head', { status: 431, body: '' }, 'invalid_arguments', /longer than the Hub accepts \(431\)\.$/],
    ['a range out of the file', { status: 416, body: '' }, 'invalid_arguments', /\(416\)\.$/],
    [
      'null as the body',
      { status: 400, headers: { 'Content-Type': 'application/json' }, body: 'null' },
      'invalid_arguments',
      /\(400\)\.$/,
    ],
    ['an unusual status', { status: 418, body: 'I am a teapot' }, 'unavailable', /status 418: I am a teapot$/],
    ['a conflict', { status: 409, body: '' }, 'invalid_arguments', /refused the change .*\(409\)\.$/],
    ['300 that leads nowhere', { status: 302, body: 'moved' }, 'unavailable', /status 302/],
    [
      'a redirect to something that is no URL',
      { status: 301, headers: { Location: 'http://[bad' }, body: '' },
      'unavailable',
      /status 301/,
    ],
  ];

  it.each(answers)('%s', async (_title, response, code, message) => {
    addFault({ path: /^\/api\/strange/, response });
    const error = await errorOf(openClient(hub.url).hub.request('/api/strange'));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('gives its own code to each, all of them known', () => {
    for (const { code } of SITUATIONS) expect(ERROR_CODES).toContain(code);
  });

  it('cleans and cuts what the Hub says', async () => {
    const words = `\u001b[31mred\u202e ${'x'.repeat(2000)}`;
    addFault({ path: /^\/api\/long/, response: { status: 400, body: { error: words } } });
    const { message } = await errorOf(openClient(hub.url).hub.request('/api/long'));
    expect(message).toMatch(/^The Hub did not accept the request: red x+…$/);
    expect(message.length).toBeLessThan(400);
  });

  it('reads no more of a refusal than it can use', async () => {
    addFault({
      path: /^\/api\/huge/,
      response: { status: 400, headers: { 'X-Error-Message': 'said in short' }, body: 'x'.repeat(5_000_000) },
    });
    const error = await errorOf(openClient(hub.url).hub.request('/api/huge', { maxBytes: 10 }));
    expect(error.message).toBe('The Hub did not accept the request: said in short');
  });

  it('understands a refusal that is longer than the answer might have been', async () => {
    const response = { status: 400, body: { error: 'limit is far too large for this list' } };
    addFault({ path: /^\/api\/capped/, response });
    const error = await errorOf(openClient(hub.url).hub.request('/api/capped', { maxBytes: 10 }));
    expect(error.message).toContain('limit is far too large');
  });

  it.each([
    ['X-Request-Id', 'abc'],
    ['X-Amzn-Trace-Id', 'Root=1-2'],
    ['X-Amz-Cf-Id', 'cf=='],
  ])('keeps the request id of %s', async (name, id) => {
    addFault({ path: /^\/api\/ids/, response: { status: 400, headers: { [name]: id }, body: '' } });
    expect((await errorOf(openClient(hub.url).hub.request('/api/ids'))).requestId).toBe(id);
  });
});

describe('trouble of the Hub', () => {
  it.each([500, 502, 503, 504, 408])(
    'tries three times at %i, with growing pauses, and tells no HTML',
    async (status) => {
      const response = { status, headers: { 'Content-Type': 'text/html' }, body: '<html><h1>Bad gateway</h1></html>' };
      addFault({ path: new RegExp(`^/api/down-${status}`), response });
      const { hub: client, pauses } = openClient(hub.url);
      const error = await errorOf(client.request(`/api/down-${status}`));
      expect(error.code).toBe('unavailable');
      expect(error.message).not.toContain('<');
      expect(error.message).toContain(String(status));
      expect(asked(new RegExp(`down-${status}`))).toBe(3);
      expect(pauses).toHaveLength(2);
      expect(pauses[0]).toBeGreaterThanOrEqual(375);
      expect(pauses[0]).toBeLessThanOrEqual(625);
      expect(pauses[1]).toBeGreaterThanOrEqual(1125);
      expect(pauses[1]).toBeLessThanOrEqual(1875);
    },
  );

  it('gets over trouble that passes', async () => {
    addFault({ path: /^\/api\/models\?limit=1$/, times: 2, response: { status: 503, body: '' } });
    const { hub: client, pauses } = openClient(hub.url);
    expect((await client.request('/api/models', { query: { limit: 1 } })).json()).toHaveLength(1);
    expect(pauses).toHaveLength(2);
  });

  it('never repeats a POST', async () => {
    addFault({ path: /^\/api\/post-down/, response: { status: 503, body: '' } });
    const { hub: client, pauses } = openClient(hub.url);
    const error = await errorOf(client.request('/api/post-down', { method: 'POST', body: { a: 1 } }));
    expect(error.code).toBe('unavailable');
    expect(asked(/post-down/)).toBe(1);
    expect(pauses).toEqual([]);
  });

  it('does not repeat what the Hub refuses for good', async () => {
    await errorOf(openClient(hub.url).hub.request('/api/refused-for-good'));
    expect(asked(/refused-for-good/)).toBe(1);
  });

  it('says so when JSON was due and broken JSON came', async () => {
    const headers = { 'Content-Type': 'application/json' };
    addFault({ path: /^\/api\/cut/, response: { status: 200, headers, body: '[{"id":' } });
    const answer = await openClient(hub.url).hub.request('/api/cut');
    expect(() => answer.json()).toThrow(/broken JSON where JSON was expected/);
  });

  it('says so when JSON was due and a web page came', async () => {
    addFault({ path: /^\/api\/portal/, response: { status: 200, body: '\n<!doctype html><title>Hotel</title>' } });
    const answer = await openClient(hub.url).hub.request('/api/portal');
    expect(() => answer.json()).toThrow(
      expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('a web page') }),
    );
  });

  it('says so when JSON was due and nothing came', async () => {
    addFault({ path: /^\/api\/void/, response: { status: 200, body: '' } });
    const answer = await openClient(hub.url).hub.request('/api/void');
    expect(() => answer.json()).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });

  it('passes the warnings of the Hub on, each topic once, and no token with them', async () => {
    const warn = (text: string, path: RegExp) =>
      addFault({ path, response: { status: 200, headers: { 'X-HF-Warning': text }, body: '{}' } });
    warn(`Old API; use the new one instead of odd-token-12345`, /^\/api\/warn-1/);
    warn('Old API; use the new one', /^\/api\/warn-2/);
    warn('Other; words', /^\/api\/warn-3/);
    const { hub: client, warnings } = openClient(hub.url, { value: 'odd-token-12345' });
    for (const number of [1, 2, 3]) await client.request(`/api/warn-${number}`);
    expect(warnings).toEqual(['Old API; use the new one instead of [token]', 'Other; words']);
  });
});

describe('the token', () => {
  it('goes with every request to the Hub, and only when there is one', async () => {
    const { hub: client } = openClient(hub.url, { value: MAYA });
    await client.request('/api/whoami-v2');
    expect(hub.seen.at(-1)?.headers.authorization).toBe(`Bearer ${MAYA}`);
    await openClient(hub.url).hub.request('/api/models?limit=1');
    expect(hub.seen.at(-1)?.headers.authorization).toBeUndefined();
  });

  it('is looked up anew when the Hub rejects it, once', async () => {
    let lookups = 0;
    const values = [EXPIRED, MAYA];
    const { hub: client } = openClient(hub.url, {
      token: async () => ({ value: values[Math.min(lookups++, 1)], source: 'file ~/token' }),
    });
    expect((await client.request('/api/whoami-v2')).json()).toMatchObject({ name: 'maya' });
    expect(lookups).toBe(2);
  });

  it('is not tried again when it is still the same', async () => {
    const before = asked(/same-token/);
    const { hub: client } = openClient(hub.url, { value: EXPIRED });
    expect((await errorOf(client.request('/api/same-token'))).code).toBe('unauthorized');
    expect(asked(/same-token/) - before).toBe(1);
  });

  it('may vanish in between', async () => {
    let lookups = 0;
    const { hub: client } = openClient(hub.url, {
      token: async () => (lookups++ === 0 ? { value: EXPIRED, source: 'file ~/token' } : { source: 'none' }),
    });
    expect((await client.request('/api/models?limit=1')).status).toBe(200);
  });

  it.each(['hf_abcdefghijklmnop', 'api_org_abcdefghijk', 'eyJhbGciOi.J9.sig-nature', 'p@ss/word+with=signs'])(
    'stays out of every message, whatever it looks like: %s',
    async (value) => {
      const echo = `rejected ${value} for Bearer ${value} at https://x/?token=${value}`;
      const headers = { 'X-Request-Id': `id-${value}`, 'X-Error-Message': echo };
      addFault({ path: /^\/api\/echo\/header/, response: { status: 400, headers, body: '' } });
      addFault({ path: /^\/api\/echo\/body/, response: { status: 500, body: { error: echo } } });
      addFault({ path: /^\/api\/echo\/limit/, response: { status: 429, headers, body: echo } });
      addFault({ path: /^\/datasets-server\/echo/, response: { status: 422, headers, body: { error: echo } } });
      const { hub: client } = openClient(hub.url, { value });
      const calls = [
        () => client.request('/api/echo/header'),
        () => client.request('/api/echo/body'),
        () => client.request('/api/echo/limit'),
        () => client.request('/echo', { service: 'viewer' }),
      ];
      for (const call of calls) {
        const { message, hint, requestId } = await errorOf(call());
        expect(JSON.stringify({ message, hint, requestId })).not.toContain(value);
      }
    },
  );
});

describe('what is asked', () => {
  it('encodes the query: lists repeat their key, nothing is said of what is not there', async () => {
    const query = { search: 'a b&c', filter: ['x', 'y'], limit: 1, empty: '', none: undefined };
    await openClient(hub.url).hub.request('/api/models', { query });
    expect(hub.seen.at(-1)?.url).toBe('/api/models?search=a+b%26c&filter=x&filter=y&limit=1');
  });

  it('says who it is', async () => {
    await openClient(hub.url).hub.request('/api/models?limit=1');
    expect(hub.seen.at(-1)?.headers['user-agent']).toBe('hugwire/test');
  });

  it('follows a repository to its new name', async () => {
    const answer = await openClient(hub.url).hub.request('/api/models/gpt2', model('gpt2'));
    expect(answer.json()).toMatchObject({ id: 'openai-community/gpt2' });
    expect(answer.url).toBe(`${hub.url}/api/models/openai-community/gpt2`);
  });

  it('does without a slash at the end of the endpoint', async () => {
    const { hub: client } = openClient(`${hub.url}//`);
    expect(client.endpoint).toBe(hub.url);
    expect((await client.request('/api/models?limit=1')).status).toBe(200);
  });

  it('asks nobody when it is offline', async () => {
    const before = hub.seen.length;
    const error = await errorOf(openClient(hub.url, { offline: true }).hub.request('/api/models'));
    expect(error.code).toBe('offline');
    expect(error.hint).toMatch(/HF_HUB_OFFLINE.*hub\.offline/);
    expect(hub.seen).toHaveLength(before);
  });
});
