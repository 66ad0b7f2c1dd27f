import { describe, expect, it } from 'vitest';
import { joinError, lostError, networkError, QUEUE_FULL, runError, streamError } from '../../src/gradio/errors.js';
import { type ErrorCode, HugwireError } from '../../src/lib/errors.js';
import { explainQuota } from '../../src/spaces/run.js';
import zeroGpuErrors from '../fixtures/recorded/zerogpu-errors.json' with { type: 'json' };
import { FakeClient } from '../hub/fake-client.js';

const SITE = { id: 'owner/name', kind: 'hub' as const };

describe('runError', () => {
  it.each<[string, unknown, unknown, ErrorCode, RegExp, number?]>([
    [
      'quota of a free account',
      'ZeroGPU quota exceeded',
      'You have exceeded your free ZeroGPU quota (120s requested vs. 44s left). Try again in 23:14:07',
      'quota_exceeded',
      /120s requested vs\. 44s left/,
      83_647,
    ],
    [
      'quota of a PRO account',
      'ZeroGPU quota exceeded',
      'You have exceeded your Pro GPU quota',
      'quota_exceeded',
      /Pro/,
    ],
    [
      'a long wait',
      'ZeroGPU quota exceeded',
      'You have exceeded your GPU quota. Try again in 1 day, 0:00:05',
      'quota_exceeded',
      /not enough/,
      86_405,
    ],
    [
      'runs',
      'ZeroGPU quota exceeded',
      'You have exceeded your ZeroGPU runs limit.',
      'quota_exceeded',
      /No ZeroGPU runs/,
    ],
    ['the limit of the Space', undefined, 'Space app has reached its GPU limit.', 'quota_exceeded', /GPU limit/],
    [
      'no GPU, under its title',
      'ZeroGPU queue timeout',
      'No GPU was available after 60s. Retry later',
      'unavailable',
      /No GPU came free/,
      60,
    ],
    [
      'no GPU, under the wrong title',
      'ZeroGPU quota exceeded',
      'No GPU was available after 60s',
      'unavailable',
      /No GPU came free/,
      60,
    ],
    ['capacity', undefined, 'The shared ZeroGPU pool is at capacity', 'unavailable', /capacity/, 60],
    [
      'credits',
      'ZeroGPU pending credits exceeded',
      'You have too many ZeroGPU credits allocated',
      'rate_limited',
      /credits/,
      60,
    ],
    [
      'duration',
      'ZeroGPU illegal duration',
      'The requested GPU duration (180s) is larger than the maximum allowed',
      'space_error',
      /180s/,
    ],
    ['an aborted task', 'ZeroGPU worker error', 'GPU task aborted', 'space_error', /broke off on the GPU/],
    ...['ValueError', 'KeyError', 'RuntimeError', 'StopIteration', 'MyOwnFault'].map(
      (name): [string, string, string, ErrorCode, RegExp] => [
        `the author’s ${name}`,
        'ZeroGPU worker error',
        name,
        'space_error',
        new RegExp(`own function raised an exception.*ZeroGPU worker error: ${name}`),
      ],
    ),
    ['memory', 'ZeroGPU worker error', 'OutOfMemoryError', 'space_error', /broke off on the GPU/],
    ['a fault within', 'ZeroGPU client error', 'Internal Gradio error', 'unavailable', /could not start the run/, 60],
    ['an expired pass', 'ZeroGPU client error', 'Expired ZeroGPU proxy token', 'unavailable', /pass/, 1],
    ['a bad number', 'Error', 'Value 999 is greater than maximum value 50.', 'invalid_arguments', /999/],
    ['a bad choice', 'Error', 'Value: x is not in the list of choices: []', 'invalid_arguments', /choices/],
    [
      'a value of the wrong type',
      'Error',
      'Could not preprocess input component at index 0 (a `number` component) of the event handler',
      'invalid_arguments',
      /index 0/,
    ],
    ['own words with a title', 'Oops', 'Bad <b>thing</b>', 'space_error', /“Oops: Bad thing”/],
    ['own words under the default title', 'Error', 'Bad thing', 'space_error', /“Bad thing”/],
    ['a Python repr', undefined, "'Bad thing'", 'space_error', /“Bad thing”/],
    ['entities', undefined, 'a &lt; b &amp; c', 'space_error', /“a < b & c”/],
    ['a link', undefined, 'Go <a style="x" href="https://evil.test">here</a>', 'space_error', /“Go here”/],
    ['hidden details', 'Error', null, 'space_error', /hides the details/],
    ['no text', undefined, { a: 1 }, 'space_error', /hides the details/],
  ])('%s', (_, title, error, code, message, retryAfterSeconds) => {
    const failure = runError(SITE, { error, title });
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(failure.message).toContain('owner/name');
    expect(failure.message).not.toMatch(/<\w/);
    expect(failure.hint).toBeTruthy();
    expect(failure.retryAfterSeconds).toBe(retryAfterSeconds);
  });

  it.each(zeroGpuErrors.map((one) => [`${one.title}: ${one.error}`, one] as const))(
    'knows what the spaces package raises: %s',
    (_, { title, error, code }) => {
      expect(runError(SITE, { error, title })).toMatchObject({ code, hint: expect.stringMatching(/./) });
    },
  );

  it('of the author’s own exception does not speak of quota or memory as its reason', () => {
    const { hint } = runError(SITE, { error: 'IndexError', title: 'ZeroGPU worker error' });
    expect(hint).toMatch(/^GPU time and your quota are not the cause\. Check the arguments with space_info/);
  });

  it('knows the limit that is not the caller’s', () => {
    const raised = { error: 'Space app has reached its GPU limit.', title: 'ZeroGPU quota exceeded' };
    expect(runError(SITE, raised, true).hint).toMatch(/^It was not charged to your account/);
    expect(runError(SITE, raised, false).hint).toMatch(/hub_whoami says how/);
  });

  it('tells an anonymous caller to log in, and nobody else', () => {
    const raised = { error: 'You have exceeded your ZeroGPU quota', title: 'ZeroGPU quota exceeded' };
    expect(runError(SITE, raised, false).hint).toMatch(/hub_whoami says how/);
    expect(runError(SITE, raised, true).hint).not.toMatch(/says how to use one/);
  });
});

