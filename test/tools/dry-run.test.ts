import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.js';
import { chooseEndpoint } from '../../src/gradio/choose.js';
import { pinSpace } from '../../src/spaces/pinned.js';
import { createSpaces } from '../../src/spaces/spaces.js';
import type { Spaces } from '../../src/spaces/types.js';
import { TOOLS } from '../../src/tools/index.js';
import { pinnedTools } from '../../src/tools/pinned.js';
import { runTool } from '../../src/tools/run.js';
import { spaceCall } from '../../src/tools/space_call.js';
import { spaceInfo } from '../../src/tools/space_info.js';
import { spaceResult } from '../../src/tools/space_result.js';
import type { AnyTool, ToolContext, ToolResult } from '../../src/tools/tool.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoSpace } from '../../src/world/types.js';
import { FakeClient } from '../hub/fake-client.js';

let demo: DemoSpace;
let directory: string;
let config: Config;
let spaces: Spaces;
/** What the Space was sent before the test. */
let before: number;

beforeAll(async () => {
  demo = await startDemoSpace();
  directory = await mkdtemp(join(tmpdir(), 'hugwire-plan-'));
  config = configSchema.parse({
    files: { saveTo: directory, readFrom: [directory] },
    spaces: { waitSeconds: 20, local: [demo.url, 'http://127.0.0.1:2'] },
    tools: { dryRun: true },
  });
  spaces = createSpaces({ hub: () => new FakeClient(), net: fetch, config: () => config });
});
afterAll(async () => {
  await spaces.close();
  await demo.close();
  await rm(directory, { recursive: true, force: true });
});
const sent = () => demo.seen.filter(({ url }) => /\/queue\/join|\/upload|\/cancel/.test(url)).length;
beforeEach(() => {
  before = sent();
});

async function run(tool: AnyTool, args: object, change: Partial<ToolContext> = {}) {
  const signal = new AbortController().signal;
  const ctx: ToolContext = { hub: new FakeClient(), spaces, config, signal, progress: () => {}, ...change };
  return (await runTool(tool, args, ctx)) as ToolResult<Record<string, unknown>>;
}
const call = (args: object, change?: Partial<ToolContext>) => run(spaceCall, { space: demo.url, ...args }, change);

describe('space_call, when nothing is to be done', () => {
  it('tells the endpoint, the arguments with their defaults, and where files would go; nothing is sent or saved', async () => {
    const { text, data, isError } = await call({ endpoint: 'draw', arguments: { prompt: 'a\nlighthouse' } });
    expect(isError).toBeUndefined();
    expect(text).toMatch(
      /^Dry run: nothing was done\.\nWould run \/draw of http:\/\/127\.0\.0\.1:\d+, which is a local app, with:\n/,
    );
    expect(text).toContain('  prompt: "a\\nlighthouse"\n');
    expect(text).toContain(`What it returns would be saved in ${directory}.`);
    expect(data).toMatchObject({
      dryRun: true,
      endpoint: '/draw',
      checked: true,
      arguments: { prompt: 'a\nlighthouse', seed: expect.any(Number) },
      saveTo: directory,
      sentToken: false,
    });
    expect(sent()).toBe(before);
    expect(await readdir(directory)).toEqual([]);
  });

  it.each([
    ['an endpoint that is not there', { endpoint: '/drow' }, /^invalid_arguments: .*no endpoint "\/drow"/],
    ['an argument that is not there', { endpoint: '/greet', arguments: { nmae: 'A' } }, /^invalid_arguments: .*nmae/],
    ['a value out of range', { endpoint: '/draw', arguments: { prompt: 'x', seed: -5 } }, /^invalid_arguments: .*seed/],
    ['a Space that is not there', { space: 'http://127.0.0.1:2' }, /^(?:unavailable|space_broken)/],
    ['a file that may not be read', { endpoint: '/describe_file', arguments: { file: '/etc/hostname' } }, /^blocked: /],
    ['a file that is not there', { endpoint: '/describe_file', arguments: { file: 'missing.txt' } }, /^not_found: /],
  ])('fails as the call would: %s', async (_title, args, message) => {
    const { text, isError } = await call(args);
    expect(isError).toBe(true);
    expect(text).toMatch(message);
    expect(sent()).toBe(before);
  });

  it('names a file that would be sent, and where to', async () => {
    const path = join(directory, 'list.txt');
    await writeFile(path, 'apples\n');
    const { text, data } = await call({ endpoint: '/describe_file', arguments: { file: path } });
    expect(text).toContain(`  file: the file ${path}, sent to ${demo.url}`);
    expect(data.files).toEqual([{ parameter: 'file', source: path }]);
    expect(sent()).toBe(before);
    await rm(path);
  });

  it('tells of a file that the user would be asked about, and asks nothing', async () => {
    const ask = () => Promise.reject(new Error('asked'));
    const args = { endpoint: '/describe_file', arguments: { file: join(process.cwd(), 'package.json') } };
    const { text } = await call(args, { ask });
    expect(text).toMatch(/The user would be asked first whether .*package\.json may be sent: it is not in a directory/);
    expect(sent()).toBe(before);
  });

  it.each(['pinned-only', 'off'] as const)('is refused where spaces.others is %s', async (others) => {
    const strict = createSpaces({
      hub: () => new FakeClient(),
      net: fetch,
      config: () => configSchema.parse({ spaces: { others } }),
    });
    expect((await call({ endpoint: '/greet' }, { spaces: strict })).text).toMatch(/^disabled: .*spaces\.others/);
    await strict.close();
  });
});

