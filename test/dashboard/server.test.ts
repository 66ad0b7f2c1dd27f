import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SavedFiles } from '../../src/dashboard/saved-files.js';
import { type Dashboard, startDashboard } from '../../src/dashboard/server.js';
import type { Controls } from '../../src/dashboard/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import type { SavedFileRecord } from '../../src/sessions/saved-files.js';
import { canLink } from '../platform.js';

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

const CONTROLS: Controls = { path: '/config.json', tools: [], spaces: [], readOnly: false };
let dashboard: Dashboard;
let directory: string;
let files: SavedFiles;
let saved: Map<string, SavedFileRecord>;
let switched: unknown[];
/** What a browser sends that was let in. */
let cookie: string;

beforeEach(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'hugwire-test-')));
  saved = new Map();
  files = new SavedFiles({ find: async (path) => saved.get(path) });
  switched = [];
  dashboard = await startDashboard({
    assets: new Map([['index.html', { contentType: 'text/html', gzip: gzipSync('<p>page</p>') }]]),
    files,
    snapshot: () => ({ controls: CONTROLS }),
    readCall: async (session, id) => [{ session, id }],
    readSession: async (session, after) => ({ session, after }),
    searchSessions: async (text, signal) => [text, signal.aborted],
    stages: async () => ({}),
    readConversation: async (id, owner) => ({ id, owner }),
    decide: async (decision) => {
      switched.push(decision);
      return {};
    },
    switchTool: async ({ name, on }) => {
      if (name === 'nonsense') throw new HugwireError('invalid_arguments', 'There is no such tool.');
      switched.push([name, on]);
      return CONTROLS;
    },
  });
  cookie = await letIn(dashboard.makeLink(30_000));
});

afterEach(async () => {
  await dashboard.close();
  rmSync(directory, { recursive: true });
});

