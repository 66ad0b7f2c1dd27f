import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { listTools } from '../../src/engine/call.js';
import { addKey, openKeys, removeKey } from '../../src/http/keys.js';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub, DemoSpace } from '../../src/world/types.js';
import { bearer, callAs, letIn, namesOf, openCallers, post, turnAway } from './people.js';

const MAYA = 'hf_demo_read_maya';
const THEO = 'hf_demo_read_theo';
const OPERATOR = 'hf_demo_write_maya';

let space: DemoSpace;
let hub: DemoHub;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  space = await startDemoSpace();
  hub = await startDemoHub({ spaceHost: new URL(space.url).host });
});

afterEach(async () => {
  vi.useRealTimers();
  hub.seen.length = 0;
  await Promise.all(opened.splice(0).map(({ close }) => close()));
});

afterAll(async () => {
  await hub.close();
  await space.close();
});

function open(auth: 'local' | 'anonymous' | 'hub-token', more: object = {}) {
  const made = openCallers({ auth, endpoint: hub.url, ...more });
  opened.push(made);
  return made;
}

/** Everything that was sent to the Hub and bears a token. */
const tokensSeen = () => new Set(hub.seen.flatMap(({ headers }) => headers.authorization ?? []));
const countOf = (path: string) => hub.seen.filter(({ url }) => url.startsWith(path)).length;

/** All text in the files below a directory. */
function readAll(directory: string): string {
  return readdirSync(directory, { recursive: true })
    .map((name) => join(directory, String(name)))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n');
}

const EVERY =
  'dataset_rows generate_image hub_read hub_repo hub_search hub_whoami space_call space_info space_result'.split(' ');

/** What an answer of JSON says. */
const jsonOf = async (response: Response | undefined) => (await response?.json()) as Record<string, unknown>;
const messageOf = async (response: Response) => (await jsonOf(response)).error as { message: string };

describe('local', () => {
  it('lets holders of a key use what the user may, as its profile and limits say', async () => {
    const config = {
      profiles: { readers: { tools: { readOnly: true } } },
      token: { source: 'env' as const, name: 'OPERATOR' },
    };
    const { callers, paths, loaded } = open('local', { config, env: { OPERATOR } });
    const { made = '' } = await openKeys(paths.state, loaded.config);
    const reader = await addKey(paths.state, { name: 'reader', profile: 'readers', limits: { all: { perMinute: 1 } } });
    callers.update(loaded);
    const first = await letIn(callers, post('/mcp', bearer(made)));
    expect(first).toMatchObject({
      owner: expect.stringMatching(/^key:[0-9a-f]{22}$/),
      name: 'first',
      profile: undefined,
    });
    expect(namesOf(first)).toEqual(EVERY);
    expect((await callAs(first, 'hub_whoami')).text).toContain('Account: maya');
    const second = await letIn(callers, post('/mcp?tools=hub_search,space_call', bearer(reader)));
    expect(second.owner).not.toBe(first.owner);
    expect(namesOf(second)).toEqual(['hub_search']);
    await callAs(second, 'hub_search', { query: 'whisper' });
    expect((await callAs(second, 'hub_search', { query: 'whisper' })).text).toContain("hugwire's own limit is reached");
    expect((await callAs(first, 'hub_search', { query: 'whisper' })).isError).toBeFalsy();
    await removeKey(paths.state, 'reader');
    callers.update(loaded);
    expect((await turnAway(callers, post('/mcp', bearer(reader)))).status).toBe(401);
  });

  it('makes a role of a key that is given a profile while it is in use', async () => {
    const sha256 = createHash('sha256').update('hugwire_test').digest('hex');
    const { callers, loaded } = open('local', {
      config: { http: { keys: { one: { sha256 } } }, profiles: { plain: {} } },
    });
    expect((await letIn(callers, post('/mcp', bearer('hugwire_test')))).host.resources).toBeTypeOf('function');
    const http = { ...loaded.config.http, keys: { one: { sha256, profile: 'plain' } } };
    callers.update({ ...loaded, config: { ...loaded.config, http } });
    const { host, profile } = await letIn(callers, post('/mcp', bearer('hugwire_test')));
    expect([profile, host.resources, host.isForOthers]).toEqual(['plain', undefined, true]);
  });

  it('lets nobody have more when the profile of a key is gone', async () => {
    const { callers, paths, loaded } = open('local');
    const key = await addKey(paths.state, { name: 'reader', profile: 'gone' });
    callers.update(loaded);
    const response = await turnAway(callers, post('/mcp', bearer(key)));
    expect(response.status).toBe(403);
    expect((await messageOf(response)).message).toContain('There is no profile "gone"');
  });

  it('shows what others did on this machine to nobody with a profile', async () => {
    const { callers, paths, loaded, home } = open('local', { config: { profiles: { plain: {} } } });
    const own = await addKey(paths.state, { name: 'own' });
    const lent = await addKey(paths.state, { name: 'lent', profile: 'plain' });
    callers.update(loaded);
    expect((await letIn(callers, post('/mcp', bearer(own)))).host.resources).toBeTypeOf('function');
    const borrower = await letIn(callers, post('/mcp', bearer(lent)));
    expect(borrower.host.resources).toBeUndefined();
    // Nor does whoever has it agree to anything in the user's place.
    const asked = vi.fn(async () => ({ action: 'accept' as const, values: { agree: true } }));
    const call = {
      space: 'hugwire/demo-space',
      endpoint: '/describe_file',
      arguments: { file: join(home, 'note.txt') },
    };
    writeFileSync(join(home, 'note.txt'), 'mine');
    expect((await callAs(borrower, 'space_call', call, asked)).text).toMatch(/^blocked: /);
    expect((await callAs(borrower, 'space_call', { ...call, space: space.url }, asked)).text).toMatch(/^blocked: /);
    expect(asked).not.toHaveBeenCalled();
    const owner = await letIn(callers, post('/mcp', bearer(own)));
    expect((await callAs(owner, 'space_call', call, asked)).text).toContain('answered in');
    expect(asked).toHaveBeenCalledOnce();
  });

  it('keeps the jobs of one key from another', async () => {
    const { callers, paths, loaded } = open('local');
    const one = await addKey(paths.state, { name: 'one' });
    const other = await addKey(paths.state, { name: 'other' });
    callers.update(loaded);
    const caller = await letIn(callers, post('/mcp', bearer(one)));
    const id = await startJob(caller);
    expect((await callAs(caller, 'space_result', { job: id })).isError).toBeFalsy();
    const stranger = await letIn(callers, post('/mcp', bearer(other)));
    expect((await callAs(stranger, 'space_result', { job: id })).text).toContain(`There is no job ${id}`);
  });
});