describe('a Space of the Hub', () => {
  const open = (stage: string, more: object = {}) => {
    const hub = new FakeClient(() => ({
      body: {
        id: 'o/n',
        subdomain: 'o-n',
        sdk: 'gradio',
        runtime: { stage, hardware: { current: 'zero-a10g' } },
        ...more,
      },
    }));
    const asked: string[] = [];
    const net: typeof fetch = async (input) => {
      asked.push(String(input));
      return Response.error();
    };
    return { asked, hub, spaces: createSpaces({ hub: () => hub, net, config: () => config, typed: true }) };
  };

  it('that sleeps is not woken: what could not be checked is said', async () => {
    const { asked, hub, spaces } = open('SLEEPING');
    const { text, data } = await call({ space: 'o/n', endpoint: '/x', arguments: { a: 1 } }, { hub, spaces });
    expect(text).toContain('Would run /x of o/n, which is asleep, on zero-a10g: it would be woken first.');
    expect(text).toContain('could not be checked');
    expect(data).toMatchObject({
      dryRun: true,
      checked: false,
      endpoint: '/x',
      arguments: { a: 1 },
      stage: 'SLEEPING',
    });
    expect(asked).toEqual([]);
    await spaces.close();
  });

  it('that is paused fails as the call would', async () => {
    const { asked, hub, spaces } = open('PAUSED');
    expect((await call({ space: 'o/n' }, { hub, spaces })).text).toMatch(/^space_asleep: o\/n is paused/);
    expect(asked).toEqual([]);
    await spaces.close();
  });
});

describe('the tool of a pinned Space', () => {
  it('tells what it would do', async () => {
    const app = await spaces.open(demo.url);
    const entry = pinSpace(app, chooseEndpoint(app, '/greet'), 'greet');
    const pin = { space: demo.url, endpoint: '/greet', tool: 'greet', enabled: true, token: 'auto' } as const;
    const [tool] = pinnedTools([pin], { entries: [entry], altered: [] }).tools;
    const { text, data } = await run(tool as AnyTool, { name: 'Ada' });
    expect(text).toContain('Would run /greet of');
    expect(data).toMatchObject({ dryRun: true, arguments: { name: 'Ada' } });
    expect((await run(tool as AnyTool, {})).isError).toBe(true);
    expect(sent()).toBe(before);
  });
});

describe('space_result', () => {
  it('gives what there is, and cancels nothing', async () => {
    const job = spaces.start({ space: demo.url, endpoint: '/slow', arguments: { steps: 60, step_seconds: 60 } });
    await job.wait(0.3);
    const { text, data } = await run(spaceResult, { job: job.id, cancel: true });
    expect(text).toMatch(/^Dry run: nothing was done\.\nWould cancel j_/);
    expect(data).toMatchObject({ dryRun: true, state: 'running' });
    expect(job.state).toBe('running');
    await job.cancel();
    const quick = spaces.start({ space: demo.url, endpoint: '/greet', arguments: { name: 'Ada' } });
    expect((await run(spaceResult, { job: quick.id })).text).toContain('Hello, Ada');
  });
});

describe('the other tools', () => {
  it('that read run as usual', async () => {
    expect((await run(spaceInfo, { space: demo.url })).data).not.toHaveProperty('dryRun');
  });

  it('all can tell what they would do, if they do something', () => {
    const acting = TOOLS.filter(({ effect }) => effect !== 'read');
    expect(acting.length).toBeGreaterThan(1);
    for (const { plan } of acting) expect(plan).toBeTypeOf('function');
  });

  it('and tell it only when they are asked to', async () => {
    const off = configSchema.parse({ files: { saveTo: directory, readFrom: [directory] } });
    const { data } = await call({ endpoint: '/greet', arguments: { name: 'Ada' } }, { config: off });
    expect(data).not.toHaveProperty('dryRun');
    expect(sent()).toBeGreaterThan(before);
  });
});
