import { describe, expect, it } from 'vitest';
import { loadApp } from '../../src/gradio/app.js';
import type { App } from '../../src/gradio/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import type { SpaceSite } from '../../src/spaces/types.js';
import { readRecorded, SITE, VERSIONS } from './recorded.js';

type Answer = Response | Error | (() => Promise<Response>);
const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });
const html = (status = 200) =>
  new Response('<!doctype html><title>Hi</title>', { status, headers: { 'content-type': 'text/html' } });

const CONFIG = {
  version: '6.0.0',
  api_prefix: '/gradio_api',
  protocol: 'sse_v3',
  title: 'A Maker',
  components: [{ id: 1, type: 'textbox', props: { label: 'Text' }, api_info: { type: 'string' } }],
  dependencies: [{ id: 0, inputs: [1], outputs: [1], api_name: 'run' }],
};
const INFO = {
  named_endpoints: {
    '/run': {
      parameters: [{ label: 'Text', parameter_name: 'given', parameter_has_default: false, type: { type: 'string' } }],
      returns: [{ label: 'Out', type: { type: 'string' } }],
    },
  },
};

/** Loads an app whose paths answer as told; what is not told is not found. */
async function load(answers: Record<string, Answer>, site: SpaceSite = SITE, signal?: AbortSignal) {
  const asked: string[] = [];
  const net: typeof fetch = async (input, init) => {
    const path = String(input).slice(site.base.length);
    asked.push(path);
    init?.signal?.throwIfAborted();
    const answer = answers[path] ?? json({ detail: 'Not Found' }, 404);
    if (answer instanceof Error) throw answer;
    return answer instanceof Response ? answer : answer();
  };
  const promise = loadApp(net, site, signal);
  const outcome: { app?: App; error?: HugwireError } = await promise.then(
    (app) => ({ app }),
    (error) => {
      if (!(error instanceof HugwireError)) throw error;
      return { error };
    },
  );
  return { ...outcome, asked };
}

describe.each(VERSIONS)('loadApp with Gradio %s', (version) => {
  const prefix = version.startsWith('4.') ? '' : '/gradio_api';
  const answers = () => ({
    '/config': json(readRecorded(version, 'endpoints', 'config')),
    [`${prefix}/info`]: json(readRecorded(version, 'endpoints', 'info')),
    ...(prefix ? { [`${prefix}/mcp/schema`]: json(readRecorded(version, 'endpoints', 'mcp')) } : {}),
  });

  it('describes the app from what it says of itself', async () => {
    const { app, asked } = await load(answers());
    expect(app).toMatchObject({
      site: SITE,
      version,
      apiPrefix: prefix,
      title: 'Endpoints app',
      maxFileSize: 5 * 1024 * 1024,
    });
    expect(app?.endpoints.find((one) => one.name === '/generate')?.parameters).toHaveLength(5);
    expect(asked.slice(0, 2)).toEqual(['/config', '/gradio_api/info']);
  });

  it('does without /info and without docstrings', async () => {
    const { app } = await load({
      '/config': answers()['/config'] as Response,
      [`${prefix}/info`]: new Response('Internal Server Error', { status: 500 }),
    });
    expect(app?.endpoints.map((one) => one.name)).toContain('/generate');
  });
});

