import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.js';
import { HugwireError } from '../../src/lib/errors.js';
import { AppLogins, logInTo } from '../../src/spaces/logins.js';
import { pinFetch } from '../../src/spaces/origin.js';
import type { SpaceSite } from '../../src/spaces/types.js';

const ADA = { username: 'ada', password: 'love & lace=100%' };

let folder: string;
let server: Server;
let site: SpaceSite;
/** Values of the cookies that count. */
let valid: Set<string>;
let seen: { path: string; cookie?: string; body: string }[];
/** Answers in place of the app. */
let instead: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hugwire-logins-'));
  server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    const { url: path = '', headers } = request;
    seen.push({ path, cookie: headers.cookie, body });
    if (instead?.(request, response)) return;
    const json = (status: number, value: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (path === '/app/login') {
      const form = new URLSearchParams(body);
      if (form.get('username') !== ADA.username || form.get('password') !== ADA.password)
        return json(400, { detail: `Incorrect credentials: ${form.get('password')}` });
      const value = `session-${valid.size + seen.length}`;
      valid.add(value);
      response.setHeader('set-cookie', [
        `access-token-x=${value}; HttpOnly; Path=/; SameSite=none; Secure`,
        `access-token-unsecure-x=${value}; HttpOnly; Path=/; SameSite=lax`,
      ]);
      return json(200, { success: true });
    }
    const cookie = /access-token-unsecure-x=([\w-]+)/.exec(headers.cookie ?? '')?.[1] ?? '';
    return valid.has(cookie) ? json(200, { path, body }) : json(401, { detail: 'Not authenticated' });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const base = `${origin}/app`;
  site = { id: base, origin, base, kind: 'local', private: false, zeroGpu: false, sendToken: false };
});
beforeEach(() => {
  [valid, seen, instead] = [new Set(), [], undefined];
});
afterAll(async () => {
  await new Promise((done) => server.close(done));
  await rm(folder, { recursive: true, force: true });
});

let files = 0;
function open(listed: Config['spaces']['logins'] = []) {
  const secrets = new Set<string>();
  files += 1;
  const path = join(folder, `state-${files}`, 'logins.json');
  const logins = new AppLogins({
    path,
    listed: () => listed,
    env: process.env,
    onSecret: (value) => void secrets.add(value),
  });
  return { logins, path, secrets, through: () => logins.through(pinFetch(fetch, site), site) };
}

const paths = () => seen.map(({ path }) => path);
const get = async (net: typeof fetch, path = '/app/config', init?: RequestInit) =>
  (await net(`${site.origin}${path}`, init)).status;
const failure = (work: Promise<unknown>): Promise<HugwireError> =>
  work.then(
    () => Promise.reject(new Error('nothing failed')),
    (error: unknown) => (error instanceof HugwireError ? error : Promise.reject(error)),
  );

