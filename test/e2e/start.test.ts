import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasModes, hasSignals } from '../platform.js';
import { CALL, initialize, LEGACY, LIST, request, SCRIPTS, type Script } from './scripts.js';
import { BIN, type Message, ServerProcess } from './server-process.js';

// The first answers of a server come from prepared ones. Whatever a client sends, and however it is cut, the messages must
// be those of a server that has none.

/** A copy of the program that has no answers prepared, and one whose program can be taken away. */
let folder: string;
let bare: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hugwire-start-'));
  bare = copyProgram('bare');
  rmSync(join(folder, 'bare', 'dist', 'answers.json'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function copyProgram(name: string): string {
  for (const part of ['bin', 'dist', 'package.json']) cpSync(part, join(folder, name, part), { recursive: true });
  return join(folder, name, 'bin', 'hugwire.js');
}

/** Plays a script with its own home, and gives all messages of the server. */
async function play(bin: string, script: Script, home: string): Promise<Message[]> {
  const { sends, args = ['serve'], env, config, assistants, gets, hurries } = script;
  if (config !== undefined) writeFileSync(join(home, 'config.json'), config);
  if (assistants !== undefined) writeFileSync(join(home, 'assistants.lock.json'), assistants);
  const server = new ServerProcess({ bin, args, env: { ...env, HUGWIRE_HOME: home } });
  for (const piece of sends) server.child.stdin.write(piece);
  if (hurries) server.child.stdin.end();
  await server.until(() => server.all(() => true).length >= gets);
  server.child.stdin.end();
  const { code } = await server.exited;
  await server.dispose();
  expect(code).toBe(0);
  return server.all(() => true);
}

const makeHome = () => mkdtempSync(join(folder, 'home-'));

/** Answers may overtake each other. */
const keyOf = ({ id, method = '' }: Message) => `${typeof id} ${id} ${method}`;
const sorted = (messages: Message[]) => [...messages].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));

/** The file with the answers that a start has kept for the next one like it. */
function keptFile(home: string): string {
  const kept = join(home, 'cache', 'starts');
  const [file = '', ...more] = readdirSync(kept);
  expect(more).toEqual([]);
  return join(kept, file);
}

describe.concurrent('a server with prepared answers says the same as one without', () => {
  it.each(Object.entries(SCRIPTS))('%s', async (_name, script) => {
    const expected = await play(bare, script, makeHome());
    expect(expected).toHaveLength(script.gets);
    const home = makeHome();
    const isDefault =
      !script.config && !script.assistants && !script.env && !script.args?.some((word) => word !== 'serve');
    if (!isDefault) {
      await play(BIN, { ...script, sends: [LEGACY, CALL], gets: 2 }, home);
      expect(statSync(keptFile(home)).mode & 0o777).toBe(0o600);
    }
    expect(sorted(await play(BIN, script, home))).toEqual(sorted(expected));
  });
});

describe('answers that do not hold any more', () => {
  const SCRIPT = { sends: [LEGACY, LIST], args: ['serve', '--read-only'], gets: 2 };
  let home: string;
  /** A start that has kept answers of one tool alone, as a config may have had that is another now. */
  beforeEach(async () => {
    home = makeHome();
    await play(BIN, { ...SCRIPT, sends: [LEGACY, CALL] }, home);
    const kept = JSON.parse(readFileSync(keptFile(home), 'utf8'));
    kept.prepared.tools.length = 1;
    writeFileSync(keptFile(home), JSON.stringify(kept));
  });

  it('are followed by list_changed, and made anew', async () => {
    const server = new ServerProcess({ args: SCRIPT.args, env: { HUGWIRE_HOME: home } });
    await server.initialize();
    server.send({ id: 1, method: 'tools/list' });
    expect((await server.answer(1)).result.tools).toHaveLength(1);
    await server.find(({ method }) => method === 'notifications/tools/list_changed');
    server.send({ id: 2, method: 'tools/list' });
    const { tools } = (await server.answer(2)).result;
    expect(tools.length).toBeGreaterThan(1);
    await server.call(3, 'hub_search', { nope: 1 });
    expect(JSON.parse(readFileSync(keptFile(home), 'utf8')).prepared.tools).toEqual(tools);
    await server.dispose();
  });

  it.runIf(hasModes)('are not read from a file that others may write', async () => {
    chmodSync(keptFile(home), 0o666);
    const [, listed] = await play(BIN, SCRIPT, home);
    expect(listed?.result.tools.length).toBeGreaterThan(1);
  });

  it.each(['', '{', '[]', '{"start":{}}', 'x'.repeat(100)])(
    'are left alone when the file is broken: %s',
    async (text) => {
      writeFileSync(keptFile(home), text);
      const [, listed] = await play(BIN, SCRIPT, home);
      expect(listed?.result.tools.length).toBeGreaterThan(1);
    },
  );
});

describe('a start that ends early', () => {
  it.runIf(hasSignals)('by a signal is an end like any other', async () => {
    const server = new ServerProcess();
    server.child.stdin.write(initialize('2025-06-18'));
    await server.answer('init');
    server.child.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(server.stderr).toContain('stopping: SIGTERM');
    await server.dispose();
  });

  it('by a config that is wrong says so, whatever was asked', async () => {
    const server = new ServerProcess({ config: '{"hub":{"nope":1}}' });
    server.child.stdin.write(LEGACY + LIST);
    expect((await server.exited).code).not.toBe(0);
    expect(server.stderr).toContain('nope');
    await server.dispose();
  });

  it('because its program is gone says that it must be restarted', async () => {
    const bin = copyProgram('gone');
    for (const file of readdirSync(join(folder, 'gone', 'dist'))) {
      if (file === 'program.js') rmSync(join(folder, 'gone', 'dist', file));
    }
    const server = new ServerProcess({ bin });
    server.child.stdin.write(LEGACY + LIST + request(1, 'tools/call', { name: 'hub_whoami' }));
    expect((await server.answer('list')).result.tools).not.toEqual([]);
    expect((await server.answer(1)).error?.message).toContain('must be restarted');
    server.child.stdin.write(request(2, 'resources/list'));
    expect((await server.answer(2)).error?.message).toContain('must be restarted');
    server.child.stdin.end();
    expect((await server.exited).code).toBe(1);
    await server.dispose();
  });
});
