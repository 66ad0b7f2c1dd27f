import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, type ClientOptions } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../src/world/hub/server.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoHub } from '../../src/world/types.js';
import { BIN, makeHome } from './server-process.js';
import { Shell } from './shell.js';

const NOTES = 'maya/journal-tagger';
const WRITER = 'hf_demo_write_maya';
const ERAS: [string, ClientOptions['versionNegotiation']][] = [
  ['legacy', undefined],
  ['modern', { mode: { pin: '2026-07-28' } }],
];
const YES = () => ({ action: 'accept', content: { agree: true } });

interface Setting {
  token?: string;
  config?: object;
  args?: string[];
  /** Answers a question; without it the client cannot ask. */
  reply?(message: string): object;
  versionNegotiation?: ClientOptions['versionNegotiation'];
}

let hub: DemoHub;
let place: ReturnType<typeof makeHome>;
let client: Client | undefined;
let questions: string[];
beforeEach(async () => {
  hub = await startDemoHub({ quotas: { api: 10_000, resolvers: 10_000, pages: 10_000 } });
  questions = [];
});
afterEach(async () => {
  await client?.close();
  client = undefined;
  place.remove();
  await hub.close();
});

/** Someone else's client, with hugwire behind it. */
async function open({
  token = WRITER,
  config = {},
  args = [],
  reply,
  versionNegotiation,
}: Setting = {}): Promise<void> {
  place = makeHome({ HF_ENDPOINT: hub.url, HF_TOKEN: token });
  mkdirSync(place.home, { recursive: true });
  const tools = { enable: ['default', 'write', 'jobs'] };
  writeFileSync(join(place.home, 'config.json'), JSON.stringify({ tools, spaces: { pinned: [] }, ...config }));
  client = new Client(
    { name: 'test', version: '1' },
    { versionNegotiation, capabilities: reply ? { elicitation: { form: {} } } : {} },
  );
  if (reply) {
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      questions.push(String(params.message));
      return reply(String(params.message)) as never;
    });
  }
  const env = Object.fromEntries(Object.entries(place.env).filter(([, value]) => value)) as Record<string, string>;
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [BIN, ...args], env, stderr: 'ignore' }),
  );
}

async function call(name: string, args: Record<string, unknown>): Promise<{ text: string; isError: boolean }> {
  const result = await client?.callTool({ name, arguments: args });
  const [{ text = '' } = {}] = (result?.content ?? []) as { text?: string }[];
  return { text, isError: result?.isError === true };
}

const write = (text: string, more: object = {}) =>
  call('hub_write', { repo: NOTES, files: [{ path: 'notes.txt', text }], message: 'Keep a note', ...more });

const writes = () =>
  hub.seen.filter(({ method }) => method !== 'GET' && method !== 'HEAD').map(({ method, url }) => `${method} ${url}`);
const commits = () => writes().filter((one) => /\/commit\/[^/]+(?:\?|$)/.test(one));
const head = () => hub.state.find('model', NOTES)?.sha;
const titles = () => hub.state.find('model', NOTES)?.commits.map(({ title }) => title) ?? [];
const stored = (path: string) => {
  const file = hub.state.find('model', NOTES)?.refs[0]?.files.find((one) => one.path === path);
  return file?.content.slice(0, file.size).toString();
};

/** A shell in the same home. */
function run(...words: string[]) {
  const shell = new Shell({ ...place.env, HF_ENDPOINT: hub.url, HUGWIRE_HOME: place.home, HF_TOKEN: WRITER });
  return shell.run(...words).finally(() => shell.remove());
}

const waiting = () => {
  const directory = join(place.home, 'state', 'proposals');
  return readdirSync(directory).map((name) => join(directory, name));
};

