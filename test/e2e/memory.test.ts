import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ServerProcess } from './server-process.js';
import { Shell } from './shell.js';

const TOKEN = `hf_${'q7'.repeat(17)}`;
let home: string;
const servers: ServerProcess[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'hugwire-memory-'));
  writeFileSync(join(home, 'config.json'), JSON.stringify({ tools: { enable: ['default', 'memory'] } }));
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.dispose()));
  rmSync(home, { recursive: true, force: true });
});

async function start(): Promise<ServerProcess> {
  const server = new ServerProcess({ env: { HUGWIRE_HOME: home, HF_TOKEN: TOKEN } });
  servers.push(server);
  await server.initialize();
  return server;
}

const textOf = async (answer: ReturnType<ServerProcess['call']>): Promise<string> =>
  (await answer).result.content[0].text;

/** What the command line lists, in a process of its own. */
async function list(): Promise<{ notes: { text: string }[]; total: number }> {
  const shell = new Shell({ HUGWIRE_HOME: home });
  try {
    const { stdout } = await shell.run('memory', 'list', '--limit', '10000', '--json');
    return JSON.parse(stdout);
  } finally {
    shell.remove();
  }
}

it('exports into a new file, and replaces one only when told', async () => {
  const shell = new Shell();
  try {
    const file = join(shell.home, 'notes.jsonl');
    await shell.run('memory', 'add', 'Tea, no coffee.');
    writeFileSync(file, 'mine');
    const refused = await shell.run('memory', 'export', '--output', file);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('already exists') });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect((await shell.run('memory', 'export', '--output', file, '--force')).code).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('Tea, no coffee.');
  } finally {
    shell.remove();
  }
});

it('gives what one server kept to another at once', async () => {
  const [one, other] = await Promise.all([start(), start()]);
  expect(await textOf(other.call(1, 'memory_search', { query: 'heron' }))).toBe('The memory is empty.');
  await one.call(1, 'memory_save', { text: 'The heron project ends in May.' });
  expect(await textOf(other.call(2, 'memory_search', { query: 'heron' }))).toContain('ends in May');
});

it('loses nothing of what it said is kept, with four at work, one killed, and the file written anew', async () => {
  mkdirSync(join(home, 'state'));
  const worn = Array.from({ length: 1500 }, (_, at) => `{"id":"m_worn01","text":"version ${at}"}\n`);
  writeFileSync(join(home, 'state', 'memory.jsonl'), worn.join(''));
  const four = await Promise.all([start(), start(), start(), start()]);
  const kept: string[] = [];
  const save = async (server: ServerProcess, name: string) => {
    for (let at = 0; at < 12; at += 1) {
      const text = `${name} note ${at}`;
      const answer = server.call(text, 'memory_save', { text });
      const said = await Promise.race([textOf(answer), server.exited.then(() => undefined)]);
      if (said === undefined) return;
      expect(said).toMatch(/^Kept as /);
      kept.push(text);
      if (name === 'victim' && at === 5) {
        server.send({ id: 'last', method: 'tools/call', params: { name: 'memory_save', arguments: { text: 'cut' } } });
        server.child.kill('SIGKILL');
      }
    }
  };
  await Promise.all(four.map((server, at) => save(server, at === 3 ? 'victim' : `server ${at}`)));
  expect(kept).toHaveLength(3 * 12 + 6);
  const { notes } = await list();
  const texts = notes.map(({ text }) => text);
  expect(texts).toEqual(expect.arrayContaining([...kept, 'version 1499']));
  expect(new Set(texts).size).toBe(texts.length);
  expect(readFileSync(join(home, 'state', 'memory.jsonl'), 'utf8').split('\n').length).toBeLessThan(200);
}, 60_000);

it('never writes a token down', async () => {
  const server = await start();
  const other = `hf_${'z3'.repeat(17)}`;
  await server.call(1, 'memory_save', {
    text: `mine is ${TOKEN}, theirs ${other}`,
    tags: [TOKEN],
    kind: 'message',
    role: 'user',
  });
  expect(await textOf(server.call(2, 'memory_search', {}))).toContain('mine is [token], theirs [token]');
  await server.dispose();
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' }).map((file) => join(home, file));
  const written = files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file, 'utf8'));
  expect(written.length).toBeGreaterThan(1);
  expect([...written, ...server.lines, server.stderr].join('\n')).not.toMatch(/q7q7|z3z3/);
});

it('leaves the list of tools as it is, for those who did not ask for it', async () => {
  const listTools = async (server: ServerProcess) => {
    server.send({ id: 'list', method: 'tools/list' });
    return (await server.answer('list')).result.tools as { name: string }[];
  };
  const withMemory = await listTools(await start());
  writeFileSync(join(home, 'config.json'), '{}');
  const without = await listTools(await start());
  const names = ['history', 'memory_save', 'memory_search'];
  expect(withMemory.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
  expect(JSON.stringify(without)).toBe(JSON.stringify(withMemory.filter(({ name }) => !names.includes(name))));
});
