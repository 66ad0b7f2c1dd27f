import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { prepareArguments } from '../../src/gradio/arguments.js';
import type { Endpoint } from '../../src/gradio/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import type { FindOptions, SpaceApp, SpaceSite } from '../../src/spaces/types.js';
import { describeTool } from '../../src/tools/describe.js';
import { runTool } from '../../src/tools/run.js';
import { spaceInfo } from '../../src/tools/space_info.js';
import type { Progress, ToolContext } from '../../src/tools/tool.js';
import { plainEndpoint } from '../doubles/scripted-space.js';
import { endpointOf, recordedApp, SITE, VERSIONS } from '../gradio/recorded.js';

interface World {
  app?: SpaceApp | HugwireError;
  site?: SpaceSite | HugwireError;
  open?(options: FindOptions): Promise<SpaceApp>;
  signal?: AbortSignal;
}

async function info(args: unknown, world: World) {
  const steps: Progress[] = [];
  const give = <T>(value: T | HugwireError): T => {
    if (value instanceof HugwireError) throw value;
    return value;
  };
  const { app = recordedApp('6.25.0', 'endpoints') } = world;
  const spaces = {
    find: async () => give(world.site ?? (app instanceof HugwireError ? SITE : app.site)),
    open: async (_: string, options: FindOptions) => (world.open ? world.open(options) : give(app)),
  };
  const ctx = {
    spaces,
    config: configSchema.parse({}),
    signal: world.signal ?? new AbortController().signal,
    progress: (step: Progress) => steps.push(step),
  };
  const result = await runTool(spaceInfo, args, ctx as unknown as ToolContext);
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests are about
  return { ...result, data: result.data as any, steps };
}

const EXAMPLE = /Example(?: for space_call)?: (\{.*\})$/gm;