describe.each(ERAS)('a write, %s', (_era, versionNegotiation) => {
  it.each(['decline', 'cancel'])('that the user does not agree to (%s) sends nothing', async (action) => {
    await open({ reply: () => ({ action }), versionNegotiation });
    expect((await write('one\n')).text).toContain('nothing was changed');
    expect(questions).toEqual([
      expect.stringMatching(
        /write to the model maya\/journal-tagger \(private\), main:\n\+ notes\.txt \(new, 4 B, \+1 −0 lines\)/,
      ),
    ]);
    expect(writes()).toEqual([]);
  });

  it('that the user agrees to is one commit, which is read at once', async () => {
    await open({ reply: YES, versionNegotiation });
    expect((await call('hub_read', { uris: [`${NOTES}/config.json`] })).isError).toBe(false);
    const { text } = await write('one\n');
    expect(text).toContain(`Committed 1 change to ${NOTES}, main (${head()?.slice(0, 8)})`);
    expect(commits()).toEqual([`POST /api/models/${NOTES}/commit/main`]);
    expect(titles()[0]).toBe('Keep a note');
    expect((await call('hub_read', { uris: [`${NOTES}/notes.txt`] })).text).toContain('one');
    await write('two\n');
    expect((await call('hub_read', { uris: [`${NOTES}/notes.txt`] })).text).toContain('two');
    expect(questions[1]).toContain('~ notes.txt (replaces 4 B, 4 B, +1 −1 lines)');
  });
});

describe('where nobody can be asked', () => {
  it('a proposal waits, is applied once, and is gone then', async () => {
    await open();
    const { text } = await write('one\n');
    const id = /w_[0-9a-f]{8}/.exec(text)?.[0] ?? '';
    expect(text).toContain(`hugwire write apply ${id}`);
    expect(writes()).toEqual([]);
    expect(waiting().map((path) => statSync(path).mode & 0o777)).toEqual(
      process.platform === 'win32' ? [0o666] : [0o600],
    );
    expect((await run('write', 'list')).stdout).toContain(id);
    expect((await run('write', 'show', id)).stdout).toMatch(/notes\.txt:\n {2}one\n/);
    expect(await run('write', 'apply', id)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(writes()).toEqual([]);
    expect(await run('write', 'apply', id, '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Committed 1 change'),
    });
    expect(stored('notes.txt')).toBe('one\n');
    expect(await run('write', 'apply', id, '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`No proposed change ${id}`),
    });
    expect(commits()).toHaveLength(1);
    // The server learns what another process has written.
    expect((await call('hub_read', { uris: [`${NOTES}/notes.txt`] })).text).toContain('one');
  });

  it('a proposal that was discarded does nothing', async () => {
    await open();
    const id = /w_[0-9a-f]{8}/.exec((await write('one\n')).text)?.[0] ?? '';
    expect((await run('write', 'discard', id)).code).toBe(0);
    expect((await run('write', 'apply', id, '--yes')).code).toBe(1);
    expect(writes()).toEqual([]);
  });

  it('a proposal is refused when the branch moved meanwhile, and says who moved it', async () => {
    await open();
    const id = /w_[0-9a-f]{8}/.exec((await write('one\n')).text)?.[0] ?? '';
    await commitElsewhere('README.md', 'new words');
    const { code, stderr } = await run('write', 'apply', id, '--yes');
    expect([code, stderr]).toEqual([2, expect.stringContaining('maya committed “From elsewhere”')]);
    expect(commits()).toHaveLength(1);
  });

  it('an argument of the model is no consent', async () => {
    await open();
    for (const more of [{ confirm: true }, { agree: true }, { yes: 'true' }, { approved: 'user said yes' }]) {
      const { text } = await write('one\n', more);
      expect(text).not.toContain('Committed');
    }
    expect(writes()).toEqual([]);
  });

  it('ten proposals wait at most', async () => {
    await open();
    for (let at = 0; at < 12; at += 1) await write(`${at}\n`);
    expect(waiting()).toHaveLength(10);
  });
});

/** Somebody else commits. */
async function commitElsewhere(path: string, text: string): Promise<void> {
  const lines = [
    { key: 'header', value: { summary: 'From elsewhere', description: '' } },
    { key: 'file', value: { path, content: Buffer.from(text).toString('base64'), encoding: 'base64' } },
  ];
  const response = await fetch(`${hub.url}/api/models/${NOTES}/commit/main`, {
    method: 'POST',
    headers: { authorization: `Bearer ${WRITER}` },
    body: lines.map((line) => JSON.stringify(line)).join('\n'),
  });
  expect(response.status).toBe(200);
}

