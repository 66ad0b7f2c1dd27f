import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.js';
import { SavedFileIndex } from '../../src/sessions/saved-files.js';
import { createSpaces } from '../../src/spaces/spaces.js';
import type { Spaces } from '../../src/spaces/types.js';
import { describeTool } from '../../src/tools/describe.js';
import { runTool } from '../../src/tools/run.js';
import { spaceCall } from '../../src/tools/space_call.js';
import { spaceResult } from '../../src/tools/space_result.js';
import type { Answer, AnyTool, Progress, Question, ToolContext, ToolResult } from '../../src/tools/tool.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoSpace } from '../../src/world/types.js';
import { FakeClient } from '../hub/fake-client.js';

let demo: DemoSpace;
let directory: string;
let config: Config;
let spaces: Spaces;

beforeAll(async () => {
  demo = await startDemoSpace();
  directory = await mkdtemp(join(tmpdir(), 'hugwire-call-'));
  const files = { saveTo: directory, readFrom: [directory] };
  config = configSchema.parse({ files, spaces: { waitSeconds: 20, local: [demo.url] } });
  spaces = createSpaces({ hub: () => new FakeClient(), net: fetch, config: () => config });
});

afterAll(async () => {
  await spaces.close();
  await demo.close();
  await rm(directory, { recursive: true, force: true });
});

function context(change: Partial<ToolContext> = {}): ToolContext {
  return { hub: new FakeClient(), spaces, config, signal: new AbortController().signal, progress: () => {}, ...change };
}

const run = (tool: AnyTool, args: object, change?: Partial<ToolContext>): Promise<ToolResult> =>
  runTool(tool, args, context(change));
const call = (args: object, change?: Partial<ToolContext>) =>
  run(spaceCall, { space: demo.url, ...args }, change) as Promise<ToolResult<Record<string, unknown>>>;

/** The id of the job that an answer hands off. */
const jobIn = (result: ToolResult): string => /job="(j_[\w-]{22})"/.exec(result.text)?.[1] ?? '';

