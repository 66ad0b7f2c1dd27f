import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { sessionsDirectory } from '../../src/sessions/names.js';
import { parseEntry } from '../../src/sessions/parse.js';
import { listSessions } from '../../src/sessions/reader.js';
import type { Entry } from '../../src/sessions/types.js';
import { ServerProcess } from './server-process.js';

const servers: ServerProcess[] = [];
const directories: string[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.dispose()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function start(env: NodeJS.ProcessEnv = {}): ServerProcess {
  const server = new ServerProcess({ env });
  servers.push(server);
  return server;
}

/** A home that several servers share. */
function makeShared() {
  const home = mkdtempSync(join(tmpdir(), 'hugwire-shared-'));
  directories.push(home);
  return { home, directory: sessionsDirectory(join(home, 'state')) };
}

const journals = (home: string) => {
  const directory = sessionsDirectory(join(home, 'state'));
  return readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
};

/** Every whole line as an entry; a line that is whole and no entry fails the test. */
function readWhole(text: string): Entry[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => parseEntry(line) ?? expect.fail(`no entry: ${line.slice(0, 200)}`));
}

describe('four servers killed in the middle of ten thousand calls', () => {
  const CALLS = 2500;
  /** Answers that a client has before the last second of the server: all of them must be on disk. */
  const SETTLED = 1000;

  it('leave journals whole to their last line, with nothing missing before it', async () => {
    const { home, directory } = makeShared();
    const four = Array.from({ length: 4 }, () => start({ HUGWIRE_HOME: home }));
    await Promise.all(
      four.map(async (server) => {
        await server.initialize();
        // A call that is answered at once, without the network.
        const call = (id: number) => ({
          id,
          method: 'tools/call',
          params: { name: 'space_result', arguments: { job: `j_${id}` } },
        });
        for (let id = 0; id < SETTLED; id += 1) server.send(call(id));
        await server.until(() => server.lines.length > SETTLED);
        for (let id = SETTLED; id < CALLS; id += 1) server.send(call(id));
        await server.until(() => server.lines.length > SETTLED + 100);
        server.child.kill('SIGKILL');
        await server.exited;
      }),
    );

    const texts = journals(home);
    expect(texts).toHaveLength(4);
    for (const text of texts) {
      const entries = readWhole(text);
      expect(entries[0]?.type).toBe('SessionStart');
      expect(entries.map(({ order }) => order)).toEqual(entries.map((_, index) => index + 1));
      const calls = entries.flatMap((entry) => (entry.type === 'FunctionCall' ? [entry.id] : []));
      const answers = entries.flatMap((entry) => (entry.type === 'FunctionResponse' ? [entry.parent] : []));
      expect(answers.length).toBeGreaterThanOrEqual(SETTLED);
      expect(answers.length).toBeLessThan(CALLS);
      expect(answers.every((parent) => calls.includes(parent as string))).toBe(true);
      expect(new Set(answers).size).toBe(answers.length);
    }
    const sessions = await listSessions(directory);
    expect(sessions).toHaveLength(4);
    for (const session of sessions) {
      expect(session).toMatchObject({ live: false, client: { name: 'test' }, protocol: '2025-11-25' });
      expect(session.calls).toBeGreaterThanOrEqual(SETTLED);
    }
  });
});

describe('the journal of a server', () => {
  it('tells who was there in both eras, and is whole when the client goes', async () => {
    const legacy = start();
    await legacy.initialize();
    await legacy.call(1, 'hub_whoami');
    await legacy.call(2, 'hub_search', { nonsense: true });
    legacy.send({ id: 3, method: 'tools/call', params: { name: 'hub_serach', arguments: {} } });
    await legacy.answer(3);
    legacy.child.stdin.end();
    await legacy.exited;
    const [text = ''] = journals(legacy.home);
    const entries = readWhole(text);
    expect(text.endsWith('\n')).toBe(true);
    expect(entries[0]).toMatchObject({
      client: { name: 'test', version: '1' },
      protocol: '2025-11-25',
      capabilities: [],
    });
    expect(entries.map(({ type }) => type)).toEqual([
      'SessionStart',
      'FunctionCall',
      'FunctionResponse',
      'FunctionCall',
      'FunctionResponse',
      'ToolMessage',
      'SessionEnd',
    ]);
    expect(entries[4]).toMatchObject({ failed: true, error: 'invalid_arguments' });
    expect(entries[5]).toMatchObject({ kind: 'notice', text: expect.stringContaining('Did you mean hub_search?') });
    expect(entries[6]).toMatchObject({ reason: 'end of input', calls: 2, failed: 1 });

    const modern = start();
    const key = (name: string) => `io.modelcontextprotocol/${name}`;
    await modern.call(
      1,
      'hub_whoami',
      {},
      {
        [key('protocolVersion')]: '2026-07-28',
        [key('clientInfo')]: { name: 'new', version: '2' },
        [key('clientCapabilities')]: { elicitation: {} },
      },
    );
    modern.child.kill('SIGTERM');
    await modern.exited;
    const [first, , , last] = readWhole(journals(modern.home)[0] ?? '');
    expect(first).toMatchObject({
      client: { name: 'new', version: '2' },
      protocol: '2026-07-28',
      capabilities: ['elicitation'],
    });
    expect(last).toMatchObject({ type: 'SessionEnd', reason: 'SIGTERM' });
  });

  it('is not there after a client only looked whether the server answers, nor when it is off', async () => {
    const looked = start();
    await looked.initialize();
    looked.send({ id: 1, method: 'tools/list' });
    await looked.answer(1);
    looked.child.stdin.end();
    await looked.exited;
    expect(readdirSync(looked.home)).not.toContain('state');

    const { home } = makeShared();
    writeFileSync(join(home, 'config.json'), JSON.stringify({ sessions: { record: false } }));
    const off = start({ HUGWIRE_HOME: home });
    await off.initialize();
    await off.call(1, 'hub_whoami');
    off.child.stdin.end();
    await off.exited;
    expect(readdirSync(home)).not.toContain('state');
  });

  it('fails no call where nothing can be written, and warns once', async () => {
    const { home } = makeShared();
    mkdirSync(join(home, 'state'));
    writeFileSync(join(home, 'state', 'sessions'), 'a file in the way');
    const server = start({ HUGWIRE_HOME: home });
    await server.initialize();
    for (let id = 0; id < 5; id += 1)
      expect((await server.call(id, 'hub_whoami')).result.content[0].text).toContain('Not logged in');
    server.child.stdin.end();
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.stderr.match(/not recorded any further/g)).toHaveLength(1);
  });
});
