import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.js';
import { createProxiedFetch } from '../../src/lib/network.js';
import { createSpaces } from '../../src/spaces/spaces.js';
import type { SpaceCall, Spaces } from '../../src/spaces/types.js';
import { runTool } from '../../src/tools/run.js';
import { spaceInfo } from '../../src/tools/space_info.js';
import type { ToolContext } from '../../src/tools/tool.js';
import { startDemoSpace } from '../../src/world/space/server.js';
import type { DemoSpace } from '../../src/world/types.js';
import { FakeClient } from '../hub/fake-client.js';

const TOKEN = `hf_${'z'.repeat(34)}`;
const ORIGIN = 'https://owner-name.hf.space';

let demo: DemoSpace;
let directory: string;
let hub: FakeClient;
let config: Config;
let spaces: Spaces;
/** What the Hub says of the Space. */
let record: Record<string, unknown>;

beforeEach(async () => {
  demo = await startDemoSpace();
  directory = await mkdtemp(join(tmpdir(), 'hugwire-spaces-'));
  await writeFile(join(directory, 'in.txt'), 'hello');
  record = { id: 'owner/name', sdk: 'gradio', subdomain: 'owner-name', sha: 'a1', runtime: { stage: 'RUNNING' } };
  hub = new FakeClient(() => ({ body: record }));
  hub.tokenValue = TOKEN;
  configure({});
  // The Space of the Hub, as far as this machine can have one: its https address leads to the demo Space.
  const net: typeof fetch = (input, init) => fetch(String(input).replace(ORIGIN, demo.url), init);
  spaces = createSpaces({ hub: () => hub, net, config: () => config, typed: true });
});

afterEach(async () => {
  await spaces.close();
  await demo.close();
  await rm(directory, { recursive: true, force: true });
});

function configure(settings: object): void {
  config = configSchema.parse({ files: { saveTo: directory, readFrom: [directory] }, spaces: settings });
}

async function call(change: Partial<SpaceCall> = {}) {
  const job = spaces.start({ space: 'owner/name', endpoint: '/greet', arguments: { name: 'Ada' }, ...change });
  await job.wait(20);
  return job;
}

/** Requests that the Space saw, and how many of them carried the token. */
function tokens() {
  const carried = demo.seen.filter(({ headers }) => headers['x-hf-authorization'] === `Bearer ${TOKEN}`).length;
  const elsewhere = demo.seen.filter(({ headers, url }) =>
    JSON.stringify([{ ...headers, 'x-hf-authorization': '' }, url]).includes(TOKEN),
  ).length;
  return { seen: demo.seen.length, carried, elsewhere };
}

describe('the token', () => {
  const everything = async () => {
    expect((await call()).state).toBe('done');
    expect((await call({ endpoint: '/describe_file', arguments: { file: 'in.txt' } })).state).toBe('done');
    expect((await call({ endpoint: '/draw', arguments: { prompt: 'x' } })).outcome?.files).toHaveLength(1);
    return tokens();
  };

  it('goes with every request to a private Space, in one header', async () => {
    record.private = true;
    const { seen, carried, elsewhere } = await everything();
    expect(carried).toBe(seen);
    expect(elsewhere).toBe(0);
  });

  it('goes to a Space on ZeroGPU', async () => {
    record.runtime = { stage: 'RUNNING', hardware: { current: 'zero-a10g' } };
    const { seen, carried } = await everything();
    expect(carried).toBe(seen);
  });

  it('does not go to other Spaces', async () => {
    expect(await everything()).toMatchObject({ carried: 0, elsewhere: 0 });
  });

  it('goes where the user says so, and not where they say no, from the next call on', async () => {
    record.private = true;
    configure({ pinned: [{ space: 'Owner/Name', tool: 'name', token: 'never' }] });
    await call();
    expect(tokens().carried).toBe(0);
    configure({ pinned: [{ space: 'owner/name', tool: 'name', token: 'always' }] });
    record.private = false;
    const before = demo.seen.length;
    await call();
    expect(tokens().carried).toBe(demo.seen.length - before);
    configure({ pinned: [{ space: 'owner/name', tool: 'name', token: 'never' }] });
    const { carried } = tokens();
    await call();
    expect(tokens().carried).toBe(carried);
  });
});

it('a call that was adapted says what has changed, when it works and when its arguments do not fit', async () => {
  const adapt = (fitted: object) => async () => ({ arguments: fitted, notes: ['It has changed.'] });
  const works = await call({ arguments: {}, adapt: adapt({ name: 'Ada' }) });
  expect(works.outcome?.notes).toEqual(['It has changed.']);
  const refused = await call({ arguments: { name: 'Ada' }, adapt: adapt({ nothing: 1 }) });
  expect(refused.error).toMatchObject({ code: 'invalid_arguments', hint: expect.stringMatching(/ It has changed\.$/) });
});