/** As any program on the machine can ask. */
function ask(path: string, more: Record<string, string> = {}, options: { method?: string; body?: string } = {}) {
  const { hostname, port, pathname, search } = new URL(path, dashboard.url);
  const headers = { Cookie: cookie, ...more };
  return new Promise<Answer>((resolve, reject) => {
    const asked = { hostname, port, path: pathname + search, method: options.method ?? 'GET', headers };
    const sent = request(asked, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.once('error', reject);
    sent.end(options.body);
  });
}

/** Opens a link, as a browser does; the cookie that it gives. */
async function letIn(link: string): Promise<string> {
  const { status, headers } = await fetch(link, { redirect: 'manual' });
  return status === 303 ? (headers.get('set-cookie')?.split(';')[0] ?? '') : `${status}`;
}

/** The status of a request as it is written here, line by line. */
function send(...lines: string[]) {
  return new Promise<number>((resolve, reject) => {
    const socket = connect(Number(new URL(dashboard.url).port), '127.0.0.1', () =>
      socket.end(`${[...lines, 'Connection: close'].join('\r\n')}\r\n\r\n`),
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.once('error', reject).once('close', () => resolve(Number(text.split(' ')[1])));
  });
}

/** The status for an address as it is, which need not be one. */
function askRaw(path: string) {
  const { hostname, port } = new URL(dashboard.url);
  return new Promise<number | undefined>((resolve, reject) => {
    const sent = request({ hostname, port, path, headers: { Cookie: cookie } }, (response) =>
      resolve(response.resume().statusCode),
    );
    sent.once('error', reject).end();
  });
}

const own = () => new URL(dashboard.url).origin;
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(
    path,
    { Origin: own(), 'Content-Type': 'application/json', ...headers },
    { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) },
  );

describe('a stranger', () => {
  it.each([
    '',
    'events',
    'stages',
    'calls/s_1/e2',
    'sessions/s_1',
    'search?text=x',
    'files/x',
    'app.js',
    '?code=',
    '?code=x',
  ])('who was not let in gets nothing but a word: %s', async (path) => {
    for (const Cookie of ['', 'hugwire_dashboard=', `hugwire_dashboard=${'x'.repeat(32)}`, `${cookie}x`]) {
      const { status, body, headers } = await ask(path, { Cookie });
      expect([status, headers['set-cookie']]).toEqual([403, undefined]);
      expect(String(body)).toMatch(/^This address works only in a browser that has opened the link/);
    }
  });

  it.each(['/', '/wrong/', '/events', '/wrong/events'])('at another address gets nothing: %s', async (path) => {
    const { status, body } = await ask(path);
    expect([status, body.length]).toEqual([404, 0]);
  });

  it.each(['//', '//:', '///x', 'http://[', '*'])('cannot end the server with the address %s', async (address) => {
    expect([400, 403, 404]).toContain(await askRaw(address));
    expect((await ask('')).status).toBe(200);
  });

  it('at a part of the address gets nothing', async () => {
    expect((await ask(dashboard.url.slice(0, -2))).status).toBe(404);
  });

  it('under another name gets nothing, even with the cookie', async () => {
    expect((await ask(dashboard.url, { Host: 'attacker.example' })).status).toBe(403);
  });

  it.each(['http://attacker.example', 'null', 'https://127.0.0.1'])(
    'from the origin %s gets nothing',
    async (Origin) => {
      expect((await ask(dashboard.url, { Origin })).status).toBe(403);
      expect((await post('tools', { name: 'hub_read', on: true }, { Origin })).status).toBe(403);
      expect(switched).toEqual([]);
    },
  );

  it('gets nothing from a page of another site', async () => {
    expect((await ask(dashboard.url, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
  });

  it('cannot switch without saying where it comes from, or with a form', async () => {
    const body = JSON.stringify({ name: 'hub_read', on: false });
    const json = { 'Content-Type': 'application/json' };
    expect((await ask('tools', json, { method: 'POST', body })).status).toBe(403);
    expect((await post('tools', body, { 'Content-Type': 'text/plain' })).status).toBe(415);
    expect((await ask('tools', { Origin: own(), ...json }, { method: 'PUT', body })).status).toBe(405);
    expect(switched).toEqual([]);
  });
});

describe('a link', () => {
  it('lets one browser in, once, and is gone from the address', async () => {
    const link = dashboard.makeLink(30_000);
    const { status, headers } = await fetch(link, { redirect: 'manual' });
    const path = new URL(dashboard.url).pathname;
    expect([status, headers.get('location')]).toEqual([303, path]);
    const [pair = '', ...attributes] = headers.get('set-cookie')?.split('; ') ?? [];
    expect(attributes).toEqual([`Path=${path}`, 'HttpOnly', 'SameSite=Strict']);
    expect(new Set([...link.split('='), path]).has(pair.split('=')[1] ?? '')).toBe(false);
    expect((await ask('', { Cookie: `theme=dark; hugwire_dashboard=stale; ${pair}` })).status).toBe(200);
    expect(await letIn(link)).toBe('403');
  });

  it('is dead when its time is over, and others are not', async () => {
    const printed = dashboard.makeLink(Number.POSITIVE_INFINITY);
    const [started, late] = [dashboard.makeLink(30_000), dashboard.makeLink(30_000)];
    const now = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(now + 29_000);
    expect(await letIn(started)).toBe(cookie);
    vi.spyOn(Date, 'now').mockReturnValue(now + 31_000);
    expect(await letIn(late)).toBe('403');
    expect(await letIn(printed)).toBe(cookie);
    vi.restoreAllMocks();
  });

  it('is not used up by a request that is refused, or that looks only', async () => {
    const link = dashboard.makeLink(30_000);
    expect((await ask(link, { Host: 'attacker.example' })).status).toBe(403);
    expect((await ask(link, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect((await ask(link, { Cookie: '' }, { method: 'HEAD' })).status).toBe(403);
    expect(await letIn(link)).toBe(cookie);
  });
});

describe('a request that can be read in two ways', () => {
  const host = () => new URL(dashboard.url).host;
  const head = () => [`GET ${new URL(dashboard.url).pathname} HTTP/1.1`, `Host: ${host()}`, `Cookie: ${cookie}`];

  it('is refused, where the same said once is not', async () => {
    expect(await send(...head())).toBe(200);
    const twice = [
      'Host: attacker.example',
      `host: ${host()}`,
      'HOST:',
      `Cookie: ${cookie}`,
      'cookie: hugwire_dashboard=x',
    ];
    for (const line of twice) expect([line, await send(...head(), line)]).toEqual([line, 400]);
    const pairs = [
      ['Origin: http://attacker.example', `Origin: http://${host()}`],
      ['Authorization: Bearer a', 'Authorization: Bearer b'],
      ['Content-Type: text/plain', 'Content-Type: application/json'],
      ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Site: none'],
      ['Content-Length: 0', 'Content-Length: 5'],
      ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    ];
    for (const pair of pairs) {
      for (const order of [pair, [...pair].reverse()]) {
        expect([order, await send(...head(), ...order)]).toEqual([order, 400]);
      }
    }
  });

  it.each([
    (url: URL) => `http://attacker.example${url.pathname}`,
    (url: URL) => url.href,
    (url: URL) => `//attacker.example${url.pathname}`,
    (url: URL) => `/\\attacker.example${url.pathname}`,
    (url: URL) => url.host,
    () => '*',
  ])('is refused by its target', async (target) => {
    const [, ...rest] = head();
    expect([400, 403]).toContain(await send(`GET ${target(new URL(dashboard.url))} HTTP/1.1`, ...rest));
  });

  it.each([
    () => '127.0.0.1',
    (at: URL) => `127.0.0.1:${Number(at.port) + 1}`,
    (at: URL) => `127.0.0.1:0${at.port}`,
    (at: URL) => `user@127.0.0.1:${at.port}`,
    (at: URL) => `127.0.0.1:${at.port}@attacker.example`,
    (at: URL) => `127.0.0.1:${at.port}.attacker.example`,
    (at: URL) => `127.0.0.1.:${at.port}`,
    (at: URL) => `127.1:${at.port}`,
    (at: URL) => `2130706433:${at.port}`,
    (at: URL) => `0.0.0.0:${at.port}`,
    (at: URL) => `[::1]:${at.port}`,
    (at: URL) => `localhost.:${at.port}`,
    (at: URL) => `a.localhost:${at.port}`,
    (at: URL) => `127.0.0.1.nip.io:${at.port}`,
    (at: URL) => `127.0.0.1:${at.port}, attacker.example`,
    () => '',
  ])('is refused by its host', async (host) => {
    const [line = '', , ...rest] = head();
    expect([400, 403]).toContain(await send(line, `Host: ${host(new URL(dashboard.url))}`, ...rest));
  });

  it('is refused without a host', async () => {
    const [line = '', , ...rest] = head();
    expect(await send(line.replace('1.1', '1.0'), ...rest)).toBe(403);
  });
});

describe('the page', () => {
  it('comes compressed where that is understood, and allows nothing from elsewhere', async () => {
    const packed = await ask('', { 'Accept-Encoding': 'gzip' });
    expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', 'referrer-policy': 'no-referrer' });
    expect(packed.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(String(gunzipSync(packed.body))).toBe('<p>page</p>');
    expect(String((await ask('')).body)).toBe('<p>page</p>');
  });

  it('is found without the slash at the end, too', async () => {
    const { status, headers } = await ask(dashboard.url.slice(0, -1));
    expect([status, headers.location]).toEqual([308, new URL(dashboard.url).pathname]);
  });

  it('is told of all there is, then of what is new', async () => {
    const controller = new AbortController();
    const response = await fetch(new URL('events', dashboard.url), {
      headers: { Cookie: cookie },
      signal: controller.signal,
    });
    const decoder = new TextDecoder();
    let text = '';
    const session = {
      id: 's_1',
      client: 'c',
      capabilities: [],
      started: '',
      last: '',
      live: true,
      calls: 0,
      failed: 0,
      running: 0,
    };
    for await (const chunk of response.body ?? []) {
      const first = text === '';
      text += decoder.decode(chunk, { stream: true });
      if (first) {
        dashboard.publish({ sessions: [{ ...session, calls: 1 }] });
        dashboard.publish({ sessions: [{ ...session, calls: 2 }] });
      }
      if (text.includes('event: delta')) break;
    }
    controller.abort();
    expect(text).toBe(
      `event: snapshot\ndata: ${JSON.stringify({ controls: CONTROLS })}\n\n` +
        `event: delta\ndata: ${JSON.stringify({ sessions: [{ ...session, calls: 2 }] })}\n\n`,
    );
  });

  it('switches tools, and is told what is wrong', async () => {
    expect(JSON.parse(String((await post('tools', { name: 'hub_read', on: false })).body))).toEqual(CONTROLS);
    expect(switched).toEqual([['hub_read', false]]);
    const wrong = await post('tools', { name: 'nonsense', on: true });
    expect([wrong.status, JSON.parse(String(wrong.body)).error.message]).toEqual([400, 'There is no such tool.']);
    for (const body of ['{', '[]', '{"name": 1, "on": true}', `{"name": "${'x'.repeat(20_000)}", "on": true}`]) {
      expect((await post('tools', body)).status).toBe(400);
    }
  });

  it('decides about what waits, as it was shown', async () => {
    const decision = { id: 'mcpr_1', digest: 'd', approve: false };
    expect((await post('approvals', decision)).status).toBe(200);
    expect(switched).toEqual([decision]);
    for (const body of [{ ...decision, approve: 'yes' }, { ...decision, digest: undefined }, 'null', '']) {
      expect((await post('approvals', body)).status).toBe(400);
    }
    expect((await post('approvals', decision, { Origin: 'http://attacker.example' })).status).toBe(403);
    expect((await ask('approvals')).status).toBe(404);
    expect(switched).toHaveLength(1);
  });

  it('asks for a call by its session and id', async () => {
    const { body } = await ask('calls/s_1/e2');
    expect(JSON.parse(String(body))).toEqual([{ session: 's_1', id: 'e2' }]);
  });

  it.each([
    ['sessions/s_1', { session: 's_1', after: 0 }],
    ['sessions/s_1?after=20', { session: 's_1', after: 20 }],
    ['sessions/s_1?after=x', { session: 's_1', after: 0 }],
    ['sessions/..%2Fx', { session: '../x', after: 0 }],
    ['sessions/%E0', { session: '%E0', after: 0 }],
    ['search?text=a%20fox', ['a fox', false]],
    ['search', ['', false]],
    ['conversations/a%2Fb?owner=local', { id: 'a/b', owner: 'local' }],
  ])('asks for %s', async (path, answer) => {
    const { status, body } = await ask(path);
    expect([status, JSON.parse(String(body))]).toEqual([200, answer]);
  });

  it.each(['sessions', 'sessions/', 'sessions/s_1/e2', 'search/x', 'calls/s_1'])(
    'finds nothing at %s',
    async (path) => {
      expect((await ask(path)).status).toBe(path === 'sessions/' ? 200 : 404);
    },
  );
});

describe('a saved file', () => {
  const save = (name: string, text: string, mimeType: string) => {
    const path = join(directory, name);
    writeFileSync(path, text);
    saved.set(path, { path, bytes: text.length, sha256: '', mimeType, savedAt: '' });
    return files.add(path);
  };

  it('is shown where browsers show its kind, in a sandbox', async () => {
    const { status, headers, body } = await ask(save('fox.svg', '<svg/>', 'image/svg+xml'));
    expect([status, headers['content-type'], String(body)]).toEqual([200, 'image/svg+xml', '<svg/>']);
    expect(headers['content-security-policy']).toMatch(/^sandbox/);
  });

  it('is only downloaded otherwise', async () => {
    const { headers } = await ask(save('page.html', '<script>', 'text/html'));
    expect(headers).toMatchObject({ 'content-type': 'application/octet-stream', 'content-disposition': 'attachment' });
  });

  it('is given in parts to players', async () => {
    const url = save('film.mp4', '0123456789', 'video/mp4');
    const part = async (Range: string) => {
      const { status, headers, body } = await ask(url, { Range });
      return [status, headers['content-range'], String(body)];
    };
    expect(await part('bytes=2-4')).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await part('bytes=7-')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await part('bytes=-3')).toEqual([206, 'bytes 7-9/10', '789']);
    expect(await part('bytes=20-30')).toEqual([200, undefined, '0123456789']);
  });

  it.runIf(canLink)(
    'is not found when it is gone, unknown, not saved by hugwire, replaced, or a link to elsewhere',
    async () => {
      const url = save('gone.png', 'x', 'image/png');
      rmSync(join(directory, 'gone.png'));
      expect((await ask(url)).status).toBe(404);
      expect((await ask('files/unknown')).status).toBe(404);
      expect((await ask(files.add('/etc/passwd'))).status).toBe(404);
      writeFileSync(join(directory, 'gone.png'), 'another');
      expect((await ask(url)).status).toBe(404);
      const linked = save('link.png', readFileSync('/etc/passwd', 'utf8'), 'image/png');
      rmSync(join(directory, 'link.png'));
      symlinkSync('/etc/passwd', join(directory, 'link.png'));
      expect((await ask(linked)).status).toBe(404);
    },
  );
});

it('says when a port is taken', async () => {
  const port = Number(new URL(dashboard.url).port);
  const options = { assets: new Map(), files, snapshot: () => ({}), port } as never;
  await expect(startDashboard(options)).rejects.toThrow(`The dashboard cannot listen on port ${port}: EADDRINUSE.`);
});