describe('loadApp', () => {
  it('asks two things at once', async () => {
    let release = (_: Response): void => {};
    const { app } = await load({
      '/config': () =>
        new Promise<Response>((resolve) => {
          release = resolve;
        }),
      '/gradio_api/info': async () => {
        // Reached only if /config did not have to answer first.
        release(json(CONFIG));
        return json(INFO);
      },
    });
    expect(app?.endpoints[0]?.parameters[0]?.name).toBe('given');
  });

  it('works below a sub-path', async () => {
    const site = { ...SITE, base: `${SITE.origin}/sub` };
    expect((await load({ '/config': json(CONFIG), '/gradio_api/info': json(INFO) }, site)).app?.version).toBe('6.0.0');
  });

  it.each<[string, unknown]>([
    ['leaves the origin', '//evil.com'],
    ['goes up', '/../x'],
    ['is no text', { a: 1 }],
    ['has a query', '/x?y='],
  ])('does not follow a prefix that %s', async (_, api_prefix) => {
    const { app, asked } = await load({
      '/config': json({ ...CONFIG, api_prefix }),
      '/gradio_api/info': json(INFO),
      '/info': json(INFO),
    });
    expect(['/gradio_api', '']).toContain(app?.apiPrefix);
    expect(asked.every((path) => /^\/(?:gradio_api\/)?(?:config|info)$/.test(path))).toBe(true);
  });

  it.each<[string, Answer, string, RegExp]>([
    ['a web page', html(), 'space_broken', /serves a web page, not a Gradio app\./],
    ['a page that is missing', html(404), 'space_broken', /has no Gradio app: \/config answered HTTP 404/],
    ['text', new Response('hello'), 'space_broken', /is not a Gradio app/],
    ['JSON of something else', json({ hello: 1 }), 'space_broken', /is not a Gradio app/],
    ['a list', json([1]), 'space_broken', /is not a Gradio app/],
    [
      "a login of the app's own",
      json({ detail: 'Not authenticated' }, 401),
      'unauthorized',
      /user name and password of its own/,
    ],
    ['a closed door', html(401), 'not_visible', /refused access \(HTTP 401\)/],
    ['a start that is not over', html(503), 'unavailable', /not answering \(HTTP 503\)/],
    ['a limit', json({}, 429), 'rate_limited', /too many requests/],
    [
      'Gradio 3',
      json({ ...CONFIG, version: '3.50.2', protocol: 'ws' }),
      'space_broken',
      /runs Gradio 3\.50\.2, which is too old/,
    ],
    ['Gradio 3 by its version alone', json({ ...CONFIG, version: '3.9' }), 'space_broken', /too old/],
    ['too much', new Response('x'.repeat(33 * 1024 * 1024)), 'too_large', /larger than/],
    [
      'too much, announced',
      new Response('x', { headers: { 'content-length': '99999999999' } }),
      'too_large',
      /larger than/,
    ],
    [
      'no way there',
      Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) }),
      'offline',
      /ECONNREFUSED/,
    ],
    ['a redirect elsewhere', new HugwireError('blocked', 'elsewhere'), 'blocked', /elsewhere/],
  ])('explains %s', async (_, answer, code, message) => {
    const { error } = await load({ '/config': answer });
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('cuts off what is nested without end, and keeps the rest', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const config = async () => new Response(JSON.stringify(CONFIG).replace('{', `{"layout":${deep},`));
    const { app } = await load({ '/config': config, '/gradio_api/info': json(INFO) });
    expect(app?.endpoints[0]?.parameters[0]?.name).toBe('given');
    expect(JSON.stringify(app?.config).length).toBeLessThan(10_000);
    const info = new Response(`{"named_endpoints":${deep}}`);
    expect((await load({ '/config': json(CONFIG), '/gradio_api/info': info })).app?.endpoints).toHaveLength(1);
  });

  it('says what the Hub calls it when it is not a Gradio app', async () => {
    const { error } = await load({ '/config': html() }, { ...SITE, sdk: 'docker' });
    expect(error?.message).toMatch(/not a Gradio app \(the Hub says: docker\)/);
  });

  it('takes a missing private Space for one that is not let in', async () => {
    const { error } = await load({ '/config': html(404) }, { ...SITE, private: true });
    expect(error).toMatchObject({ code: 'not_visible', hint: expect.stringMatching(/hub_whoami/) });
  });

  it('ends with the call', async () => {
    const { error } = await load({ '/config': json(CONFIG) }, SITE, AbortSignal.abort());
    expect(error?.code).toBe('cancelled');
  });

  it('explains a body that breaks off', async () => {
    const broken = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"version":'));
        controller.error(
          Object.assign(new TypeError('terminated'), { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) }),
        );
      },
    });
    const { error } = await load({ '/config': new Response(broken) });
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(/broke off \(ECONNRESET\)/) });
  });

  it('takes sizes and titles only where they are such', async () => {
    const odd = await load({
      '/config': json({ ...CONFIG, max_file_size: '5mb', title: 7 }),
      '/gradio_api/info': json(INFO),
    });
    expect(odd.app?.maxFileSize).toBeUndefined();
    expect(odd.app?.title).toBeUndefined();
    const right = await load({ '/config': json({ ...CONFIG, max_file_size: 5_000_000 }) });
    expect(right.app?.maxFileSize).toBe(5_000_000);
  });

  it('asks for docstrings only where the app has them, and survives their absence', async () => {
    const without = await load({ '/config': json(CONFIG), '/gradio_api/info': json(INFO) });
    expect(without.asked).not.toContain('/gradio_api/mcp/schema');
    const broken = await load({
      '/config': json({ ...CONFIG, mcp_server: true }),
      '/gradio_api/info': json(INFO),
      '/gradio_api/mcp/schema': html(500),
    });
    expect(broken.app?.endpoints).toHaveLength(1);
    const schema = [
      { name: 'run', inputSchema: { properties: { given: { type: 'string', description: 'What to say' } } } },
    ];
    const listed = await load({
      '/config': json({ ...CONFIG, mcp_server: true }),
      '/gradio_api/info': json(INFO),
      '/gradio_api/mcp/schema': json(schema),
    });
    expect(listed.app?.endpoints[0]?.parameters[0]?.schema.description).toContain('What to say');
    const asObject = { run: { properties: { given: { description: 'As an object' } } }, other: 7 };
    const object = await load({
      '/config': json({ ...CONFIG, mcp_server: true }),
      '/gradio_api/info': json(INFO),
      '/gradio_api/mcp/schema': json(asObject),
    });
    expect(object.app?.endpoints[0]?.parameters[0]?.schema.description).toContain('As an object');
  });
});
