import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { toHugwireError } from '../../src/lib/errors.js';
import { isListed } from '../../src/spaces/local-apps.js';
import { createSpaces } from '../../src/spaces/spaces.js';
import type { Consent } from '../../src/spaces/types.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoSpace } from '../../src/world/types.js';
import { hubDouble } from './hub-double.js';

let app: DemoSpace;
let web: Server;
let webUrl: string;
let webAsked = 0;
let closedUrl: string;

beforeAll(async () => {
  app = await startDemoSpace();
  web = createServer((_, response) => {
    webAsked += 1;
    response.end('<p>the secret page of a router</p>');
  });
  await new Promise<void>((ready) => web.listen(0, '127.0.0.1', ready));
  webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  const gone = createTcpServer();
  await new Promise<void>((ready) => gone.listen(0, '127.0.0.1', ready));
  closedUrl = `http://127.0.0.1:${(gone.address() as AddressInfo).port}`;
  await new Promise((done) => gone.close(done));
});
afterAll(async () => {
  await app.close();
  await new Promise((done) => web.close(done));
});

/** Spaces of one session, and every address that they asked. */
function open(config: object = {}, typed?: boolean) {
  const asked: string[] = [];
  const net: typeof fetch = (input, init) => {
    asked.push(String(input));
    return fetch(input, init);
  };
  const parsed = configSchema.parse({ spaces: config });
  const { hub } = hubDouble({});
  const spaces = createSpaces({ hub: () => hub, net, config: () => parsed, typed });
  const questions: string[] = [];
  const consent = async (space: string, answer: Consent) => {
    await spaces.askConsent(space, async (message) => {
      questions.push(message);
      return answer;
    });
  };
  return { spaces, asked, questions, consent };
}

/** How each way to an app ends: `open`, a dry run, and a call. */
async function outcomes(spaces: ReturnType<typeof open>['spaces'], space: string): Promise<string[]> {
  const call = { space, endpoint: '/greet', arguments: { name: 'Ada' } };
  const tell = (error: unknown) => {
    const { code, message, hint } = toHugwireError(error);
    return `${code}: ${message} ${hint}`;
  };
  const job = spaces.start(call);
  await job.wait(20);
  return [
    await spaces.open(space).then(() => 'ok', tell),
    await spaces.plan(call).then(() => 'ok', tell),
    job.error ? tell(job.error) : 'ok',
  ];
}

const OK = ['ok', 'ok', 'ok'];

describe('an app that nobody allowed', () => {
  it('is not asked, whatever is there, and reads alike', async () => {
    const { spaces, asked } = open();
    const told = [];
    for (const url of [app.url, webUrl, closedUrl, `${webUrl}/any/path`]) {
      const texts = await outcomes(spaces, url);
      const { origin } = new URL(url);
      told.push(...texts.map((text) => text.replaceAll(origin, 'ORIGIN')));
    }
    expect(new Set(told)).toEqual(
      new Set([
        'blocked: ORIGIN is on this machine, and the user has not allowed it: nothing was sent to it. ' +
          'Only the user can allow it: `hugwire config set spaces.local ORIGIN`.',
      ]),
    );
    expect([asked, webAsked]).toEqual([[], 0]);
  });

  it.each(['pinned-only', 'off'])('is not asked with spaces.others: %s, nor is the user', async (others) => {
    const { spaces, asked, questions, consent } = open({ others });
    await consent(webUrl, 'accept');
    const [opened] = await outcomes(spaces, webUrl);
    expect(opened).toMatch(/^blocked: /);
    expect([asked, questions, webAsked]).toEqual([[], [], 0]);
  });

  it.each([
    'http://169.254.169.254',
    'http://metadata.google.internal',
    'http://[fd00:ec2::254]',
    'http://2852039166',
    'http://0xa9.0xfe.0xa9.0xfe',
  ])('the user is not even asked about %s', async (url) => {
    const { spaces, asked, questions, consent } = open();
    await consent(url, 'accept');
    expect((await outcomes(spaces, url))[0]).toMatch(/^blocked: /);
    expect([asked, questions]).toEqual([[], []]);
  });

  it.each([
    'https://example.com',
    'http://127.0.0.1.nip.io:7860',
    'https://owner-name.hf.space.example.com',
    'https://a.b.hf.space',
    'https://gradio.live.example.com',
    'https://notgradio.live',
  ])('nobody is asked about %s, which may be anything', async (url) => {
    const { spaces, asked, questions, consent } = open();
    await consent(url, 'accept');
    for (const outcome of await outcomes(spaces, url)) {
      expect(outcome).toMatch(
        /^blocked: .* is on the internet, and the user has not allowed it: nothing was sent to it/,
      );
      expect(outcome).toContain(`\`hugwire config set spaces.local ${url}\``);
    }
    expect([asked, questions]).toEqual([[], []]);
  });

  it.each([
    ['http://192.168.0.10:7860', 'a network of this machine'],
    ['http://[fd00::1]:7860', 'a network of this machine'],
    ['http://[::ffff:10.0.0.1]:7860', 'a network of this machine'],
    ['http://gpu-box:7860', 'a network of this machine'],
    ['https://0f1a2b.gradio.live', 'a share link of Gradio'],
  ])('the user is asked about %s, which is told as what it is', async (url, place) => {
    const { spaces, asked, questions, consent } = open();
    expect((await outcomes(spaces, url))[0]).toContain(place);
    await consent(url, 'decline');
    expect(questions).toEqual([expect.stringContaining(place)]);
    expect(asked).toEqual([]);
  });

  it('is told with a command that keeps what is allowed already', async () => {
    const { spaces } = open({ local: ['http://127.0.0.1:1', 'https://*.gradio.live'] });
    expect((await outcomes(spaces, 'http://192.168.0.10:7860'))[0]).toContain(
      "`hugwire config set spaces.local http://127.0.0.1:1 'https://*.gradio.live' http://192.168.0.10:7860`",
    );
  });

  it.each([
    ['a proposed pin', { proposed: true, enabled: false }],
    ['a pin that is off', { enabled: false }],
  ])('is not allowed by %s', async (_, state) => {
    const { spaces, asked } = open({ pinned: [{ space: webUrl, endpoint: '/x', tool: 'x', ...state }] });
    expect((await outcomes(spaces, webUrl))[0]).toMatch(/^blocked: /);
    expect(asked).toEqual([]);
  });

  it('is not allowed by the consent to another port, or to another path of it', async () => {
    const { spaces, asked, consent } = open({ local: [closedUrl] });
    await consent(app.url, 'accept');
    for (const other of [webUrl, `${app.url}/other`]) {
      expect((await outcomes(spaces, other))[0]).toMatch(/^blocked: /);
    }
    expect(asked).toEqual([]);
  });
});

