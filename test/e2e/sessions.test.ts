import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { listSessions } from '../../src/sessions/directory.js';
import { type Entry, parseEntry } from '../../src/sessions/entries.js';
import { sessionsDirectory } from '../../src/sessions/names.js';
import { ServerProcess } from './server-process.js';

const servers: ServerProcess[] = [];
const directories: string[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.dispose()));
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function mount(directory: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', directory], { stdio: 'ignore' });
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const directory = mkdtempSync(join(tmpdir(), 'hugwire-disk-'));
  try {
    mount(directory);
    execFileSync('umount', [directory]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

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
  /** Calls that a client has open at the same time. */
  const WINDOW = 50;

  /** Calls as fast as the answers come, and kills the server after half of them; gives the answers that had come. */
  async function callAndKill(server: ServerProcess): Promise<number> {
    await server.initialize();
    for (let id = 0; id < CALLS; id += 1) {
      // A call that is answered at once, without the network.
      server.send({ id, method: 'tools/call', params: { name: 'space_result', arguments: { job: `j_${id}` } } });
      const answered = () => server.lines.length - 1;
      if (id >= WINDOW) await server.until(() => answered() > id - WINDOW);
      if (answered() < CALLS / 2) continue;
      server.child.kill('SIGKILL');
      await server.exited;
      return answered();
    }
    throw new Error('nothing was killed');
  }

  it('leave journals whole to their last line, gapless, and short of no more than the last moment', async () => {
    const { home, directory } = makeShared();
    const four = Array.from({ length: 4 }, () => start({ HUGWIRE_HOME: home }));
    const answered = await Promise.all(four.map(callAndKill));

    const sessions = await listSessions(directory);
    expect(sessions.map(({ pid }) => pid).sort()).toEqual(four.map(({ child }) => child.pid).sort());
    for (const { path, pid, ...session } of sessions) {
      const entries = readWhole(readFileSync(path, 'utf8'));
      expect(entries[0]?.type).toBe('SessionStart');
      expect(entries.map(({ order }) => order)).toEqual(entries.map((_, index) => index + 1));
      const calls = entries.flatMap((entry) => (entry.type === 'FunctionCall' ? [entry] : []));
      const answers = entries.flatMap((entry) => (entry.type === 'FunctionResponse' ? [entry.parent] : []));
      // Every call from the first on, in the order in which they were made, and every answer belongs to one.
      expect(calls.map((call) => call.arguments)).toEqual(calls.map((_, index) => ({ job: `j_${index}` })));
      expect(new Set(answers).size).toBe(answers.length);
      expect(answers.every((parent) => calls.some(({ id }) => id === parent))).toBe(true);
      // What one turn of the event loop records is written in the next: on a busy machine a few windows of calls.
      const seen = answered[four.findIndex(({ child }) => child.pid === pid)] ?? Number.NaN;
      expect(seen).toBeLessThan(CALLS);
      expect(seen - answers.length).toBeLessThanOrEqual(4 * WINDOW);
      expect(session).toMatchObject({
        live: false,
        client: { name: 'test' },
        protocol: '2025-11-25',
        calls: calls.length,
      });
      expect(session.reason).toBeUndefined();
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

describe.skipIf(!canMount())('a disk that fills up (needs the right to mount one)', () => {
  it('ends the recording with one warning, and no call', async () => {
    const disk = mkdtempSync(join(tmpdir(), 'hugwire-disk-'));
    directories.push(disk);
    mount(disk);
    try {
      const server = start({ HUGWIRE_HOME: disk });
      await server.initialize();
      for (let id = 0; id < 600; id += 1) {
        const answer = await server.call(id, 'space_result', { job: `j_${id}` });
        expect(answer.result.content[0].text).toContain('not_found');
      }
      server.child.stdin.end();
      expect(await server.exited).toEqual({ code: 0, signal: null });
      expect(server.stderr.match(/the disk is full/g)).toHaveLength(1);
      const [session] = await listSessions(sessionsDirectory(join(disk, 'state')));
      expect(session?.calls).toBeGreaterThan(50);
      expect(session?.calls).toBeLessThan(600);
      const entries = journals(disk)[0]?.split('\n').map(parseEntry) ?? [];
      // Only the line that no longer fitted is broken.
      expect(entries.slice(0, -1).map((entry) => entry?.order)).toEqual(
        entries.slice(0, -1).map((_, index) => index + 1),
      );
    } finally {
      execFileSync('umount', [disk]);
    }
  });
});

describe('a change of the config', () => {
  it('is in the journal, with what the client makes of it; recording can be turned off and on', async () => {
    const { home, directory } = makeShared();
    const write = (config: object) => writeFileSync(join(home, 'config.json'), JSON.stringify(config));
    write({});
    const server = start({ HUGWIRE_HOME: home });
    await server.initialize();
    server.send({ id: 'list', method: 'tools/list' });
    await server.answer('list');
    await server.call(1, 'hub_whoami');
    const told = (count: number) =>
      server.until(() => server.lines.filter((line) => line.includes('list_changed')).length === count);
    // The watch begins a while after the list was read, and sees what changed until then.
    write({ tools: { disable: ['hub_read'] } });
    await told(1);
    server.send({ id: 'again', method: 'tools/list' });
    await server.answer('again');
    write({ tools: { disable: 'no list' } });
    await server.until(() => server.stderr.includes('config not applied'));
    write({ tools: { disable: ['hub_read', 'hub_repo'] }, sessions: { record: false } });
    await told(2);
    await server.call(2, 'hub_whoami');
    write({ sessions: { record: true } });
    await told(3);
    await server.call(3, 'hub_whoami');
    server.child.stdin.end();
    await server.exited;

    const [text = ''] = journals(home);
    const entries = readWhole(text);
    expect(readdirSync(directory)).toHaveLength(1);
    expect(entries.map(({ order }) => order)).toEqual(entries.map((_, index) => index + 1));
    const kinds = entries.map((entry) => (entry.type === 'ToolMessage' ? entry.kind : entry.type));
    expect(kinds).toEqual([
      'SessionStart',
      'list_read',
      'FunctionCall',
      'FunctionResponse',
      'config',
      'list_changed',
      'list_read',
      'config',
      'config',
      'config',
      'config',
      'list_changed',
      'FunctionCall',
      'FunctionResponse',
      'SessionEnd',
    ]);
    expect(entries[6]).toMatchObject({ data: { tools: 8, afterMs: expect.any(Number) } });
    expect(entries[7]).toMatchObject({ text: expect.stringContaining('Not applied') });
    expect(entries[8]).toMatchObject({ text: 'Recording was turned off.' });
    expect(entries[9]).toMatchObject({ text: 'Recording was turned on.' });
  });
});

describe('the sessions as resources', () => {
  const key = (name: string) => `io.modelcontextprotocol/${name}`;
  const modern = { [key('protocolVersion')]: '2026-07-28', [key('clientCapabilities')]: {} };

  it('are read in both eras, with the codes of each for what is not there', async () => {
    const server = start();
    const answer = await server.initialize();
    expect(answer.result.capabilities).toEqual({ tools: { listChanged: true }, resources: {} });
    await server.call(1, 'space_result', { job: 'j_none' });
    const ask = (id: string, method: string, params: object = {}) => {
      server.send({ id, method, params });
      return server.answer(id);
    };
    for (const [era, _meta, missing] of [
      ['legacy', undefined, -32002],
      ['modern', modern, -32602],
    ] as const) {
      const meta = _meta ? { _meta } : {};
      const list = await ask(`${era} list`, 'resources/list', meta);
      expect(list.result.resources.map(({ name }: { name: string }) => name).slice(0, 2)).toEqual([
        'sessions',
        'current',
      ]);
      expect(list.result.resources).toHaveLength(3);
      const { result: templates } = await ask(`${era} templates`, 'resources/templates/list', meta);
      expect(templates.resourceTemplates).toHaveLength(3);
      const read = await ask(`${era} read`, 'resources/read', { uri: 'hugwire://sessions/current', ...meta });
      expect(read.result.ttlMs).toBe(_meta && 1000);
      const { entries } = JSON.parse(read.result.contents[0].text);
      expect(entries[1]).toMatchObject({ type: 'FunctionCall', tool: 'space_result' });
      const none = await ask(`${era} none`, 'resources/read', { uri: 'hugwire://sessions/../../etc/passwd', ...meta });
      expect(none.error?.code).toBe(missing);
    }
    const discovered = await ask('discover', 'server/discover', { _meta: modern });
    expect(discovered.result.capabilities).toEqual(answer.result.capabilities);
  });

  it('are not declared where nothing is recorded', async () => {
    const { home } = makeShared();
    writeFileSync(join(home, 'config.json'), JSON.stringify({ sessions: { record: false } }));
    const server = start({ HUGWIRE_HOME: home });
    const answer = await server.initialize();
    expect(answer.result.capabilities).toEqual({ tools: { listChanged: true } });
    server.send({ id: 1, method: 'resources/list' });
    expect((await server.answer(1)).error?.code).toBe(-32601);
  });
});
