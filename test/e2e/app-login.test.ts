import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoSpace } from '../../src/world/types.js';
import { ServerProcess } from './server-process.js';
import { type Outcome, Shell } from './shell.js';

const PASSWORD = 'correct-horse battery&staple';
const SESSION = 'c00kie-of-a-session';

/** The demo's Space behind a login, as Gradio has it. */
function lock(space: DemoSpace): Server {
  return createServer((asked: IncomingMessage, answer: ServerResponse) => {
    const { url = '', method, headers } = asked;
    const json = (status: number, value: unknown, more = {}) =>
      answer.writeHead(status, { 'content-type': 'application/json', ...more }).end(JSON.stringify(value));
    if (url === '/login') {
      let body = '';
      asked.on('data', (piece) => {
        body += piece;
      });
      asked.on('end', () => {
        const form = new URLSearchParams(body);
        if (form.get('username') !== 'ada' || form.get('password') !== PASSWORD) return json(400, { detail: body });
        json(200, { success: true }, { 'set-cookie': `access-token-unsecure-1=${SESSION}; HttpOnly; Path=/` });
      });
      return;
    }
    if (!headers.cookie?.includes(SESSION)) return json(401, { detail: { auth_message: 'Ask Ada.' } });
    const passed = request(`${space.url}${url}`, { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    asked.pipe(passed);
  });
}

describe('an app with a login', () => {
  let space: DemoSpace;
  let app: Server;
  let url: string;
  const shell = new Shell();

  beforeAll(async () => {
    space = await startDemoSpace();
    app = lock(space);
    await new Promise<void>((ready) => app.listen(0, '127.0.0.1', ready));
    url = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await Promise.all([space.close(), new Promise((done) => app.close(done))]);
    shell.remove();
  });

  const logIn = async (password: string, ...words: string[]): Promise<Outcome> => {
    const { child, ended } = shell.start('spaces', 'login', ...words);
    child.stdin?.end(`${password}\nurl: kept below it\n`);
    return ended;
  };
  const greet = () => shell.run('call', 'space_call', `space=${url}`, 'endpoint=/greet', 'name=Ada');

  it('is logged in to by a command, and called then, until it is logged out of', { timeout: 60_000 }, async () => {
    const before = await greet();
    expect([before.code, before.stdout]).toEqual([
      1,
      expect.stringContaining(`It says: “Ask Ada.”\nNext: To log in: \`hugwire spaces login ${url}\``),
    ]);
    const wrong = await logIn('wrong', url, '--username', 'ada', '--password-stdin');
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('did not accept this name and password')]);
    expect(wrong.stderr).toContain('Nothing was stored');
    const asked = await logIn('', url);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('--username NAME --password-stdin < FILE')]);
    const right = await logIn(PASSWORD, `${url}/?__theme=dark`, '--username', 'ada', '--password-stdin');
    expect([right.code, right.stderr]).toEqual([0, '']);
    expect(right.stdout).toContain(`Logged in to ${url} as ada`);
    expect(right.stdout).toContain(`hugwire config set spaces.local ${url}`);
    expect((await greet()).stdout).toContain('Hello, Ada.');
    expect((await shell.run('spaces', 'list', '--offline')).stdout).toContain(`Logins: ${url} as ada`);
    const out = await shell.run('spaces', 'logout', url.replace('http://127.0.0.1', 'localhost'));
    expect([out.code, out.stdout]).toEqual([0, `Removed the login of ${url} as ada.\n`]);
    expect((await greet()).stdout).toMatch(/^unauthorized: /);
    const again = await shell.run('spaces', 'logout', url);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('No logins are stored.')]);
    for (const { stdout, stderr } of [before, wrong, asked, right, out, again]) {
      expect(stdout + stderr).not.toMatch(new RegExp(`${PASSWORD}|${SESSION}`));
    }
  });

  it('is logged in to by a command of the config', { timeout: 60_000 }, async () => {
    const login = { space: url, username: 'ada', command: `"${process.execPath}" -p "'${PASSWORD}'"` };
    await shell.run('config', 'set', 'spaces.logins', JSON.stringify([login]));
    expect((await logIn('', url)).stdout).toContain('the command in spaces.logins of the config');
    expect((await greet()).stdout).toContain('Hello, Ada.');
    expect((await shell.run('spaces', 'list', '--offline')).stdout).toContain('(by a command in the config)');
  });

  it('gets password and cookie, which nobody else sees', { timeout: 60_000 }, async () => {
    const server = new ServerProcess({ config: JSON.stringify({ spaces: { local: [url] } }) });
    const store = new Shell({ HUGWIRE_HOME: server.home });
    const { child, ended } = store.start('spaces', 'login', url, '--username', 'ada', '--password-stdin');
    child.stdin?.end(PASSWORD);
    expect((await ended).code).toBe(0);
    await server.initialize();
    const tell = async (id: number, name: string, args: object) => {
      server.send({ id, method: 'tools/call', params: { name, arguments: args } });
      return JSON.stringify((await server.answer(id)).result);
    };
    expect(await tell(1, 'space_info', { space: url })).toContain('/greet(');
    expect(await tell(2, 'space_call', { space: url, endpoint: '/greet', arguments: { name: 'Ada' } })).toContain(
      'Hello',
    );
    const fail = { message: `${PASSWORD} and ${SESSION}` };
    expect(await tell(3, 'space_call', { space: url, endpoint: '/fail', arguments: fail })).toContain('[token]');
    server.child.stdin.end();
    await server.exited;
    const secrets = [PASSWORD, SESSION];
    const files = readdirSync(server.home, { recursive: true, encoding: 'utf8' })
      .map((path) => join(server.home, path))
      .filter((path) => statSync(path).isFile());
    const holding = files.filter((path) => secrets.some((secret) => readFileSync(path).includes(secret)));
    expect(holding).toEqual([join(server.home, 'state', 'logins.json')]);
    expect(files.some((path) => path.includes('sessions'))).toBe(true);
    expect(secrets.filter((secret) => server.lines.join('\n').includes(secret))).toEqual([]);
    expect(secrets.filter((secret) => server.stderr.includes(secret))).toEqual([]);
    await server.dispose();
    store.remove();
  });
});