describe('space_info', () => {
  it('costs little in the tool list', () => {
    expect(encode(JSON.stringify(describeTool(spaceInfo))).length).toBeLessThanOrEqual(160);
  });

  it('tells on one line what takes what and gives what', async () => {
    const { text, isError } = await info({ space: 'owner/name' }, {});
    expect(isError).toBeUndefined();
    expect(text).toMatch(/^owner\/name: is running, Gradio 6\.25\.0\.\n/);
    expect(text).toContain(
      '/generate(prompt: text, seed?: integer 0–2147483647 = 0, randomize_seed?: true|false = true, ' +
        'width?: integer 256–2048 = 1024, style?: "oil"|"ink" = "oil") → image "Result", integer "Seed"',
    );
    expect(text).toContain('/chain(photo: image file) → image "Result"');
    expect(text.indexOf('/generate(')).toBeLessThan(text.indexOf('/shout('));
    expect(text).not.toContain('/quiet(');
    expect(encode(text).length).toBeLessThan(1000);
  });

  it.each(VERSIONS)('gives examples that can be called as they stand (Gradio %s)', async (version) => {
    for (const name of ['components', 'endpoints'] as const) {
      const app = recordedApp(version, name);
      const { text, data } = await info({ space: 'owner/name' }, { app });
      const examples = [...text.matchAll(EXAMPLE)].map(([, json]) => JSON.parse(json ?? ''));
      expect(examples.length).toBeGreaterThan(5);
      for (const example of [...examples, ...data.endpoints.map((one: { example: unknown }) => one.example)]) {
        expect(example.space).toBe('owner/name');
        await prepareArguments(endpointOf(app, example.endpoint), example.arguments);
      }
    }
  });

  it('names further endpoints without describing them', async () => {
    const { text, data } = await info({ space: 'owner/name' }, { app: recordedApp('6.25.0', 'components') });
    expect(text.match(/Example/g)).toHaveLength(12);
    expect(text).toMatch(/^Also: \/.*, \/datetime$/m);
    expect(data.endpoints.length).toBeGreaterThan(30);
  });

  it('shows the whole schema of one endpoint, fenced, for it is the words of its author', async () => {
    const { text, data } = await info({ space: 'owner/name', endpoint: 'generate' }, {});
    expect(data.endpoints).toHaveLength(1);
    expect(data.endpoints[0].schema.properties.width).toMatchObject({ minimum: 256, maximum: 2048, default: 1024 });
    const fenced =
      /--- schema of the arguments of \/generate \(quoted, not instructions\) (\w+)\n([\s\S]*)\n--- end \1/.exec(text);
    expect(JSON.parse(fenced?.[2] ?? '')).toEqual(data.endpoints[0].schema);
    expect(text).toContain('--- description of /generate (quoted');
  });

  it('finds a hidden endpoint by its exact name, and none by another', async () => {
    expect((await info({ space: 'o/n', endpoint: '/quiet' }, {})).text).toContain('/quiet(');
    const missing = await info({ space: 'o/n', endpoint: '/generat' }, {});
    expect(missing).toMatchObject({ isError: true, data: { error: { code: 'invalid_arguments' } } });
    expect(missing.text).toMatch(/Did you mean \/generate\?/);
  });

  it('says where it runs, who sees it and what it counts against', async () => {
    const site = {
      ...SITE,
      title: 'A Maker',
      summary: 'Makes a thing',
      hardware: 'zero-a10g',
      zeroGpu: true,
      private: true,
    };
    const app = { ...recordedApp('6.25.0', 'endpoints'), site };
    const { text, data } = await info({ space: 'owner/name' }, { app });
    expect(text).toMatch(
      /^owner\/name \(“A Maker”\): is running, on zero-a10g \(counts against your ZeroGPU quota\), Gradio 6\.25\.0, private\.\nAbout: “Makes a thing”\n/,
    );
    expect(data).toMatchObject({ hardware: 'zero-a10g', zeroGpu: true, private: true, gradio: '6.25.0', hidden: 2 });
  });

  it('still tells what is known of a Space that cannot be called', async () => {
    const app = new HugwireError('space_asleep', 'owner/name is paused.', {
      hint: 'Only its owner can start it again.',
    });
    const site = { ...SITE, stage: 'PAUSED', hardware: 'cpu-basic' };
    const answer = await info({ space: 'owner/name' }, { app, site });
    expect(answer.isError).toBe(false);
    expect(answer.text).toMatch(
      /^owner\/name: is paused, on cpu-basic\.\nspace_asleep: owner\/name is paused\.\nNext: Only its owner/,
    );
    expect(answer.data).toMatchObject({ stage: 'PAUSED', problem: { code: 'space_asleep' }, endpoints: [] });
    expect((await info({ space: 'owner/name', endpoint: '/x' }, { app, site })).isError).toBe(true);
  });

  it('fails when a local app does not answer: nothing is known of it', async () => {
    const app = new HugwireError('unavailable', 'The connection to 127.0.0.1:22 broke off.');
    const site: SpaceSite = { ...SITE, id: 'http://127.0.0.1:22', kind: 'local' };
    expect(await info({ space: 'http://127.0.0.1:22/' }, { app, site })).toMatchObject({
      isError: true,
      data: { problem: { code: 'unavailable' } },
    });
  });

  it('fails when there is no such Space', async () => {
    const site = new HugwireError('not_found', 'There is no Space owner/name.');
    expect(await info({ space: 'owner/name' }, { site })).toMatchObject({
      isError: true,
      data: { error: { code: 'not_found' } },
    });
  });

  it('passes on what happens while a Space wakes, each step higher than the last', async () => {
    const app = recordedApp('6.25.0', 'endpoints');
    const open = async ({ onEvent }: FindOptions) => {
      for (const message of ['asleep (0 s)', 'asleep (2 s)']) onEvent?.({ kind: 'waiting', message });
      return app;
    };
    const { steps } = await info({ space: 'owner/name' }, { app, open });
    expect(steps).toEqual([
      { progress: 1, message: 'asleep (0 s)' },
      { progress: 2, message: 'asleep (2 s)' },
    ]);
  });

  it('ends with the call that asked', async () => {
    const asking = new AbortController();
    const open = ({ signal }: FindOptions) =>
      new Promise<SpaceApp>((_, reject) => {
        signal?.addEventListener('abort', () => reject(new HugwireError('cancelled', 'The call was cancelled.')));
        asking.abort();
      });
    const answer = await info({ space: 'owner/name' }, { open, signal: asking.signal });
    expect(answer).toMatchObject({ isError: true, data: { error: { code: 'cancelled' } } });
  });

  describe('of functions with hundreds of arguments', () => {
    const words = [...'abcdefghijklmnopqrstuvwxyz'].flatMap((one) =>
      [...'abcdefghij'].map((other) => `${one}${other}`),
    );
    const wide = (name: string, names: string[], change: object = {}) => {
      const parameters = names.map((word, slot) => ({
        ...{ name: word, label: word, component: 'textbox', required: true, slot },
        schema: { type: 'string', description: `What ${word} is, in more words than one` },
        ...change,
      }));
      return plainEndpoint({ name, parameters, slots: names.map((parameter) => ({ parameter })) });
    };
    const of = (...endpoints: Endpoint[]): SpaceApp => ({ ...recordedApp('6.25.0', 'endpoints'), endpoints });

    it('shows as much as there is room for, says what is left, and how to go on', async () => {
      const app = of(wide('/run', words));
      const seen = new Set<string>();
      let offset: number | undefined = 0;
      for (let page = 0; offset !== undefined; page += 1) {
        expect(page).toBeLessThan(10);
        const { text } = await info({ space: 'o/n', endpoint: '/run', ...(offset > 0 ? { offset } : {}) }, { app });
        expect(text.length).toBeLessThan(32_000);
        const schema = JSON.parse(/schema of the arguments[^\n]*\n(.*)\n/.exec(text)?.[1] ?? '');
        const names = Object.keys(schema.properties);
        expect(schema.required).toEqual(names);
        for (const name of names) seen.add(name);
        expect(text).toContain(`These are arguments ${offset + 1} to ${offset + names.length} of 260.`);
        const next = /offset=(\d+) shows the next arguments/.exec(text)?.[1];
        offset = next === undefined ? undefined : Number(next);
      }
      expect([...seen]).toEqual(words);
    });

    it('tells of twins once, and gives an example that is a call', async () => {
      const twins = Array.from({ length: 200 }, (_, at) => `param_${at}`);
      const app = of(wide('/run', twins, { label: 'Option', schema: { type: 'string' } }));
      const { text } = await info({ space: 'o/n', endpoint: '/run' }, { app });
      expect(text).toContain('/run(param_0 "Option": text (and 199 more like it: param_1 to param_199))');
      expect(text).toContain('Like param_0: 199 arguments more, param_1 to param_199.');
      const [, given = ''] = /Example for space_call: (.*)$/m.exec(text) ?? [];
      await prepareArguments(app.endpoints[0] as Endpoint, JSON.parse(given).arguments);
      expect(encode(text).length).toBeLessThan(2500);
    });

    it('leaves long examples of a list to the endpoint itself, and further endpoints to the next page', async () => {
      const app = of(...Array.from({ length: 30 }, (_, at) => wide(`/run_${at}`, words)));
      const { text } = await info({ space: 'o/n' }, { app });
      expect(text.length).toBeLessThan(16_000);
      expect(text).toContain('aa: text, ab: text');
      expect(text).toMatch(/… and \d+ more\) →/);
      expect(text).toContain('space_info with endpoint="/run_0" shows it.');
      const offset = Number(/with offset=(\d+) the next endpoints/.exec(text)?.[1]);
      const next = await info({ space: 'o/n', offset }, { app });
      expect(next.text).toContain(`/run_${offset}(`);
      expect(next.text).not.toContain('/run_0(');
    });

    it('shows some of many choices, and says so', async () => {
      const many = Array.from({ length: 900 }, (_, at) => `choice ${at}`);
      const app = of(wide('/run', ['model'], { schema: { type: 'string', enum: many } }));
      const { text } = await info({ space: 'o/n', endpoint: '/run' }, { app });
      expect(text).toContain('model has 900 choices, of which 100 are shown');
      expect(text.length).toBeLessThan(4000);
    });

    it('leaves out a schema that is too long by itself, and says so', async () => {
      const properties = Object.fromEntries(
        words.map((word) => [word, { type: 'string', description: 'x'.repeat(90) }]),
      );
      const app = of(wide('/run', ['options'], { schema: { type: 'object', properties } }));
      const { text } = await info({ space: 'o/n', endpoint: '/run' }, { app });
      expect(text).toContain('"properties":{"options":{"type":"object"}}');
      expect(text).toContain('What options takes is too long for here');
    });

    it('says how many endpoints it cannot call', async () => {
      const app = { ...of(wide('/run', ['a'])), omitted: 3 };
      expect((await info({ space: 'o/n' }, { app })).text).toContain('3 endpoints of it cannot be called with hugwire');
    });
  });

  it('says so when nothing can be called', async () => {
    const app = { ...recordedApp('6.25.0', 'endpoints'), endpoints: [] };
    expect((await info({ space: 'owner/name' }, { app })).text).toMatch(/no endpoint that can be called/);
  });
});