describe('what an endpoint may have lacked', () => {
  const endpoint = {
    name: '/pick',
    fnIndex: 0,
    parameters: [],
    returns: [],
    slots: [],
    outputSlots: [],
    queue: true,
    hidden: false,
  };
  const hint = (change: object, error: unknown = 'KeyError') =>
    runError(SITE, { error, title: undefined }, false, { ...endpoint, ...change }).hint;

  it.each(['TypeError: missing an argument', null])('is told with its error %j', (error) => {
    expect(hint({ needsEvent: true, events: ['select'] }, error)).toBe(
      'It needs a click in the page (select), which no call can make. space_info shows the other endpoints.',
    );
    expect(hint({ stateWith: ['/begin'], stateFrom: ['/begin'] }, error)).toMatch(/^It uses what \/begin left/);
    expect(hint({ stateWith: [] }, error)).toMatch(/^It keeps hidden state: .* share it\. \w/);
  });

  it('is not told where the reason is known, or there is nothing to tell', () => {
    expect(hint({ stateWith: [] }, 'Value: 2 is not in the list of choices: [1]')).not.toContain('state');
    expect(hint({ stateWith: [] }, 'GPU task aborted')).not.toContain('state');
    expect(hint({ followedBy: ['/bot'] })).not.toContain('/bot');
  });
});

describe('joinError', () => {
  it.each<[number, Record<string, unknown> | undefined, ErrorCode]>([
    [503, { detail: 'Queue is full. Max size is 1 and size is 1.' }, 'rate_limited'],
    [503, { detail: 'Queue is stopped.' }, 'space_broken'],
    [503, undefined, 'unavailable'],
    [502, undefined, 'unavailable'],
    [504, undefined, 'unavailable'],
    [404, undefined, 'unavailable'],
    [404, { detail: 'Not Found' }, 'space_broken'],
    [401, { detail: { error: 'Not authenticated' } }, 'unauthorized'],
    [413, undefined, 'too_large'],
    [429, undefined, 'rate_limited'],
    [400, { detail: 'Session hash not found.' }, 'space_error'],
    [500, undefined, 'space_error'],
    [200, {}, 'space_broken'],
    [422, { detail: [{ loc: ['body', 'data'], msg: 'Input should be a valid list' }] }, 'invalid_arguments'],
    [422, { detail: 'no' }, 'space_error'],
  ])('%i %j', (status, body, code) => {
    const error = joinError(SITE, status, body);
    expect(error).toMatchObject({ code, message: expect.stringContaining('owner/name') });
    expect(error.hint).toBeTruthy();
  });

  it('only a full queue may be asked again at once', () => {
    expect(joinError(SITE, 503, { detail: 'Queue is full.' }).cause).toBe(QUEUE_FULL);
    expect(joinError(SITE, 503, { detail: 'Queue is stopped.' }).cause).toBeUndefined();
  });

  it('names what a validator refuses, and only that', () => {
    const detail = [
      { __type__: 'validate', is_valid: true, message: '', parameter_name: 'fine' },
      { __type__: 'validate', is_valid: false, message: 'too <i>short</i>', parameter_name: 'prompt' },
      null,
    ];
    const { message } = joinError(SITE, 422, { detail });
    expect(message).toContain('prompt: “too short”');
    expect(message).not.toContain('fine');
  });
});