/** Starts a run that lasts, and gives its id. */
async function startJob(caller: Parameters<typeof callAs>[0]): Promise<string> {
  const { text } = await callAs(caller, 'space_call', {
    space: 'hugwire/demo-space',
    endpoint: '/slow',
    arguments: { steps: 2, step_seconds: 0.05 },
    wait_seconds: 0,
  });
  const id = /job="(j_[\w-]+)"/.exec(text)?.[1];
  if (!id) throw new Error(text);
  return id;
}

describe('anonymous', () => {
  it('asks the Hub without a token, whatever the environment and the files hold', async () => {
    const env = {
      HF_TOKEN: OPERATOR,
      HUGGING_FACE_HUB_TOKEN: OPERATOR,
      HF_TOKEN_PATH: '/nowhere',
      OPERATOR,
    };
    const config = { token: { source: 'env' as const, name: 'OPERATOR' }, tools: { enable: ['all'] } };
    const { callers, home, paths, logged } = open('anonymous', { env: { ...env, HF_HOME: undefined }, config });
    mkdirSync(paths.state, { recursive: true });
    writeFileSync(join(paths.state, 'token'), OPERATOR);
    const caller = await letIn(callers, post('/mcp', bearer(MAYA)), '10.0.0.1');
    expect(caller.owner).toBe('anon');
    expect(namesOf(caller)).toEqual(EVERY);
    const answers = [
      await callAs(caller, 'hub_whoami'),
      await callAs(caller, 'hub_search', { query: 'whisper' }),
      await callAs(caller, 'hub_repo', { ids: ['maya/journal-tagger', 'openai/whisper-large-v3'] }),
      await callAs(caller, 'hub_read', { paths: ['openai/whisper-large-v3'] }),
      await callAs(caller, 'space_info', { space: 'hugwire/demo-space' }),
      await callAs(caller, 'space_call', {
        space: 'hugwire/demo-space',
        endpoint: '/greet',
        arguments: { name: 'Ada' },
      }),
    ];
    expect(hub.seen.length).toBeGreaterThan(5);
    expect([...tokensSeen()]).toEqual([]);
    expect(space.seen.filter(({ headers }) => headers['x-hf-authorization'] ?? headers.authorization)).toEqual([]);
    expect(answers[0]?.text).toMatch(/^Not logged in\.\nThis server answers without a token/);
    expect(caller.host.instructions).toContain('No token is used here: the one that was sent was left out.');
    const told = [...answers.map(({ text, data }) => text + JSON.stringify(data)), ...logged].join('\n');
    expect(told).not.toMatch(/hf_demo|HF_TOKEN|hf auth login/);
    writeFileSync(join(paths.state, 'token'), '');
    expect(readAll(home)).not.toContain('hf_demo');
  });

  it('keeps the states that two addresses name alike apart', async () => {
    const { callers } = open('anonymous');
    const call = async (address: string, endpoint: string, args: object = {}) => {
      const caller = await letIn(callers, post(), address);
      const wish = { space: 'hugwire/demo-space', endpoint, arguments: args, session: 'demo' };
      return (await callAs(caller, 'space_call', wish)).text;
    };
    await call('10.0.0.1', '/remember', { note: 'mine' });
    await call('10.0.0.2', '/remember', { note: 'yours' });
    expect(await call('10.0.0.1', '/recall')).toContain('mine');
    expect(await call('10.0.0.2', '/recall')).toContain('yours');
    expect(await call('10.0.0.3', '/recall')).not.toMatch(/mine|yours/);
  });

  it('lets one address run so many calls at once, and names no job of others', async () => {
    const { callers } = open('anonymous');
    const start = async (address: string) => {
      const caller = await letIn(callers, post(), address);
      const args = { steps: 1000, step_seconds: 1 };
      return (
        await callAs(caller, 'space_call', {
          space: 'hugwire/demo-space',
          endpoint: '/slow',
          arguments: args,
          wait_seconds: 0,
        })
      ).text;
    };
    for (let call = 0; call < 4; call += 1) expect(await start('10.0.0.1')).toContain('Still running');
    expect(await start('10.0.0.1')).toMatch(/^rate_limited: 4 Space calls are already running for this address\./);
    const texts = [];
    for (const address of ['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5']) {
      for (let call = 0; call < 4; call += 1) texts.push(await start(address));
    }
    const refused = texts.filter((text) => text.startsWith('rate_limited'));
    expect(refused.every((text) => !text.includes('j_'))).toBe(true);
  });

  it('counts the runs that an address leaves at a Space, until it has followed them to their end', async () => {
    const { callers } = open('anonymous');
    const caller = await letIn(callers, post(), '10.0.0.1');
    const wish = { space: 'hugwire/demo-space', endpoint: '/slow', detach: true };
    const start = async (steps: number) =>
      (await callAs(caller, 'space_call', { ...wish, arguments: { steps, step_seconds: 0.01 } })).text;
    const ids: string[] = [];
    for (let call = 0; call < 4; call += 1) ids.push(/j_[\w-]{22}/.exec(await start(2))?.[0] ?? '');
    expect(await start(2)).toMatch(/^rate_limited: 4 Space calls are already running for this address\./);
    expect((await callAs(caller, 'space_result', { job: ids[0] })).text).toContain('answered in');
    expect(await start(2)).toMatch(/^Started, detached/);
    expect(await start(2)).toMatch(/^rate_limited/);
  });

  it('lets one address send so many requests within a minute, and the others theirs', async () => {
    const { callers } = open('anonymous', { config: { http: { perMinute: 2 } } });
    await letIn(callers, post(), '10.0.0.1');
    await letIn(callers, post(), '10.0.0.1');
    const response = await turnAway(callers, post(), '10.0.0.1');
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60']);
    await letIn(callers, post(), '10.0.0.2');
  });

  it('counts every message of a batch', async () => {
    const { callers } = open('anonymous', { config: { http: { perMinute: 10 } } });
    const { admitMore } = await letIn(callers, post(), '10.0.0.1');
    expect(await admitMore?.(9)).toBeUndefined();
    expect((await admitMore?.(1))?.status).toBe(429);
    await turnAway(callers, post(), '10.0.0.1');
  });
});

