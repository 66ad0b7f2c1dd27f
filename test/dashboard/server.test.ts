import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SavedFiles } from '../../src/dashboard/saved-files.js';
import { type Dashboard, startDashboard } from '../../src/dashboard/server.js';
import type { Controls } from '../../src/dashboard/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import type { SavedFileRecord } from '../../src/sessions/saved-files.js';

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

beforeEach(async () => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'hugwire-test-')));
  saved = new Map();
  files = new SavedFiles({ find: async (path) => saved.get(path) });
  switched = [];
  dashboard = await startDashboard({
    assets: new Map([['index.html', { contentType: 'text/html', gzip: gzipSync('<p>page</p>') }]]),
    files,
    snapshot: () => ({ controls: CONTROLS }),
    describeCall: async (session, id) => [{ session, id }],
    stages: async () => ({}),
    switchTool: async (name, on) => {
      if (name === 'nonsense') throw new HugwireError('invalid_arguments', 'There is no such tool.');
      switched.push([name, on]);
      return CONTROLS;
    },
  });
});

afterEach(async () => {
  await dashboard.close();
  rmSync(directory, { recursive: true });
});

/** As any program on the machine can ask. */
function ask(path: string, headers: Record<string, string> = {}, options: { method?: string; body?: string } = {}) {
  const { hostname, port, pathname } = new URL(path, dashboard.url);
  return new Promise<Answer>((resolve, reject) => {
    const sent = request({ hostname, port, path: pathname, method: options.method ?? 'GET', headers }, (response) => {
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

/** The status for an address as it is, which need not be one. */
function askRaw(path: string) {
  const { hostname, port } = new URL(dashboard.url);
  return new Promise<number | undefined>((resolve, reject) => {
    const sent = request({ hostname, port, path }, (response) => resolve(response.resume().statusCode));
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
  it.each(['/', '/wrong/', '/events', '/wrong/events'])('without the secret gets nothing: %s', async (path) => {
    const { status, body } = await ask(path);
    expect([status, body.length]).toEqual([404, 0]);
  });

  it.each(['//', '//:', '///x', 'http://[', '*'])('cannot end the server with the address %s', async (address) => {
    expect([403, 404]).toContain(await askRaw(address));
    expect((await ask('')).status).toBe(200);
  });

  it('with a part of the secret gets nothing', async () => {
    expect((await ask(dashboard.url.slice(0, -2))).status).toBe(404);
  });

  it('under another name gets nothing, even with the secret', async () => {
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
    const response = await fetch(new URL('events', dashboard.url), { signal: controller.signal });
    const decoder = new TextDecoder();
    let text = '';
    const session = {
      id: 's_1',
      client: 'c',
      capabilities: [],
      started: '',
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

  it('asks for a call by its session and id', async () => {
    const { body } = await ask('calls/s_1/e2');
    expect(JSON.parse(String(body))).toEqual([{ session: 's_1', id: 'e2' }]);
  });
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

  it('is not found when it is gone, unknown, not saved by hugwire, replaced, or a link to elsewhere', async () => {
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
  });
});

it('says when a port is taken', async () => {
  const port = Number(new URL(dashboard.url).port);
  const options = { assets: new Map(), files, snapshot: () => ({}), port } as never;
  await expect(startDashboard(options)).rejects.toThrow(`The dashboard cannot listen on port ${port}: EADDRINUSE.`);
});