describe('a login that is kept', () => {
  it('lies in a file that only its user may read', async () => {
    const { logins, path } = open();
    await logins.store(site, ADA);
    if (process.platform !== 'win32') {
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
    }
    expect(await logins.list()).toEqual([{ space: site.id, username: 'ada', from: 'file' }]);
  });

  it('is used when the app asks, and its session from then on; cookies for https alone do not go over http', async () => {
    const { logins, through, secrets } = open();
    await logins.store(site, ADA);
    const net = await through();
    expect(await get(net)).toBe(200);
    expect(await get(net)).toBe(200);
    expect(await get(await through())).toBe(200);
    expect(paths()).toEqual(['/app/config', '/app/login', '/app/config', '/app/config', '/app/config']);
    const [value = ''] = valid;
    expect(seen.at(-1)?.cookie).toBe(`access-token-unsecure-x=${value}`);
    expect([...secrets]).toEqual([ADA.password, value]);
  });

  it('is sent once for requests at the same time', async () => {
    const { logins, through } = open();
    await logins.store(site, ADA);
    const net = await through();
    expect(await Promise.all(Array.from({ length: 5 }, () => get(net)))).toEqual([200, 200, 200, 200, 200]);
    expect(paths().filter((path) => path === '/app/login')).toHaveLength(1);
  });

  it('is sent again when the session has expired, and what was sent with it, once', async () => {
    const { logins, through } = open();
    await logins.store(site, ADA);
    const net = await through();
    await get(net);
    valid.clear();
    seen = [];
    const answer = await net(`${site.base}/queue/join`, { method: 'POST', body: '{"data":[1]}' });
    expect(await answer.json()).toEqual({ path: '/app/queue/join', body: '{"data":[1]}' });
    expect(paths()).toEqual(['/app/queue/join', '/app/login', '/app/queue/join']);
    instead = ({ url }, response) => {
      if (url === '/app/login') return false;
      response.writeHead(401, { 'content-type': 'application/json' }).end('{}');
      return true;
    };
    seen = [];
    expect(await get(net)).toBe(401);
    expect(paths()).toEqual(['/app/config', '/app/login', '/app/config']);
  });

  it('is not tried again when the app has turned it down, until it is another one', async () => {
    const { logins, through } = open();
    await logins.store(site, { ...ADA, password: 'wrong-password' });
    const net = await through();
    const error = await failure(get(net));
    expect(error).toMatchObject({
      code: 'unauthorized',
      hint: expect.stringContaining(`hugwire spaces login ${site.id}`),
    });
    expect(`${error.message} ${error.hint}`).not.toMatch(/wrong-password|ada/);
    await failure(get(net));
    await failure(get(await through()));
    expect(paths().filter((path) => path === '/app/login')).toHaveLength(1);
    await logins.store(site, ADA);
    expect(await get(await through())).toBe(200);
  });

  it('holds for all names of this machine, and for no other path, port or host', async () => {
    const { logins, through } = open();
    await logins.store(site, ADA);
    expect(await get(await through())).toBe(200);
    const sent = async (other: Partial<SpaceSite>) => {
      const asked: RequestInit[] = [];
      const net: typeof fetch = async (_, init = {}) => {
        asked.push(init);
        return Response.json({}, { status: 401 });
      };
      await (await logins.through(net, { ...site, ...other }))(`${site.origin}/x`).catch(() => {});
      return asked.map(({ headers, body }) => `${new Headers(headers).get('cookie') ?? ''}${body ?? ''}`).join('');
    };
    for (const base of [site.origin, `${site.base}/deeper`, 'http://127.0.0.1:1/app', 'http://192.168.0.9/app']) {
      expect(await sent({ base, origin: new URL(base).origin, id: base }), base).toBe('');
    }
    const named = site.base.replace('127.0.0.1', 'localhost');
    expect(await sent({ base: named, origin: new URL(named).origin, id: named })).toContain('access-token-unsecure-x=');
  });

  it('goes nowhere where the app redirects', async () => {
    const { logins, through } = open();
    await logins.store(site, ADA);
    const net = await through();
    await get(net);
    for (const status of [302, 307, 308]) {
      instead = (_, response) => {
        response.writeHead(status, { location: 'http://localhost:1/steal' }).end();
        return true;
      };
      expect((await failure(get(net))).code).toBe('blocked');
      expect((await failure(logInTo(pinFetch(fetch, site), site, ADA))).code).toBe('space_broken');
    }
  });

  it('is forgotten with its session when it is removed, by a running server too', async () => {
    const { logins, path, through } = open();
    await logins.store(site, ADA);
    await get(await through());
    expect(await logins.remove(site.base.replace('127.0.0.1', 'localhost'))).toMatchObject([{ space: site.id }]);
    expect(await readFile(path, 'utf8')).toBe('{}\n');
    expect(await get(await through())).toBe(401);
    expect(seen.at(-1)?.cookie).toBeUndefined();
    expect(await logins.remove(site.base)).toEqual([]);
  });

  it('does not mind a broken file', async () => {
    const { logins, path, through } = open();
    await logins.store(site, ADA);
    const { writeFile } = await import('node:fs/promises');
    for (const text of ['', '{', '[]', '{"x": 1}', `{"${site.base}": {"username": 7, "password": {}}}`]) {
      await writeFile(path, text);
      expect(await get(await through())).toBe(401);
      expect(await logins.list()).toEqual([]);
    }
    await logins.store(site, ADA);
    expect(await get(await through())).toBe(200);
  });
});