it('all of it works through the fetch that knows proxies', async () => {
  const proxied = createSpaces({
    hub: () => hub,
    net: await createProxiedFetch({ direct: [] }),
    config: () => config,
    typed: true,
  });
  const run = async (endpoint: string, given: object) => {
    const job = proxied.start({ space: demo.url, endpoint, arguments: given });
    await job.wait(20);
    return job.outcome;
  };
  expect((await run('/describe_file', { file: 'in.txt' }))?.data).toMatchObject([{ name: 'in.txt', size: 5 }]);
  expect((await run('/draw', { prompt: 'x' }))?.files).toHaveLength(1);
  await proxied.close();
});

describe('what is remembered', () => {
  const count = (path: string) => demo.seen.filter(({ url }) => url.startsWith(path)).length;

  it('a Space is looked up and described once', async () => {
    await call();
    await call();
    expect(hub.asked).toHaveLength(1);
    expect([count('/config'), count('/gradio_api/info'), count('/gradio_api/queue/join')]).toEqual([1, 1, 2]);
  });

  it('several calls at once work side by side', async () => {
    const names = ['Ada', 'Bert', 'Cleo', 'Dora'];
    const jobs = await Promise.all(names.map((name) => call({ arguments: { name } })));
    expect(jobs.map(({ outcome }) => outcome?.data)).toEqual(names.map((name) => [`Hello, ${name}.`]));
  });

  it('nothing is believed of a Space that could not be called', async () => {
    await call();
    await demo.close();
    expect((await call()).error?.code).toMatch(/unavailable|offline/);
    demo = await startDemoSpace();
    expect((await call()).state).toBe('done');
    expect(count('/config')).toBe(1);
    expect(hub.asked).toHaveLength(2);
  });

  it('a mistake in the arguments makes nothing forgotten', async () => {
    await call();
    expect((await call({ arguments: { nmae: 'x' } })).error?.code).toBe('invalid_arguments');
    await call();
    expect(count('/config')).toBe(1);
  });
});

describe('a Space that does not run', () => {
  it('is woken, with words about it', async () => {
    const stages = ['SLEEPING', 'SLEEPING', 'RUNNING'];
    hub.reply = ({ path }) => {
      const stage = path.endsWith('/runtime') ? stages.shift() : stages[0];
      return { body: path.endsWith('/runtime') ? { stage } : { ...record, runtime: { stage } } };
    };
    stages.shift();
    const heard: string[] = [];
    const job = spaces.start({ space: 'owner/name', endpoint: '/greet', arguments: { name: 'Ada' } });
    await job.wait(20, { onProgress: ({ message }) => heard.push(message) });
    expect(job.state).toBe('done');
    expect(heard.join()).toMatch(/owner\/name is asleep/);
  });

  it('that is paused is not called', async () => {
    record.runtime = { stage: 'PAUSED' };
    expect((await call()).error).toMatchObject({ code: 'space_asleep' });
    expect(demo.seen).toEqual([]);
  });
});

describe('a Space that nothing wakes', () => {
  it.each(['RUNTIME_ERROR', 'BUILD_ERROR', 'PAUSED'])('is looked up once for a call: %s', async (stage) => {
    record.runtime = { stage };
    expect((await call()).state).toBe('failed');
    expect(hub.asked.map(({ path }) => path)).toEqual(['/api/spaces/owner/name']);
    await expect(spaces.plan({ space: 'owner/name', arguments: {} })).rejects.toMatchObject({ code: /^space_/ });
    expect(hub.asked).toHaveLength(2);
  });

  it('is looked up once for what space_info tells, with its reason once', async () => {
    const errorMessage = 'Exit code: 1. Reason: Traceback (most recent call last):\n  File "a.py"\nValueError: no boat';
    record.runtime = { stage: 'RUNTIME_ERROR', errorMessage, hardware: { requested: 'cpu-basic' } };
    const ctx = { spaces, config, signal: new AbortController().signal, progress: () => {} };
    const { text } = await runTool(spaceInfo, { space: 'owner/name' }, ctx as unknown as ToolContext);
    expect(text).toBe(
      [
        'owner/name: has crashed, on cpu-basic.',
        'space_broken: owner/name has crashed (“Exit code: 1. ValueError: no boat”).',
        'Next: Only its owner can fix it; hub_search with kinds=["space"] finds others that do the same.',
      ].join('\n'),
    );
    expect(hub.asked.map(({ path }) => path)).toEqual(['/api/spaces/owner/name']);
  });
});