describe('what somebody else has changed', () => {
  it('since the question is not overwritten', async () => {
    const commit = () => commitElsewhere('notes.txt', 'theirs');
    let asked = 0;
    await open({ reply: () => YES() });
    client?.setRequestHandler('elicitation/create', async () => {
      asked += 1;
      await commit();
      return YES() as never;
    });
    const { text, isError } = await write('mine\n');
    expect([asked, isError, text]).toEqual([1, true, expect.stringContaining('maya committed “From elsewhere”')]);
    expect(stored('notes.txt')).toBe('theirs');
  });

  it('since it was read in this session is said before the question', async () => {
    await open({ reply: YES });
    await write('one\n');
    await call('hub_read', { uris: [`${NOTES}/notes.txt`] });
    await commitElsewhere('notes.txt', 'theirs');
    const { text } = await write('two\n');
    expect(text).toContain('maya committed “From elsewhere”');
    expect([questions.length, stored('notes.txt')]).toEqual([1, 'theirs']);
    // What was read again may be written again.
    expect((await call('hub_read', { uris: [`${NOTES}/notes.txt`] })).text).toContain('theirs');
    expect((await write('two\n')).text).toContain('Committed 1 change');
  });

  it('elsewhere in the repository is no hindrance', async () => {
    await open({ reply: YES });
    await write('one\n');
    await commitElsewhere('other.txt', 'theirs');
    expect((await write('two\n')).text).toContain('Committed 1 change');
  });

  it('since the parent that is given is refused', async () => {
    await open({ reply: YES });
    const parent = head();
    await commitElsewhere('other.txt', 'theirs');
    expect((await write('two\n', { parent })).text).toContain('maya committed “From elsewhere”');
    expect(questions).toEqual([]);
  });
});

describe('what the token may not do', () => {
  it.each([
    ['hf_demo_read_maya', 'may only read', 'https://huggingface.co/settings/tokens'],
    ['hf_demo_fine_maya', 'lacks the permission repo.write for maya/journal-tagger', 'Turn it on for maya'],
    ['hf_demo_expired_maya', 'rejected the token', ''],
  ])('is known before the question: %s', async (token, what, next) => {
    await open({ token, reply: YES });
    const { text, isError } = await write('one\n');
    expect([isError, text]).toEqual([true, expect.stringContaining(what)]);
    expect(text).toContain(next);
    expect([questions, writes()]).toEqual([[], []]);
  });

  it('is said of others, with what is writable', async () => {
    await open({ reply: YES });
    const { text } = await call('hub_write', {
      repo: 'openai-community/gpt2',
      files: [{ path: 'a.md', text: 'a' }],
      pull_request: false,
    });
    expect(text).toContain('It may write under maya, hugwire.');
    expect([questions, writes()]).toEqual([[], []]);
    const proposed = await call('hub_write', { repo: 'openai-community/gpt2', files: [{ path: 'a.md', text: 'a' }] });
    expect(proposed.text).toContain('as a pull request: ');
  });
});

describe('what the Hub answers badly', () => {
  it.each([
    ['an error', { response: { status: 500, body: { error: 'Internal Error' } } }],
    ['nothing', { drop: 'before' as const }],
    ['half of it', { drop: 'middle' as const }],
  ])('is looked at: a commit that was done is not repeated (%s)', async (_what, fault) => {
    await open({ reply: YES });
    hub.addFault({ path: /\/commit\/main/, method: 'POST', late: true, times: 1, ...fault });
    const { text, isError } = await write('one\n');
    expect([isError, text]).toEqual([false, expect.stringContaining('it was done, and is not repeated')]);
    expect([commits().length, titles().filter((title) => title === 'Keep a note').length]).toEqual([1, 1]);
  });

  it('is not repeated either where nothing was done', async () => {
    await open({ reply: YES });
    hub.addFault({
      path: /\/commit\/main/,
      method: 'POST',
      response: { status: 500, body: { error: 'Internal Error' } },
    });
    const { text, isError } = await write('one\n');
    expect([isError, text]).toEqual([true, expect.stringContaining('The Hub does not show the change')]);
    expect(commits()).toHaveLength(1);
  });

  it('is said not to be known where nobody can tell', async () => {
    await open({ reply: YES });
    hub.addFault({ path: /\/(?:commit|commits)\/main/, response: { status: 500, body: { error: 'Internal Error' } } });
    const { text } = await write('one\n');
    expect(text).toContain('It is not known whether the change was made');
    expect(commits()).toHaveLength(1);
  });

  it('holds for pull requests, repositories and comments', async () => {
    await open({ reply: YES });
    const response = { status: 502, body: { error: 'Bad gateway' } };
    hub.addFault({
      path: /\/commit\/main|repos\/create|\/discussions(?:\/1\/comment)?$/,
      method: 'POST',
      late: true,
      response,
    });
    const pull = await write('one\n', { pull_request: true });
    expect(pull.text).toContain('/discussions/');
    const created = await call('hub_create', { repo: 'fresh', kind: 'dataset' });
    expect(created.text).toContain('Created the private dataset maya/fresh');
    expect(
      (await call('hub_discuss', { repo: 'datasets/maya/fresh', title: 'A question', text: 'Why?' })).text,
    ).toContain('/discussions/1');
    expect((await call('hub_discuss', { repo: 'datasets/maya/fresh', number: 1, text: 'So.' })).text).toContain(
      'Commented on 1',
    );
    expect(
      hub.state.discussions.filter(({ repo }) => repo === 'maya/fresh').map(({ comments }) => comments.length),
    ).toEqual([2]);
  });
});