describe('a login by a command', () => {
  const print = (...lines: string[]) =>
    `"${process.execPath}" -p "${lines.map((line) => `'${line}'`).join(" + '\\n' + ")}"`;
  const listed = (login: object) => configSchema.parse({ spaces: { logins: [login] } }).spaces.logins;

  it.each([
    ['the password', { username: 'ada' }, [ADA.password, 'url: x']],
    ['name and password', {}, ['ada', ADA.password]],
  ])('takes what it prints: %s', async (_, login, lines) => {
    const { through, logins } = open(listed({ space: `${site.base}/`, command: print(...lines), ...login }));
    expect(await get(await through())).toBe(200);
    expect(await logins.fromCommand(site)).toEqual(ADA);
  });

  it('says that it failed, and nothing that it printed', async () => {
    const fail = `"${process.execPath}" -e "console.error('hunter2hunter2'); process.exit(3)"`;
    const { through } = open(listed({ space: site.base, username: 'ada', command: fail }));
    const error = await failure(get(await through()));
    expect(error.code).toBe('unavailable');
    expect(JSON.stringify([error.message, error.hint])).not.toContain('hunter2');
  });
});

it.each<[string, number, Record<string, string | string[]>, string]>([
  ['gives no cookie', 200, {}, 'space_broken'],
  ['gives a cookie that is none', 200, { 'set-cookie': 'a b=c d' }, 'space_broken'],
  ['has no login', 404, {}, 'space_broken'],
  ['takes no more', 429, {}, 'rate_limited'],
  ['refuses', 400, {}, 'unauthorized'],
])('an app that %s is told apart', async (_, status, headers, code) => {
  instead = (_request, response) => {
    response.writeHead(status, headers).end(`{"echo": "${ADA.password}"}`);
    return true;
  };
  const error = await failure(logInTo(pinFetch(fetch, site), site, ADA));
  expect(error.code).toBe(code);
  expect(`${error.message} ${error.hint}`).not.toContain(ADA.password);
});

it('of a private Space goes beside the token, its cookies for https alone too', async () => {
  const { logins } = open();
  const origin = 'https://owner-name.hf.space';
  const hub: SpaceSite = {
    ...site,
    id: 'owner/name',
    origin,
    base: origin,
    kind: 'hub',
    private: true,
    sendToken: true,
  };
  await logins.store(hub, ADA);
  const asked: string[] = [];
  const net: typeof fetch = async (input, init) => {
    const headers = new Headers(init?.headers);
    asked.push([new URL(String(input)).pathname, headers.get('x-hf-authorization'), headers.get('cookie')].join(' '));
    const cookie = ['access-token-x=s1; Secure; Path=/', 'access-token-unsecure-x=s1; Path=/'];
    if (String(input).endsWith('/login')) {
      return new Response('{}', { headers: cookie.map((one): [string, string] => ['set-cookie', one]) });
    }
    return Response.json({}, { status: headers.has('cookie') ? 200 : 401 });
  };
  const logged = await logins.through(pinFetch(net, hub, { token: 'hf_x' }), hub);
  expect((await logged(`${origin}/config`)).status).toBe(200);
  expect(asked).toEqual([
    '/config Bearer hf_x ',
    '/login Bearer hf_x ',
    '/config Bearer hf_x access-token-x=s1; access-token-unsecure-x=s1',
  ]);
});