describe('space_call', () => {
  it('runs an endpoint and answers with its value', async () => {
    const { text, data } = await call({ endpoint: 'greet', arguments: { name: 'Ada' } });
    expect(text).toMatch(/^http:\/\/127\.0\.0\.1:\d+ \/greet answered in \d+\.\d s\.\nGreeting: “Hello, Ada/);
    expect(data).toMatchObject({
      state: 'done',
      endpoint: '/greet',
      values: [{ value: expect.stringContaining('Ada') }],
    });
  });

  it.each<[string, object | string]>([
    ['a list by place', ['Ada']],
    ['a list as JSON text', '["Ada"]'],
    ['JSON text within JSON text', '"{\\"name\\":\\"Ada\\"}"'],
    ['the value alone', 'Ada'],
    ['one name for all', { inputs: { name: 'Ada' } }],
    ['an object for a text', { name: { type: 'text', text: 'Ada' } }],
    ['whatever is left out', { name: 'Ada', excited: 'None' }],
  ])('takes arguments given as %s, beside what programs add', async (_, given) => {
    const noise = {
      toolCallId: 'c',
      sessionId: 's',
      action: 'sendMessage',
      chatInput: 'hi',
      tool: { name: 'space_call' },
    };
    const { data } = await call({ endpoint: '/greet', arguments: given, session: '', wait_seconds: 'null', ...noise });
    expect(data).toMatchObject({ state: 'done', values: [{ value: expect.stringContaining('Ada') }] });
  });

  it('saves an image, names its path, and shows it', async () => {
    const result = await call({ endpoint: '/draw', arguments: { prompt: 'a lighthouse', seed: 7 } });
    const path = /: (\/\S+\.png) \(image\/png, [\d.]+ kB, shown below\)/.exec(result.text)?.[1] ?? '';
    expect(path.startsWith(directory)).toBe(true);
    const saved = await readFile(path);
    expect(result.images).toEqual([{ mimeType: 'image/png', data: saved.toString('base64') }]);
    expect(JSON.stringify(result.data)).not.toContain('gradio.FileData');
  });

  it('an image above the limit is saved, but not shown', async () => {
    const small = configSchema.parse({ files: { saveTo: directory, inlineImageBytes: 10 } });
    const result = await call({ endpoint: '/draw', arguments: { prompt: 'x', seed: 1 } }, { config: small });
    expect(result.images).toEqual([]);
    expect(result.text).toMatch(/\.png \(image\/png, [\d.]+ kB\)/);
  });

  it('sends a local file and says which', async () => {
    const path = join(directory, 'notes of today.txt');
    await writeFile(path, 'one two three\n');
    const { text } = await call({ endpoint: '/describe_file', arguments: { file: path } });
    expect(text).toContain(`Sent to ${demo.url}: ${path}`);
    expect(text).toContain('notes of today.txt');
  });

  describe('a file that is not sent without asking', () => {
    let elsewhere: string;
    beforeAll(async () => {
      elsewhere = await mkdtemp(join(tmpdir(), 'hugwire-elsewhere-'));
      await writeFile(join(elsewhere, 'one.txt'), 'one.txt');
    });
    afterAll(() => rm(elsewhere, { recursive: true }));
    const uploads = () => demo.log.filter((line) => /upload/i.test(line)).length;
    const send = async (name: string, answer?: Answer) => {
      const asked: Question[] = [];
      const before = uploads();
      const ask = async (question: Question) => {
        asked.push(question);
        return answer as Answer;
      };
      const args = { endpoint: '/describe_file', arguments: { file: join(elsewhere, name) } };
      const { text } = await call(args, answer && { ask });
      return { text, asked: asked.map(({ message }) => message), uploads: uploads() - before };
    };

    it('is sent when the user agrees, who is told why it would not be', async () => {
      const { text, asked } = await send('one.txt', { action: 'accept', values: { agree: true } });
      expect(text).toContain(`Sent to ${demo.url}: ${join(elsewhere, 'one.txt')}`);
      expect(asked).toEqual([
        expect.stringContaining(
          `File: ${join(elsewhere, 'one.txt')} (7 B)\nSpace: ${demo.url}\nNote: the file is not in`,
        ),
      ]);
    });

    it.each<Answer>([
      { action: 'decline' },
      { action: 'cancel' },
      { action: 'accept', values: { agree: false } },
      { action: 'accept', values: {} },
    ])('is not sent when the user answers %o', async (answer) => {
      const { text, asked, uploads } = await send('one.txt', answer);
      expect(text).toMatch(/^blocked: The user did not agree to send/);
      expect([asked.length, uploads]).toEqual([1, 0]);
    });

    it('is refused where nobody can be asked, with the way to allow it', async () => {
      const { text, uploads } = await send('one.txt');
      expect(text).toMatch(/^blocked: .*one\.txt" is not in a directory whose files may be sent/);
      expect(text).toContain(`hugwire call space_call space=${demo.url}`);
      expect(uploads).toBe(0);
    });
  });

  it('sends what it saved back to a Space, and nothing else from there', async () => {
    const saveTo = await mkdtemp(join(tmpdir(), 'hugwire-saved-'));
    const index = new SavedFileIndex(join(saveTo, 'index.jsonl'));
    const own = configSchema.parse({ files: { saveTo }, spaces: { waitSeconds: 20, local: [demo.url] } });
    const savedFiles = async () => index;
    const saver = createSpaces({ hub: () => new FakeClient(), net: fetch, config: () => own, savedFiles });
    const change = { spaces: saver, config: own };
    const drawn = await call({ endpoint: '/draw', arguments: { prompt: 'a fox', seed: 1 } }, change);
    const [{ path }] = drawn.data.files as [{ path: string }];
    const send = (file: string) => call({ endpoint: '/describe_file', arguments: { file } }, change);
    expect((await send(path)).text).toContain(`Sent to ${demo.url}: ${path}`);
    await writeFile(join(saveTo, 'foreign.txt'), 'x');
    expect((await send('foreign.txt')).text).toContain('hugwire did not save it');
    await writeFile(path, 'x');
    expect((await send(path)).text).toContain('was changed since hugwire saved it');
    await saver.close();
    await rm(saveTo, { recursive: true });
  });

  it.each<[string, (token: string) => object]>([
    ['a text', (token) => ({ endpoint: '/greet', arguments: { name: `I am ${token}` } })],
    ['base64', (token) => ({ endpoint: '/greet', arguments: { name: Buffer.from(`x:${token}`).toString('base64') } })],
    ['a data: URL', (token) => ({ endpoint: '/describe_file', arguments: { file: `data:text/plain,${token}` } })],
    ['a web address', (token) => ({ endpoint: '/describe_file', arguments: { file: `https://example.com/${token}` } })],
    ['a session', (token) => ({ endpoint: '/greet', arguments: { name: 'Ada' }, session: token })],
  ])('never sends the token in use in %s', async (_, args) => {
    const hub = new FakeClient();
    hub.tokenValue = `hf_${'aBcD1234'.repeat(4)}xy`;
    const own = createSpaces({ hub: () => hub, net: fetch, config: () => config });
    const before = demo.log.length;
    const { text } = await call(args(hub.tokenValue), { spaces: own });
    expect(text).toMatch(/^blocked: .*holds the Hugging Face token in use/);
    expect(text).not.toContain(hub.tokenValue);
    expect(demo.log.slice(before).join('\n')).not.toMatch(/upload|queue|POST/i);
    await own.close();
  });

  it('the words of an error come from the Space, without a stack', async () => {
    const { text, isError } = await call({
      endpoint: '/fail',
      arguments: { message: 'Too <b>dark</b>', title: 'Camera' },
    });
    expect(isError).toBe(true);
    expect(text).toMatch(/^space_error: .+“Camera: Too dark”\nNext: /);
  });

  it('a wrong argument never reaches the Space', async () => {
    const before = demo.seen.filter(({ url }) => url.includes('/queue/join')).length;
    const { text } = await call({ endpoint: '/greet', arguments: { nmae: 'Ada' } });
    expect(text).toMatch(/^invalid_arguments: .*nmae[\s\S]*Did you mean "name"/);
    expect(demo.seen.filter(({ url }) => url.includes('/queue/join')).length).toBe(before);
  });

  it('keeps the state of a session, and of that session only', async () => {
    const first = await call({ endpoint: '/remember', arguments: { note: 'buy bread' }, session: 'shopping' });
    expect(first.text).toContain('session="shopping"');
    const odd = await call({ endpoint: '/recall', session: `a\u202e\n${'b'.repeat(5_000)}` });
    expect(odd.text).toMatch(/session="a b{1,60}…?" for further calls\.$/);
    expect((await call({ endpoint: '/recall', session: 'shopping' })).text).toContain('buy bread');
    expect((await call({ endpoint: '/recall', session: 'other' })).text).not.toContain('buy bread');
    expect((await call({ endpoint: '/recall' })).text).not.toContain('buy bread');
  });

  it('reports progress that rises strictly', async () => {
    const steps: Progress[] = [];
    await call(
      { endpoint: '/slow', arguments: { steps: 3, step_seconds: 0.3 } },
      { progress: (step) => steps.push(step) },
    );
    const values = steps.map(({ progress }) => progress);
    expect(values.length).toBeGreaterThan(1);
    expect(values.every((value, at) => at === 0 || value > (values[at - 1] ?? 0))).toBe(true);
    expect(steps.some(({ message }) => /\/3/.test(message ?? ''))).toBe(true);
  });

  it.each(['pinned-only', 'off'] as const)('is refused where spaces.others is %s', async (others) => {
    const strict = createSpaces({
      hub: () => new FakeClient(),
      net: fetch,
      config: () => configSchema.parse({ spaces: { others } }),
    });
    const { text } = await call({ endpoint: '/greet' }, { spaces: strict });
    expect(text).toMatch(/^disabled: .*spaces\.others/);
    await strict.close();
  });

  it('a pinned Space may be called where others may not', async () => {
    const pinned = [{ space: demo.url, tool: 'demo_space' }];
    const strict = createSpaces({
      hub: () => new FakeClient(),
      net: fetch,
      config: () =>
        configSchema.parse({
          spaces: { others: 'pinned-only', pinned },
          files: { saveTo: directory, readFrom: [directory] },
        }),
    });
    const { text } = await call({ endpoint: '/greet', arguments: { name: 'Ada' } }, { spaces: strict });
    expect(text).toContain('Hello, Ada');
    await strict.close();
  });

  it('never calls a Space of the Hub offline', async () => {
    const hub = Object.assign(new FakeClient(() => ({ body: { id: 'o/n', subdomain: 'o-n' } })), { offline: true });
    const asked: string[] = [];
    const net: typeof fetch = async (input) => {
      asked.push(String(input));
      return Response.error();
    };
    const offline = createSpaces({ hub: () => hub, net, config: () => config, typed: true });
    const { text } = await call({ space: 'o/n', endpoint: '/greet' }, { spaces: offline });
    expect(text).toMatch(/^offline: /);
    expect(asked).toEqual([]);
  });
});

describe('a call that takes longer than the client waits', () => {
  const slow = { endpoint: '/slow', arguments: { steps: 60, step_seconds: 60 } };

  it('is handed off, goes on, and is fetched by its id', async () => {
    const handed = await call({ endpoint: '/count', arguments: { to: 3, pause_seconds: 0.1 }, wait_seconds: 0 });
    expect(handed.text).toMatch(/^Still running after .+\nStatus: .+\nNext: call space_result with job="j_/);
    expect(handed.data).toMatchObject({ state: 'running' });
    const fetched = await run(spaceResult, { job: jobIn(handed) });
    expect(fetched.text).toMatch(/answered in[\s\S]*1 2 3/);
    const again = await run(spaceResult, { job: jobIn(handed) });
    expect(again.text).toBe(fetched.text);
  });

  it('ends with its time-out where the client waits as long as it may run', async () => {
    const short = { ...config, spaces: { ...config.spaces, waitSeconds: 1, maxSeconds: 1 } };
    const own = createSpaces({ hub: () => new FakeClient(), net: fetch, config: () => short, typed: true });
    const { text, isError } = await call(slow, { spaces: own, config: short });
    await own.close();
    expect(text).toMatch(/^timeout: .* gave no result within 1 s/);
    expect(isError).toBe(true);
  });

  it('saves its files although nobody asks', async () => {
    const handed = await call({ endpoint: '/draw', arguments: { prompt: 'unasked for', seed: 2 }, wait_seconds: 0 });
    const job = await spaces.job(jobIn(handed));
    await job?.wait(20);
    const [file] = job?.outcome?.files ?? [];
    expect(file?.path).toContain('unasked-for');
    expect((await readFile(file?.path ?? '')).length).toBe(file?.bytes);
  });

  it('is cancelled at the Space by space_result', async () => {
    const handed = await call({ ...slow, wait_seconds: 0.2 });
    const before = demo.log.length;
    const { text } = await run(spaceResult, { job: jobIn(handed), cancel: true });
    expect(text).toBe(`${jobIn(handed)}: The call was cancelled, and the Space was told to stop.`);
    expect(demo.log.slice(before).join('\n')).toMatch(/cancel/i);
    const later = await run(spaceResult, { job: jobIn(handed) });
    expect(later.text).toMatch(/^cancelled: /);
  });

  it('answers with its result, and says so, when it ended before it was cancelled', async () => {
    const { data } = await call({ endpoint: '/greet', arguments: { name: 'Ada' } });
    const { text } = await run(spaceResult, { job: data.job, cancel: true });
    expect(text).toMatch(/Hello, Ada[\s\S]*\nNothing was cancelled: it had already ended\.$/);
  });

  it('is cancelled at the Space when the client cancels the first call', async () => {
    const client = new AbortController();
    const before = demo.log.length;
    const cancelled = call(slow, {
      signal: client.signal,
      progress: ({ message }) => message?.includes('Working') && client.abort(),
    });
    expect((await cancelled).text).toMatch(/^cancelled: /);
    expect(demo.log.slice(before).join('\n')).toMatch(/cancel/i);
  });

  it('goes on when a client leaves after the hand-off', async () => {
    const handed = await call({ ...slow, wait_seconds: 0.2 });
    const client = new AbortController();
    const waiting = run(spaceResult, { job: jobIn(handed) }, { signal: client.signal });
    client.abort();
    await waiting;
    const job = await spaces.job(jobIn(handed));
    expect(job?.state).toBe('running');
    await job?.cancel();
  });

  it('an id that does not exist is explained', async () => {
    const { text, isError } = await run(spaceResult, { job: 'j_none' });
    expect(isError).toBe(true);
    expect(text).toMatch(/^not_found: .*j_none/);
  });

  it('closing cancels it at the Space', async () => {
    const own = createSpaces({ hub: () => new FakeClient(), net: fetch, config: () => config, typed: true });
    const handed = await call({ ...slow, wait_seconds: 0.3 }, { spaces: own });
    const before = demo.log.length;
    await own.close();
    expect(jobIn(handed)).not.toBe('');
    expect(demo.log.slice(before).join('\n')).toMatch(/cancel/i);
  });
});

describe('their definitions', () => {
  it.each([spaceCall, spaceResult] as AnyTool[])('$name costs little context', (tool) => {
    expect(encode(JSON.stringify(describeTool(tool))).length).toBeLessThanOrEqual(210);
  });
});