describe('secrets', () => {
  const TOKEN = `hf_${'aB3dE6gH9j'.repeat(3)}abcd`;
  it.each([
    ['a token of the Hub', `x = 1\nkey = "${TOKEN}"\n`, 'line 2', TOKEN],
    ['the token in use', `x = 1\n\nkey = "${WRITER}"\n`, 'line 3', WRITER],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n', 'line 1', 'MIIE'],
    ['a key of AWS', 'id = AKIAABCDEFGHIJKLMNOP\n', 'line 1', 'AKIAABCDEFGHIJKLMNOP'],
  ])('are refused: %s', async (_what, text, line, value) => {
    await open({ reply: YES });
    const { text: told, isError } = await write(text);
    expect([isError, told]).toEqual([true, expect.stringContaining('notes.txt holds ')]);
    expect(told).toContain(line);
    expect(told).not.toContain(value);
    await client?.close();
    const kept = readdirSync(place.home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    expect(kept.filter((content) => content.includes(value))).toEqual([]);
    expect([questions, writes()]).toEqual([[], []]);
  });

  it('that may be none are pointed out, and asked for even where no question is needed', async () => {
    await open({ reply: YES, config: { write: { allow: ['maya/*'] } } });
    await write('url = "postgres://ada:hunter22@db.corp/x"\n');
    expect(questions).toEqual([
      expect.stringContaining('Note: notes.txt seems to hold a password in an address in line 1.'),
    ]);
  });

  it('in files of this machine are refused, and so are hidden files and other places', async () => {
    await open({ reply: YES });
    const folder = join(place.home, 'shared');
    mkdirSync(folder);
    writeFileSync(
      join(place.home, 'config.json'),
      JSON.stringify({ tools: { enable: ['all'] }, files: { readFrom: [folder] } }),
    );
    writeFileSync(join(folder, 'key.txt'), `token ${TOKEN}\n`);
    writeFileSync(join(folder, '.env'), 'A=1\n');
    writeFileSync(join(place.home, 'elsewhere.txt'), 'x\n');
    writeFileSync(join(folder, 'fine.txt'), 'fine\n');
    const from = async (path: string) =>
      (await call('hub_write', { repo: NOTES, files: [{ path: 'up.txt', from: path }] })).text;
    await expect
      .poll(() => from(join(folder, 'key.txt')), { timeout: 15_000 })
      .toContain('seems to hold a Hugging Face token');
    expect(await from(join(folder, '.env'))).toContain('is hidden');
    expect(await from(join(place.home, 'elsewhere.txt'))).toContain('is not in a directory whose files may be sent');
    expect([questions, writes()]).toEqual([[], []]);
    expect(await from(join(folder, 'fine.txt'))).toContain('Committed 1 change');
  });
});

it('a token in any argument is neither asked about, nor kept, nor sent', { timeout: 60_000 }, async () => {
  await open();
  const token = `hf_${'aB3dE6gH9j'.repeat(3)}abcd`;
  const file = { path: 'a.txt', text: 'x' };
  const space = 'hugwire/demo-space';
  const job = { action: 'run', image: 'ubuntu', command: ['ls'] };
  for (const secret of [token, WRITER, `%68f_${token.slice(3)}`, `${token.slice(0, 9)}\u200b${token.slice(9)}`]) {
    const calls: [string, Record<string, unknown>][] = [
      ['hub_write', { repo: NOTES, files: [{ ...file, path: secret }] }],
      ['hub_write', { repo: NOTES, files: [{ ...file, path: `dir/${secret}.txt` }] }],
      ['hub_write', { repo: NOTES, files: [{ ...file, text: `a ${secret}` }] }],
      ['hub_write', { repo: NOTES, files: [{ path: 'a.txt', from: secret }] }],
      ['hub_write', { repo: NOTES, files: [file], message: secret }],
      ['hub_write', { repo: NOTES, files: [file], message: `One line\n\n${secret}` }],
      ['hub_write', { repo: NOTES, files: [file], branch: secret }],
      ['hub_write', { repo: NOTES, files: [file], parent: secret }],
      ['hub_write', { repo: `maya/${secret}`, files: [file] }],
      ['hub_create', { repo: `maya/${secret}` }],
      ['hub_create', { repo: 'maya/fresh', from: secret }],
      ['hub_discuss', { repo: NOTES, title: `About ${secret}`, text: 'x' }],
      ['hub_discuss', { repo: NOTES, title: 'A question', text: secret }],
      ['space_admin', { space, action: 'set_variable', key: secret, value: 'x' }],
      ['space_admin', { space, action: 'set_variable', key: 'X', value: secret }],
      ['space_admin', { space, action: 'hardware', hardware: secret }],
      ['hub_job', { ...job, image: secret }],
      ['hub_job', { ...job, command: ['echo', secret] }],
      ['hub_job', { ...job, env: { A: secret } }],
      ['hub_job', { ...job, env: { [secret]: 'x' } }],
      ['hub_job', { ...job, owner: secret }],
      ['hub_job', { ...job, flavor: secret }],
      ['hub_job', { ...job, timeout: secret }],
      ['hub_job', { action: 'status', id: secret }],
    ];
    for (const [name, args] of calls) {
      const { text, isError } = await call(name, args);
      const isTold = [token, WRITER].some((one) => text.includes(one));
      expect([name, args, isError, isTold]).toEqual([name, args, true, false]);
    }
  }
  const sent = JSON.stringify(hub.seen.map(({ url, body }) => [decodeURIComponent(url), body]));
  expect([sent.includes(token), sent.includes(WRITER), writes()]).toEqual([false, false, []]);
  expect(readdirSync(join(place.home, 'state')).includes('proposals')).toBe(false);
});

describe('the config', () => {
  it('names repositories that need no question', async () => {
    await open({ config: { write: { allow: ['models/maya/*'] } } });
    expect((await write('one\n')).text).toContain('Committed 1 change');
    expect((await call('hub_create', { repo: 'maya/open', private: false })).text).toContain('waits for an hour');
    expect((await call('hub_create', { repo: 'datasets/maya/closed' })).text).toContain('waits for an hour');
    const job = { action: 'run', image: 'ubuntu', command: ['echo', 'x'] };
    expect((await call('hub_job', job)).text).toContain('waits for an hour');
  });

  it('takes all of it away when it only lets read', async () => {
    await open({ args: ['--read-only'], reply: YES });
    const names = (await client?.listTools())?.tools.map(({ name }) => name);
    expect(names).not.toEqual(expect.arrayContaining(['hub_write']));
    expect(names?.filter((name) => /write|create|discuss|admin|job/.test(name))).toEqual([]);
  });

  it('shows the plan and does nothing in a dry run', async () => {
    await open({ args: ['--dry-run'], reply: YES });
    expect((await write('one\n')).text).toMatch(/^Dry run: nothing was done\.\nwrite to the model .*\n\+ notes\.txt/);
    expect([questions, writes()]).toEqual([[], []]);
  });

  it('offers none of it by default', async () => {
    await open({ config: { tools: {} } });
    const names = (await client?.listTools())?.tools.map(({ name }) => name) ?? [];
    expect(names.filter((name) => /write|create|discuss|admin|job/.test(name))).toEqual([]);
  });
});

describe('large files', () => {
  it('go to another origin without the token, and in pieces', async () => {
    await open({ reply: YES });
    const folder = join(place.home, 'shared');
    mkdirSync(folder);
    writeFileSync(
      join(place.home, 'config.json'),
      JSON.stringify({ tools: { enable: ['all'] }, files: { readFrom: [folder] } }),
    );
    const large = Buffer.alloc(40_000_000, 'large ');
    writeFileSync(join(folder, 'large.bin'), large);
    writeFileSync(join(folder, 'small.bin'), Buffer.alloc(3000));
    writeFileSync(join(folder, 'empty.bin'), '');
    const files = [
      { path: 'data/', from: folder },
      { path: 'config.json', delete: true },
    ];
    const send = async () => (await call('hub_write', { repo: NOTES, files })).text;
    await expect.poll(send, { timeout: 15_000 }).toContain('Committed 4 changes');
    const sent = hub.cdn.seen.filter(({ method }) => method === 'PUT');
    expect(sent).toHaveLength(4);
    expect(sent.filter(({ headers }) => headers.authorization)).toEqual([]);
    expect(JSON.stringify([...sent.map(({ headers }) => headers)])).not.toContain(WRITER);
    const file = hub.state.find('model', NOTES)?.refs[0]?.files.find(({ path }) => path === 'data/large.bin');
    expect(file?.content.slice(0, large.length).equals(large)).toBe(true);
    expect(stored('data/empty.bin')).toBe('');
    expect(commits()).toHaveLength(1);
  });
});

it("a developer's loop: a Space breaks, its log says why, and the mended file makes it run", {
  timeout: 60_000,
}, async () => {
  const space = await startDemoSpace();
  await hub.close();
  hub = await startDemoHub({ spaceHost: new URL(space.url).host });
  const SPACE = 'hugwire/demo-space';
  await open({ reply: YES });
  const greet = () => call('space_call', { space: SPACE, endpoint: '/greet', arguments: { name: 'Ada' } });
  const put = (text: string) => call('hub_write', { repo: `spaces/${SPACE}`, files: [{ path: 'app.py', text }] });
  expect((await greet()).text).toContain('Hello, Ada');
  const broken = await put('import gradio as gr\n\ngr.Interface(lambda name: name, "text", "text".launch()\n');
  expect(broken.text).toMatch(
    /The Space is not running: RUNTIME_ERROR, .*was never closed[\s\S]*space_admin space="hugwire\/demo-space" action="logs"/,
  );
  expect(await greet()).toMatchObject({ isError: true, text: expect.stringContaining('was never closed') });
  const logs = await call('space_admin', { space: SPACE, action: 'logs' });
  expect(logs.text).toMatch(/File "\/home\/user\/app\/app\.py", line 3\n[\s\S]*SyntaxError: '\(' was never closed/);
  const mended = await put('import gradio as gr\n\ngr.Interface(lambda name: name, "text", "text").launch()\n');
  expect(mended.text).toContain('The Space is RUNNING.');
  expect((await call('space_admin', { space: SPACE, action: 'restart' })).text).toContain('The Space is RUNNING.');
  expect((await greet()).text).toContain('Hello, Ada');
  await space.close();
});

describe('Spaces and jobs', () => {
  it('secrets are told by name alone, and set by the user', async () => {
    await open({ reply: YES });
    hub.state
      .settings('secrets', 'hugwire/demo-space')
      .set('KEY', { key: 'KEY', value: 'hidden words', updatedAt: '2026-12-01T00:00:00.000Z' });
    const { text } = await call('space_admin', { space: 'hugwire/demo-space', action: 'status' });
    expect(text).toContain('Secrets, by name: KEY');
    expect(text).not.toContain('hidden words');
    const value = `hf_${'aB3dE6gH9j'.repeat(3)}abcd`;
    const set = await call('space_admin', { space: 'hugwire/demo-space', action: 'set_variable', key: 'TOKEN', value });
    expect(set.text).toContain('hugwire spaces secret set hugwire/demo-space TOKEN');
    expect([set.text.includes(value), writes()]).toEqual([false, []]);
  });

  it('a secret is set from stdin, and told nowhere', async () => {
    await open();
    const value = `hf_${'aB3dE6gH9j'.repeat(3)}abcd`;
    const shell = new Shell({ ...place.env, HF_ENDPOINT: hub.url, HF_TOKEN: WRITER });
    const { child, ended } = shell.start('spaces', 'secret', 'set', 'hugwire/demo-space', 'API_KEY');
    child.stdin?.end(`${value}\n`);
    const { code, stdout, stderr } = await ended;
    expect([code, stdout]).toEqual([0, expect.stringContaining('Set the secret API_KEY of hugwire/demo-space')]);
    expect(`${stdout}${stderr}`).not.toContain(value);
    expect(hub.state.settings('secrets', 'hugwire/demo-space').get('API_KEY')?.value).toBe(value);
    expect(await shell.run('spaces', 'secret', 'set', 'hugwire/demo-space', 'API_KEY')).toMatchObject({ code: 2 });
    expect(await shell.run('--read-only', 'spaces', 'secret', 'set', 'hugwire/demo-space', 'X')).toMatchObject({
      code: 1,
    });
    shell.remove();
  });

  it('a job states its cost before it runs, and is refused above the limit', async () => {
    await open({ reply: YES });
    const job = { action: 'run', image: 'python:3.12', command: ['python', '-c', "print('Hello')"] };
    const { text } = await call('hub_job', { ...job, flavor: 't4-small', timeout: '1h' });
    expect(questions[0]).toContain('Hardware: t4-small, for 60 min at most. It costs $0.41 at most.');
    const id = /job ([0-9a-f]{24})/.exec(text)?.[1];
    expect((await call('hub_job', { action: 'logs', id })).text).toMatch(/is COMPLETED\.[\s\S]*Hello/);
    const costly = await call('hub_job', { ...job, flavor: 'a100-large', timeout: '1h' });
    expect(costly.text).toContain('could cost up to $2.50');
    expect(questions).toHaveLength(1);
    const [sent] = hub.seen.filter(({ method, url }) => method === 'POST' && url === '/api/jobs/maya');
    expect(JSON.parse(sent?.body ?? '{}')).not.toHaveProperty('secrets');
  });

  it('a job that hangs is cancelled, and its log is told as far as it went', { timeout: 60_000 }, async () => {
    await open({ reply: YES });
    const { text } = await call('hub_job', {
      action: 'run',
      image: 'ubuntu',
      command: ['sh', '-c', 'echo begun; sleep 600'],
    });
    const id = /job ([0-9a-f]{24})/.exec(text)?.[1];
    expect((await call('hub_job', { action: 'logs', id })).text).toMatch(/It is still RUNNING[\s\S]*begun/);
    expect((await call('hub_job', { action: 'cancel', id })).text).toContain(`Cancelled job ${id}`);
    expect((await call('hub_job', { action: 'cancel', id })).text).toContain('is CANCELED already');
  });

  it('a log that breaks off is told as far as it came', async () => {
    await open({ reply: YES });
    const { text } = await call('hub_job', { action: 'run', image: 'ubuntu', command: ['echo', 'x'] });
    const id = /job ([0-9a-f]{24})/.exec(text)?.[1];
    const line = (data: string) => `data: ${JSON.stringify({ data })}\n\n`;
    const body = `${line('the first half')}${line('never seen, since the connection is cut')}`;
    const headers = { 'Content-Type': 'text/event-stream', 'X-Powered-By': 'huggingface-moon' };
    hub.addFault({ path: /\/logs$/, drop: 'middle', response: { headers, body } });
    const logs = (await call('hub_job', { action: 'logs', id })).text;
    expect(logs).toMatch(/the first half\n\(the log broke off here\)/);
    expect((await call('hub_job', { action: 'logs', id: 'nope' })).text).toContain('maya has no job nope');
  });

  it('an account that cannot pay is told so', async () => {
    await open({ token: 'hf_demo_write_theo', reply: YES });
    const { text } = await call('hub_job', { action: 'run', image: 'ubuntu', command: ['ls'] });
    expect(text).toContain('quota_exceeded: The Hub requires payment for');
    expect(text).toContain('https://huggingface.co/settings/billing');
  });
});