describe.each(['anonymous', 'hub-token'] as const)('guests (%s)', (auth) => {
  const enter = async (more: object = {}) => {
    const made = open(auth, more);
    return { ...made, caller: await letIn(made.callers, post('/mcp', auth === 'anonymous' ? {} : bearer(MAYA))) };
  };

  it('have no files of this machine, and no apps of it or of its network', async () => {
    const listed = { local: [space.url], pinned: [{ space: space.url, endpoint: '/greet', tool: 'greet' }] };
    const files = { readFrom: ['/etc'], saveTo: '/nowhere' };
    const { caller, home } = await enter({ config: { spaces: listed, files, tools: { enable: ['all'] } } });
    const before = space.seen.length;
    for (const app of [
      space.url,
      'http://localhost:7860',
      'http://169.254.169.254',
      '192.168.0.1:7860',
      'http://[::1]:1',
    ]) {
      for (const tool of ['space_call', 'space_info']) {
        const args = { space: app, endpoint: '/greet', arguments: { name: 'x' } };
        const agreed = { ...caller, host: agreeing(caller.host) };
        expect((await callAs(agreed, tool, tool === 'space_call' ? args : { space: app })).text).toMatch(/^blocked: /);
      }
    }
    expect(space.seen).toHaveLength(before);
    const send = (file: string) =>
      callAs({ ...caller, host: agreeing(caller.host) }, 'space_call', {
        space: 'hugwire/demo-space',
        endpoint: '/describe_file',
        arguments: { file },
      });
    for (const path of [
      '/etc/hostname',
      'file:///etc/hostname',
      '~/.ssh/id_rsa',
      'picture.png',
      join(home, 'config.json'),
    ]) {
      expect((await send(path)).text).toContain('is a path, and this server reads no local files.');
    }
    expect((await send('http://169.254.169.254/latest/meta-data/')).text).toMatch(/^blocked: /);
    expect((await send('data:text/plain;base64,aGVsbG8=')).text).not.toMatch(/^blocked/);
    for (const path of ['/etc/hostname', 'file:///etc/hostname', join(home, 'config.json')]) {
      expect((await callAs(caller, 'hub_read', { uris: [path] })).text).toMatch(/invalid_arguments|not_found/);
    }
    expect(namesOf(caller)).not.toContain('greet');
    expect(namesOf(caller).filter((name) => /memory|history|pin/.test(name))).toEqual([]);
    const ctx = caller.host.context(new AbortController().signal, () => {});
    expect([ctx.memory, ctx.pins, ctx.session, ctx.history]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('get pictures shown and other files as links; nothing is saved', async () => {
    const { caller, home } = await enter();
    const call = { space: 'hugwire/demo-space', endpoint: '/draw', arguments: { prompt: 'sea', size: 64 } };
    const { text, images, data } = await callAs(caller, 'space_call', call);
    expect(text).toMatch(/Picture: http:\/\/127\.0\.0\.1:\d+\/\S+image\.png \(image\/png, [\d.]+ kB, shown below\)/);
    expect(images).toEqual([{ mimeType: 'image/png', data: expect.stringMatching(/^iVBOR/) }]);
    expect(JSON.stringify(data)).not.toContain('iVBOR');
    const link = /http:\/\/\S+image\.png/.exec(text)?.[0] ?? '';
    expect((await fetch(link)).headers.get('content-type')).toBe('image/png');
    const headers = auth === 'anonymous' ? {} : bearer(MAYA);
    const without = await letIn(open(auth).callers, post('/mcp?images=off', headers));
    const plain = await callAs(without, 'space_call', call);
    expect(plain.images ?? []).toEqual([]);
    expect(plain.text).toMatch(/Picture: http:\/\/\S+image\.png \(image\/png/);
    expect(
      readdirSync(home, { recursive: true }).filter((name) => /png|files|jsonl|memory|sessions/.test(String(name))),
    ).toEqual([]);
  });

  it('read of no local files in the list of the tools', async () => {
    const { caller } = await enter();
    const told = JSON.stringify(listTools(caller.host).filter(({ name }) => name.startsWith('space_')));
    expect(told).toContain('Returned pictures are shown and files linked');
    expect(told).not.toMatch(/local path|saved locally/);
  });

  it('limit themselves to Spaces by the address', async () => {
    const { callers } = open(auth);
    const headers = auth === 'anonymous' ? {} : bearer(MAYA);
    const caller = await letIn(callers, post('/mcp?spaces=hugwire/DEMO-space', headers));
    const call = (name: string) =>
      callAs(caller, 'space_call', { space: name, endpoint: '/greet', arguments: { name: 'Ada' } });
    expect((await call('hugwire/demo-space')).text).toContain('Hello, Ada.');
    expect((await call('black-forest-labs/FLUX.1-schnell')).text).toContain(
      'is not among the Spaces that this client limits itself to.',
    );
    expect((await callAs(caller, 'space_info', { space: 'black-forest-labs/FLUX.1-schnell' })).text).toContain(
      'is not among the Spaces',
    );
    const drawer = await letIn(callers, post('/mcp?spaces=generate_image', headers));
    expect((await callAs(drawer, 'generate_image', { prompt: 'sea' })).text).not.toContain('is not among');
    expect((await callAs(drawer, 'space_call', { space: 'hugwire/demo-space' })).text).toContain('is not among');
  });
});

/** The same host, whose user says yes to every question. */
function agreeing(host: Parameters<typeof callAs>[0]['host']): typeof host {
  return {
    ...host,
    context: (signal, progress) => ({
      ...host.context(signal, progress),
      ask: async ({ fields }) => ({
        action: 'accept',
        values: Object.fromEntries(Object.keys(fields).map((name) => [name, true])),
      }),
    }),
  };
}

describe('hub-token', () => {
  it('asks the Hub as who calls, and looks a token up once in a while', async () => {
    const { callers, logged, home } = open('hub-token', { env: { HF_TOKEN: OPERATOR } });
    const maya = await letIn(callers, post('/mcp', bearer(MAYA)));
    expect(maya).toMatchObject({ owner: expect.stringMatching(/^u:[0-9a-f]{24}$/), name: 'maya' });
    expect(maya.host.instructions).toContain('- What is asked of the Hub is asked as maya.');
    expect((await callAs(maya, 'hub_whoami')).text).toContain('Account: maya');
    expect((await callAs(maya, 'hub_repo', { ids: ['maya/journal-tagger'] })).text).not.toContain('does not exist');
    expect([...tokensSeen()]).toEqual([`Bearer ${MAYA}`]);
    const asked = countOf('/api/whoami-v2');
    await Promise.all(
      Array.from({ length: 20 }, () => letIn(callers, post('/mcp', { authorization: `bearer  ${MAYA}` }))),
    );
    expect(countOf('/api/whoami-v2')).toBe(asked);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 301_000 });
    await letIn(callers, post('/mcp', bearer(MAYA)));
    expect(countOf('/api/whoami-v2')).toBe(asked + 1);
    expect(logged.join('\n')).not.toContain('hf_');
    expect(readAll(home)).not.toContain('hf_');
  });

  it('looks a token up once for all that come at the same time', async () => {
    const { callers } = open('hub-token');
    await Promise.all(Array.from({ length: 50 }, () => letIn(callers, post('/mcp', bearer(THEO)))));
    expect(countOf('/api/whoami-v2')).toBe(1);
  });

  it('believes a token no longer than it lasts', async () => {
    const { callers } = open('hub-token');
    const end = Date.parse('2026-12-20T12:00:00.000Z');
    vi.useFakeTimers({ toFake: ['Date'], now: end - 10_000 });
    await letIn(callers, post('/mcp', bearer('hf_oauth_demo_maya')));
    const asked = countOf('/api/whoami-v2');
    vi.setSystemTime(end + 1);
    await letIn(callers, post('/mcp', bearer('hf_oauth_demo_maya')));
    expect(countOf('/api/whoami-v2')).toBe(asked + 1);
  });

  it('asks about a bad token again after half a minute, and takes nobody for anonymous', async () => {
    const { callers } = open('hub-token');
    const bad = post('/mcp', bearer('hf_demo_expired_maya'));
    expect((await turnAway(callers, bad)).status).toBe(401);
    expect((await turnAway(callers, bad)).status).toBe(401);
    expect(countOf('/api/whoami-v2')).toBe(1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
    expect((await turnAway(callers, bad)).status).toBe(401);
    expect(countOf('/api/whoami-v2')).toBe(2);
  });

  it('asks the Hub about so many bad tokens of one address and no more', async () => {
    const { callers } = open('hub-token');
    const statuses: number[] = [];
    for (let at = 0; at < 40; at += 1) {
      statuses.push((await turnAway(callers, post('/mcp', bearer(`hf_madeup${at}`)), '10.0.0.1')).status);
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(30);
    expect(statuses.slice(30).every((status) => status === 429)).toBe(true);
    expect(countOf('/api/whoami-v2')).toBe(30);
    expect((await turnAway(callers, post('/mcp', bearer('hf_madeup99')), '10.0.0.2')).status).toBe(401);
  });

  it('asks about no more of them where they come all at once', async () => {
    const { callers } = open('hub-token');
    const tokens = Array.from({ length: 200 }, (_, at) => `hf_madeup${at}`);
    const answers = await Promise.all(
      tokens.map((token) => turnAway(callers, post('/mcp', bearer(token)), '10.0.0.1')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 429]));
    expect(countOf('/api/whoami-v2')).toBeLessThan(50);
    await letIn(callers, post('/mcp', bearer(MAYA)), '10.0.0.2');
  });

  it.each<[string, object]>([
    ['is down', { response: { status: 502, body: 'Bad gateway' } }],
    ['limits requests', { response: { status: 429, body: 'Slow down' } }],
    [
      'hides behind a web page',
      { response: { status: 401, headers: { 'Content-Type': 'text/html' }, body: '<html>Log in</html>' } },
    ],
    ['redirects', { response: { status: 302, headers: { Location: 'https://evil.example/' } } }],
    [
      'answers nonsense',
      { response: { status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"name":1}' } },
    ],
    ['hangs up', { drop: 'before' }],
  ])('says 503 while the Hub %s, and lets the token in as soon as it does not', async (_, fault) => {
    const { callers, logged } = open('hub-token');
    const mend = hub.addFault({ path: /whoami/, ...fault });
    const response = await turnAway(callers, post('/mcp', bearer(MAYA)));
    mend();
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await response.text()).not.toContain('hf_');
    expect(logged.join('\n')).toMatch(/^a token could not be checked: /);
    await letIn(callers, post('/mcp', bearer(MAYA)));
  });

  it('asks nothing and lets nobody in while it is set to offline', async () => {
    const { callers } = open('hub-token', { env: { HF_HUB_OFFLINE: '1' } });
    expect((await turnAway(callers, post('/mcp', bearer(MAYA)))).status).toBe(503);
    expect(hub.seen).toEqual([]);
  });

  it('goes on with the state at a Space when a token is renewed', async () => {
    const { callers } = open('hub-token');
    const call = async (token: string, endpoint: string, args: object = {}) => {
      const wish = { space: 'hugwire/demo-space', endpoint, arguments: args, session: 'mine' };
      return (await callAs(await letIn(callers, post('/mcp', bearer(token))), 'space_call', wish)).text;
    };
    await call(MAYA, '/remember', { note: 'a note' });
    expect(await call('hf_oauth_demo_maya', '/recall')).toContain('a note');
    expect(await call(THEO, '/recall')).not.toContain('a note');
  });

  it('says 401 in place of an answer when the Hub has turned the token down meanwhile', async () => {
    const { callers } = open('hub-token');
    const caller = await letIn(callers, post('/mcp', bearer(MAYA)));
    expect(await caller.recheck?.()).toBeUndefined();
    const response = {
      status: 401,
      headers: { 'X-Error-Message': 'Invalid credentials in Authorization header' },
      body: { error: 'no' },
    };
    const mend = hub.addFault({ path: /^\/api\//, response });
    await callAs(caller, 'hub_search', { query: 'whisper' });
    const refusal = await caller.recheck?.();
    expect(refusal?.status).toBe(401);
    mend();
    // One path alone says so: then it is no matter of the token.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
    const again = await letIn(callers, post('/mcp', bearer(MAYA)));
    const other = hub.addFault({ path: /^\/api\/models/, response });
    await callAs(again, 'hub_search', { query: 'bert', kinds: ['model'] });
    other();
    expect(await again.recheck?.()).toBeUndefined();
  });

  it('shows what the account has chosen at the Hub, where the request names no tools', async () => {
    const { callers } = open('hub-token');
    const body = { builtInTools: ['hf_whoami'], spaceTools: [] };
    const mend = hub.addFault({ path: /settings\/mcp/, response: { body } });
    expect(namesOf(await letIn(callers, post('/mcp', bearer(MAYA))))).toEqual(
      'dataset_rows hub_read hub_search hub_whoami'.split(' '),
    );
    expect(namesOf(await letIn(callers, post('/mcp?tools=space_call', bearer(MAYA))))).toEqual(['space_call']);
    const caller = await letIn(callers, post('/mcp', bearer(MAYA)));
    expect(caller.host.instructions).toContain('chosen at huggingface.co/settings/mcp');
    const named = await letIn(callers, post('/mcp?toolsets=all', bearer(MAYA)));
    expect(namesOf(named)).toEqual(EVERY);
    expect(named.host.instructions).not.toContain('settings/mcp');
    mend();
    expect(namesOf(await letIn(open('hub-token').callers, post('/mcp', bearer(MAYA))))).toEqual(EVERY);
  });

  it('limits the calls of an account, whichever of its tokens it sends', async () => {
    const { callers } = open('hub-token', { config: { limits: { hub_whoami: { perMinute: 1 } } } });
    const ask = async (token: string) =>
      (await callAs(await letIn(callers, post('/mcp', bearer(token))), 'hub_whoami')).text;
    expect(await ask(MAYA)).not.toMatch(/^rate_limited/);
    expect(await ask(OPERATOR)).toMatch(/^rate_limited/);
    expect(await ask(THEO)).not.toMatch(/^rate_limited/);
  });

  it('keeps the job of an account whose token is renewed, and shows it to no other', async () => {
    const { callers } = open('hub-token');
    const id = await startJob(await letIn(callers, post('/mcp', bearer(MAYA))));
    const renewed = await letIn(callers, post('/mcp', bearer('hf_oauth_demo_maya')));
    expect((await callAs(renewed, 'space_result', { job: id })).text).toContain('answered in');
    const theo = await letIn(callers, post('/mcp', bearer(THEO)));
    expect((await callAs(theo, 'space_result', { job: id })).text).toContain(`There is no job ${id}`);
  });

  it('lets go of what was idle, and goes on with it when its account comes back', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
    const { callers } = open('hub-token');
    const caller = await letIn(callers, post('/mcp', bearer(MAYA)));
    const before = caller.host.context(new AbortController().signal, () => {}).spaces;
    vi.advanceTimersByTime(12 * 60_000);
    const after = caller.host.context(new AbortController().signal, () => {}).spaces;
    expect(after).not.toBe(before);
    expect(
      (
        await callAs(caller, 'space_call', {
          space: 'hugwire/demo-space',
          endpoint: '/greet',
          arguments: { name: 'Ada' },
        })
      ).text,
    ).toContain('Hello, Ada.');
  });

  it('says where to log in, as the address was typed', async () => {
    const { callers } = open('hub-token');
    const response = await turnAway(callers, post('/mcp?tools=hub_search&login'));
    expect(response.status).toBe(401);
    const where = /resource_metadata="([^"]+)"/.exec(response.headers.get('www-authenticate') ?? '')?.[1] ?? '';
    expect(where).toBe('http://127.0.0.1:3000/.well-known/oauth-protected-resource/mcp?tools=hub_search&login');
    expect(await jsonOf(callers.describe(new Request(where)))).toEqual({
      resource: 'http://127.0.0.1:3000/mcp?tools=hub_search&login',
      authorization_servers: [hub.url],
      scopes_supported: ['openid', 'profile', 'read-repos', 'gated-repos', 'inference-api'],
      bearer_methods_supported: ['header'],
      resource_name: 'hugwire',
    });
    const root = await jsonOf(
      callers.describe(new Request('http://127.0.0.1:3000/.well-known/oauth-protected-resource')),
    );
    expect(root.resource).toBe('http://127.0.0.1:3000/mcp');
    expect(
      callers.describe(new Request('http://127.0.0.1:3000/.well-known/oauth-authorization-server')),
    ).toBeUndefined();
    expect(callers.describe(new Request(where, { method: 'POST' }))?.status).toBe(405);
  });

  it('passes on no token that stands in the address', async () => {
    const { callers } = open('hub-token');
    const secret = `hf_${'a1B2c3D4e5'.repeat(4).slice(0, 34)}`;
    for (const query of [`?token=${secret}`, `?tools=hub_search&x=${secret.replace('_', '%5F')}`, `?${secret}`]) {
      const response = await turnAway(callers, post(`/mcp${query}`));
      expect(response.headers.get('www-authenticate')).toMatch(/resource_metadata="[^"?]+".*never in the address/);
      const path = `http://127.0.0.1:3000/.well-known/oauth-protected-resource/mcp${query}`;
      expect((await jsonOf(callers.describe(new Request(path)))).resource).toBe('http://127.0.0.1:3000/mcp');
    }
  });

  it.each(['https://hug.example/tools', 'https://hug.example/tools/', 'https://hug.example/tools/mcp'])(
    'names itself as its config does: %s',
    async (publicUrl) => {
      const { callers } = open('hub-token', { config: { http: { publicUrl } } });
      const response = await turnAway(callers, post('/mcp'));
      expect(response.headers.get('www-authenticate')).toContain(
        'resource_metadata="https://hug.example/.well-known/oauth-protected-resource/tools/mcp"',
      );
      const path = 'http://127.0.0.1:3000/.well-known/oauth-protected-resource/tools/mcp';
      expect((await jsonOf(callers.describe(new Request(path)))).resource).toBe('https://hug.example/tools/mcp');
    },
  );

  it('keeps two accounts apart, a thousand times in any order', async () => {
    const { callers, home, logged } = open('hub-token', { config: { http: { perMinute: 10_000 } } });
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    const random = (most: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return state % most;
    };
    const people = [
      { name: 'maya', token: MAYA, jobs: [] as string[], notes: 'note of maya' },
      { name: 'theo', token: THEO, jobs: [] as string[], notes: 'note of theo' },
    ];
    const texts: [string, string][] = [];
    const step = async (): Promise<void> => {
      const me = people[random(2)] as (typeof people)[0];
      const other = people.find((one) => one !== me) as (typeof people)[0];
      const choice = random(6);
      const caller = await letIn(
        callers,
        post(['/mcp', '/mcp?images=off', '/mcp?readonly=no'][random(3)], bearer(me.token)),
      );
      const call = async (tool: string, args: object = {}) => {
        const { text } = await callAs(caller, tool, args);
        texts.push([me.name, text]);
        return text;
      };
      const app = { space: 'hugwire/demo-space', session: 'same' };
      if (choice === 0) expect(await call('hub_whoami')).toContain(`Account: ${me.name}`);
      if (choice === 1)
        expect(await call('hub_repo', { ids: ['maya/journal-tagger'] })).toMatch(
          me.name === 'maya' ? /journal-tagger/ : /not_found|not_visible/,
        );
      if (choice === 2) await call('space_call', { ...app, endpoint: '/remember', arguments: { note: me.notes } });
      if (choice === 3) expect(await call('space_call', { ...app, endpoint: '/recall' })).not.toContain(other.notes);
      if (choice === 4 && me.jobs.length < 8) me.jobs.push(await startJob(caller));
      const theirs = other.jobs.at(-1);
      if (choice === 5 && theirs) expect(await call('space_result', { job: theirs })).toContain('There is no job');
    };
    for (let done = 0; done < 1000; done += 10) await Promise.all(Array.from({ length: 10 }, step));
    for (const [name, text] of texts) {
      const other = name === 'maya' ? 'theo' : 'maya';
      expect(text, `seed ${seed}`).not.toMatch(new RegExp(`Account: ${other}|note of ${other}|hf_demo`));
    }
    for (const { headers, url } of hub.seen)
      expect(`${headers.authorization} ${url}`).toMatch(/^Bearer hf_demo_read_(?:maya|theo) /);
    expect(logged.join('\n') + readAll(home)).not.toContain('hf_');
  });
});

describe('refusals', () => {
  const challenge = (words: string) => expect.stringMatching(new RegExp(`^Bearer ${words}`));
  const metadata =
    'scope="openid profile read-repos gated-repos inference-api", resource_metadata="http://127\\.0\\.0\\.1:3000/\\.well-known/oauth-protected-resource/mcp", error_description="';
  it.each<[string, 'local' | 'hub-token', Record<string, string>, number, unknown, RegExp]>([
    ['no key', 'local', {}, 401, challenge('error_description="This server requires a key'), /"error":"unauthorized"/],
    [
      'a wrong key',
      'local',
      bearer('hugwire_x'),
      401,
      challenge('error="invalid_token", error_description="This is not a key'),
      /invalid_token/,
    ],
    ['a token of the Hub', 'local', bearer(MAYA), 401, challenge('error="invalid_token"'), /not Hugging Face tokens/],
    [
      'another scheme',
      'local',
      { authorization: 'Basic aGY6eA==' },
      401,
      challenge('error="invalid_token"'),
      /not a key/,
    ],
    ['no token', 'hub-token', {}, 401, challenge(metadata), /"error":"unauthorized"/],
    [
      'no token at all',
      'hub-token',
      { authorization: 'Bearer' },
      401,
      challenge(`error="invalid_token", ${metadata}`),
      /invalid_token/,
    ],
    [
      'a placeholder',
      'hub-token',
      bearer('hf_xxxxxxxx'),
      401,
      challenge('error="invalid_token"'),
      /not a Hugging Face token/,
    ],
    [
      'a key of another server',
      'hub-token',
      bearer('sk-12345678'),
      401,
      challenge('error="invalid_token"'),
      /not a Hugging Face token/,
    ],
    [
      'an unknown token',
      'hub-token',
      bearer('hf_whoever12345678'),
      401,
      challenge('error="invalid_token"'),
      /invalid, revoked or expired/,
    ],
    [
      'a JWT',
      'hub-token',
      bearer('eyJhbGciOiJIUzI1NiJ9.e30.abcdefghijk'),
      401,
      challenge('error="invalid_token"'),
      /not a Hugging Face token/,
    ],
    [
      'two tokens',
      'hub-token',
      { authorization: `Bearer ${MAYA}, Bearer ${THEO}` },
      401,
      challenge('error="invalid_token"'),
      /invalid_token/,
    ],
  ])('turns %s away from %s', async (_, auth, headers, status, authenticate, body) => {
    const response = await turnAway(open(auth).callers, post('/mcp', headers));
    expect(response.status).toBe(status);
    expect(response.headers.get('www-authenticate')).toEqual(authenticate);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const text = await response.text();
    expect(text).toMatch(body);
    expect(text).not.toMatch(/hf_demo|hf_whoever|hugwire_x|sk-1/);
  });

  it('says which scopes are wanted where the Hub refuses a token', async () => {
    const mend = hub.addFault({
      path: /whoami/,
      response: { status: 403, body: { error: 'This token does not have the required permissions' } },
    });
    const response = await turnAway(open('hub-token').callers, post('/mcp', bearer(MAYA)));
    mend();
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toContain(
      'error="insufficient_scope", scope="openid profile read-repos',
    );
  });
});

it('takes a change of the config over for everybody', async () => {
  const { callers, loaded } = open('hub-token');
  const caller = await letIn(callers, post('/mcp', bearer(MAYA)));
  expect(namesOf(caller)).toEqual(EVERY);
  const config = { ...loaded.config, tools: { ...loaded.config.tools, disable: ['spaces'] } };
  expect(callers.update({ ...loaded, config })).toBe(true);
  expect(callers.update({ ...loaded, config })).toBe(false);
  expect(namesOf(caller)).toEqual(EVERY.filter((name) => !/space|image/.test(name)));
});