describe('an app', () => {
  it('is used when it is listed', async () => {
    expect(await outcomes(open({ local: [app.url] }).spaces, `${app.url}/`)).toEqual(OK);
    const named = app.url.replace('127.0.0.1', 'localhost');
    expect(await outcomes(open({ local: [`${named}/`] }).spaces, app.url)).toEqual(OK);
  });

  it('is used when it is pinned', async () => {
    const pinned = [{ space: app.url, endpoint: '/greet', tool: 'greet' }];
    expect(await outcomes(open({ pinned, others: 'pinned-only' }).spaces, app.url)).toEqual(OK);
  });

  it('is used when a person typed its address', async () => {
    expect(await outcomes(open({}, true).spaces, app.url)).toEqual(OK);
  });

  it('is used when the user says yes, who is asked once', async () => {
    const { spaces, questions, consent, asked } = open();
    for (const address of [app.url, `${app.url}/config`, app.url.replace('127.0.0.1', 'localhost')]) {
      await consent(address, 'accept');
      expect(await outcomes(spaces, address)).toEqual(OK);
    }
    expect(questions).toEqual([
      `Your assistant wants to use an app on this machine: ${app.url}\nAllow it until this session ends?`,
    ]);
    expect(asked.every((url) => /\/(?:config|gradio_api\/\S+)$/.test(url))).toBe(true);
  });

  it('is not used when the user says no, who is not asked again; no answer is asked for again', async () => {
    const { spaces, questions, consent, asked } = open();
    await consent(app.url, 'nobody');
    await consent(app.url, 'cancel');
    await consent(app.url, 'decline');
    await consent(app.url, 'accept');
    expect(questions).toHaveLength(3);
    expect((await outcomes(spaces, app.url))[0]).toMatch(/^blocked: .* the user has declined it/);
    expect(asked).toEqual([]);
  });

  it('of the Hub is not asked about', async () => {
    const { questions, consent } = open();
    await consent('owner/name', 'accept');
    expect(questions).toEqual([]);
  });
});

it('a name with a star in spaces.local stands for all hosts below it, and no others', () => {
  const listed = ['https://*.gradio.live', 'http://*.lab.example:8080/'];
  for (const origin of ['https://0f1a2b.gradio.live', 'http://gpu.lab.example:8080']) {
    expect(isListed(origin, listed), origin).toBe(true);
  }
  for (const origin of [
    'http://0f1a2b.gradio.live',
    'https://gradio.live',
    'https://evilgradio.live',
    'https://0f1a2b.gradio.live.example.com',
    'https://0f1a2b.gradio.live:8443',
    'http://gpu.lab.example',
  ]) {
    expect(isListed(origin, listed), origin).toBe(false);
  }
});

it('spaces.local takes origins and nothing else', () => {
  const take = (local: unknown) => configSchema.safeParse({ spaces: { local } }).success;
  for (const good of [
    'https://*.gradio.live',
    'http://127.0.0.1:7860',
    'http://gpu-box:7860/',
    'https://gpu.example',
  ]) {
    expect(take([good])).toBe(true);
  }
  for (const bad of ['*', '127.0.0.1:7860', 'http://127.0.0.1:7860/x', 'http://a:b@127.0.0.1', 'ftp://x', '']) {
    expect(take([bad])).toBe(false);
  }
});