describe('other failures', () => {
  it('a stream that cannot be opened means that the run is lost, unless the status says more', () => {
    expect(streamError(SITE, 500).message).toMatch(/broke off/);
    expect(streamError(SITE, 502).message).toMatch(/starting, restarting or down/);
  });

  it('a lost session is told as a restart, other words are quoted', () => {
    expect(lostError(SITE, { message: '404: Not Found', sessionGone: true }).message).toMatch(/restarted/);
    expect(lostError(SITE, { message: 'boom', sessionGone: false }).message).toMatch(/“boom”/);
  });

  it('an abort is no failure of the network', () => {
    expect(networkError(SITE, new DOMException('x', 'AbortError')).code).toBe('cancelled');
    expect(networkError({ ...SITE, kind: 'local' }, new TypeError('fetch failed')).hint).toMatch(/running/);
  });

  it('a local app that is not there has nothing to do with proxies', () => {
    const site = { id: 'http://127.0.0.1:7860', kind: 'local' as const };
    const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const { code, message, hint } = networkError(site, new TypeError('fetch failed', { cause }));
    expect([code, message]).toEqual(['unavailable', 'Nothing answers at http://127.0.0.1:7860.']);
    expect(hint).toBe('Is the app running at this address?');
  });
});

describe('explainQuota', () => {
  const refused = runError(
    SITE,
    { error: 'You have exceeded your ZeroGPU quota (60s requested vs. 0s left).', title: 'ZeroGPU quota exceeded' },
    true,
  );
  const quota = (body: unknown) => new FakeClient(() => ({ body }));
  const explained = async (body: unknown) => (await explainQuota(refused, quota(body), true)) as typeof refused;

  it('says when the quota is the account’s own', async () => {
    const resetsAt = new Date(Date.now() + 3_600_000).toISOString();
    const error = await explained({ base: 300, current: 12, resetsAt });
    expect(error).toMatchObject({ code: 'quota_exceeded', message: refused.message });
    expect(error.hint).toMatch(/12 s of 5 min/);
    expect(error.retryAfterSeconds).toBeGreaterThan(3_590);
  });

  it('says when it must be another account’s', async () => {
    expect((await explained({ base: 300, current: 290, resetsAt: null })).hint).toMatch(/another account/);
  });

  it('says when the runs are used up', async () => {
    const runs = { used: 8, limit: 8, remaining: 0, resetsAt: null };
    expect((await explained({ base: 300, current: 290, resetsAt: null, runs })).hint).toMatch(/8 ZeroGPU runs/);
  });

  it('says that paid time was used, and when the runs begin anew', async () => {
    expect((await explained({ base: 300, current: 0, overquotaUsed: 900, resetsAt: null })).hint).toMatch(
      /used 15 min of paid time\. Wait until it resets, add credits at https/,
    );
    const resetsAt = new Date(Date.now() + 600_000).toISOString();
    const runs = { used: 8, limit: 8, remaining: 0, resetsAt };
    const { retryAfterSeconds = 0 } = await explained({ base: 300, current: 290, resetsAt: null, runs });
    expect(retryAfterSeconds).toBeGreaterThan(590);
  });

  it('names the right that the token lacks to tell whose quota it is', async () => {
    const lacking = new FakeClient(() => {
      throw new HugwireError('unauthorized', 'The Hub refused it.', { hint: 'Turn on "Billing > Read".' });
    });
    const error = (await explainQuota(refused, lacking, true)) as typeof refused;
    expect(error).toMatchObject({ code: 'quota_exceeded', message: refused.message });
    expect(error.hint).toMatch(/^Wait until .* cannot be told: Turn on "Billing > Read"\.$/);
  });

  it('asks nothing for anonymous callers and other errors, and bears that the Hub does not know', async () => {
    const hub = quota({});
    expect(await explainQuota(refused, hub, false)).toBe(refused);
    const other = lostError(SITE);
    expect(await explainQuota(other, hub, true)).toBe(other);
    expect(hub.asked).toEqual([]);
    expect(await explainQuota(refused, quota({}), true)).toBe(refused);
    const down = new FakeClient(() => Promise.reject(new Error('down')));
    expect(await explainQuota(refused, down, true)).toBe(refused);
  });
});
