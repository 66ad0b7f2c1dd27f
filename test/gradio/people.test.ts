import { describe, expect, it } from 'vitest';
import { exampleArguments, prepareArguments } from '../../src/gradio/arguments.js';
import { describeEndpoints, withChanges } from '../../src/gradio/endpoints.js';
import { inputSchema } from '../../src/gradio/schema.js';
import type { App, Endpoint } from '../../src/gradio/types.js';
import { findFault } from '../../src/lib/json-schema.js';
import { showSignature } from '../../src/tools/space_info.js';
import { SITE } from './recorded.js';

type Props = Record<string, unknown>;

const FILE = {
  type: 'object',
  properties: { path: { type: 'string' }, url: { type: 'string' }, orig_name: { type: 'string' } },
};
const MULTIMODAL = {
  type: 'object',
  properties: { text: { type: 'string' }, files: { type: 'array', items: FILE } },
  required: ['text', 'files'],
};
const SCHEMAS: Record<string, unknown> = {
  textbox: { type: 'string' },
  image: FILE,
  file: FILE,
  video: { type: 'object', properties: { video: FILE, subtitles: FILE } },
  gallery: { type: 'array', items: { type: 'object', properties: { image: FILE, caption: { type: 'string' } } } },
  multimodaltextbox: MULTIMODAL,
  checkbox: { type: 'boolean' },
  html: { type: 'string' },
};
const ROOT = 'https://owner-name.hf.space/gradio_api';

/** What a Gradio app tells of itself: a component each by its type and properties, and one function `/run` over them. */
class Described {
  private readonly components: Props[] = [];
  private readonly dependencies: Props[] = [];
  private readonly named: Props = {};

  add(type: string, props: Props = {}, more: Props = {}): number {
    const id = this.components.length + 1;
    this.components.push({ id, type, props, api_info: SCHEMAS[type] ?? {}, ...more });
    return id;
  }

  /** @param infos what `/info` says of the inputs, beside what follows from them */
  run(name: string, inputs: number[], outputs: number[] = [], infos: Props[] = []): this {
    const id = this.dependencies.length;
    this.dependencies.push({ id, api_name: name, inputs, outputs, backend_fn: true });
    const told = inputs.map((input, at) => {
      const { props } = this.components[input - 1] as { props: Props };
      const has = props.value !== undefined && props.value !== null;
      const known = has
        ? { parameter_has_default: true, parameter_default: props.value }
        : { parameter_has_default: false };
      return { label: props.label ?? `parameter_${input}`, parameter_name: `param_${at}`, ...known, ...infos[at] };
    });
    const returns = outputs.map((output) => {
      const { props } = this.components[output - 1] as { props: Props };
      return { label: props.label ?? `value_${output}` };
    });
    this.named[`/${name}`] = { parameters: told, returns };
    return this;
  }

  app(more: Props = {}): App {
    const config = { version: '6.31.0', components: this.components, dependencies: this.dependencies, ...more };
    const endpoints = describeEndpoints(config, { named_endpoints: this.named }, undefined, ROOT);
    return { site: SITE, version: '6.31.0', apiPrefix: '/gradio_api', endpoints, config };
  }

  endpoint(more: Props = {}): Endpoint {
    const [first] = this.app(more).endpoints;
    if (!first) throw new Error('one endpoint expected');
    return first;
  }
}

/** Every example is a call: it fits the schema that is told, and is taken. */
async function exampleOf(endpoint: Endpoint): Promise<Record<string, unknown>> {
  const example = exampleArguments(endpoint);
  expect(await findFault(example, inputSchema(endpoint))).toBeUndefined();
  await prepareArguments(endpoint, example);
  return example;
}

const kept = (name: string) => ({ path: `/tmp/gradio/0a/${name}`, url: null, meta: { _type: 'gradio.FileData' } });

describe('examples', () => {
  it("are the author's own rows, files among them, without what is the default anyway", async () => {
    const app = new Described();
    const inputs = [
      app.add('image', { label: 'Picture' }),
      app.add('textbox', { label: 'Words' }),
      app.add('slider', { label: 'Strength', minimum: 0, maximum: 1, step: 0.1, value: 0.5 }),
      app.add('checkbox', { label: 'Fast', value: true }),
    ];
    app.add('dataset', { component_ids: inputs, samples: [[kept('a fox.png'), 'a fox', 0.2, true]] });
    app.run('run', inputs);
    expect(await exampleOf(app.endpoint())).toEqual({
      param_0: `${ROOT}/file=/tmp/gradio/0a/a%20fox.png`,
      param_1: 'a fox',
      param_2: 0.2,
    });
  });

  it('are of the table that says most of the inputs, and leave out what does not fit', async () => {
    const app = new Described();
    const [words, number] = [app.add('textbox'), app.add('slider', { minimum: 0, maximum: 1, value: 0 })] as const;
    app.add('dataset', { component_ids: [words], samples: [['alone']] });
    app.add('dataset', {
      component_ids: [words, number],
      samples: [
        [null, null],
        ['together', 7],
      ],
    });
    app.run('run', [words, number]);
    expect(await exampleOf(app.endpoint())).toEqual({ param_0: 'together' });
  });

  it.each<[string, string, unknown, unknown]>([
    ['a film with subtitles', 'video', { video: kept('a.mp4'), subtitles: null }, `${ROOT}/file=/tmp/gradio/0a/a.mp4`],
    ['a gallery', 'gallery', [{ image: kept('a.png'), caption: null }], [`${ROOT}/file=/tmp/gradio/0a/a.png`]],
    ['a link', 'image', { path: 'https://cdn.org/a.png', url: 'https://cdn.org/a.png' }, 'https://cdn.org/a.png'],
    [
      'a chat with files',
      'multimodaltextbox',
      { text: 'Hi', files: [kept('a.png')] },
      {
        text: 'Hi',
        files: [`${ROOT}/file=/tmp/gradio/0a/a.png`],
      },
    ],
    ['a chat without', 'multimodaltextbox', { text: 'Hi', files: [] }, { text: 'Hi', files: [] }],
    ['long text, cut', 'textbox', 'x'.repeat(5000), `${'x'.repeat(299)}…`],
    ['text that hides something', 'textbox', 'a\u202eb\u001b[2Jc', 'abc'],
  ])('take %s', async (_, type, sample, expected) => {
    const app = new Described();
    const input = app.add(type);
    app.add('dataset', { component_ids: [input], samples: [[sample]] });
    expect(await exampleOf(app.run('run', [input]).endpoint())).toEqual({ param_0: expected });
  });

  it.each([
    ['a path of this machine', '/home/me/.ssh/id_rsa'],
    ['an address in this network', { path: 'http://192.168.0.1/a.png', url: 'http://192.168.0.1/a.png' }],
    ['another scheme', { path: 'file:///etc/passwd', url: null }],
    ['nothing', null],
    ['no file', { cat: 'tabby' }],
  ])('never name %s', async (_, sample) => {
    const app = new Described();
    const input = app.add('image');
    app.add('dataset', { component_ids: [input], samples: [[sample]] });
    expect(await exampleOf(app.run('run', [input]).endpoint())).toEqual({ param_0: '/path/to/picture.png' });
  });

  it('are what Gradio shows where the author gives none, unless that says nothing', async () => {
    const app = new Described();
    const inputs = [app.add('image'), app.add('textbox', { label: 'Prompt' }), app.add('slider', { minimum: 2 })];
    const bus = 'https://raw.githubusercontent.com/gradio-app/gradio/main/test/test_files/bus.png';
    app.run(
      'run',
      inputs,
      [],
      [
        { example_input: { path: bus, url: bus, meta: { _type: 'gradio.FileData' } } },
        { example_input: 'Hello!!', parameter_name: 'prompt' },
        { example_input: 5 },
      ],
    );
    expect(await exampleOf(app.endpoint())).toEqual({ param_0: bus, prompt: 'a red bicycle in the rain', param_2: 5 });
  });

  it.each<[string, string, unknown]>([
    ['textbox', 'an empty text', ''],
    ['multimodaltextbox', 'an empty message', { text: '', files: [] }],
  ])('name what a call is about where it is %s with %s', async (type, _, value) => {
    const app = new Described();
    app.run('run', [app.add('slider', { value: 3 }), app.add(type, { value })]);
    expect(Object.keys(await exampleOf(app.endpoint()))).toEqual(['param_1']);
  });

  it('survive whatever an app calls a row or an example', async () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    const odd = [deep, [deep], { a: deep }, [], [[]], {}, 7, true, '', { path: 7 }, { text: {}, files: {} }];
    for (const type of Object.keys(SCHEMAS)) {
      for (const value of odd) {
        const app = new Described();
        const input = app.add(type, {}, { example_inputs: value });
        app.add('dataset', { component_ids: [input, value], samples: [value, [value]] });
        app.add('dataset', { component_ids: value, samples: value });
        await exampleOf(app.run('run', [input], [], [{ example_input: value }]).endpoint());
      }
    }
  });

  it('do not name what is beside the matter', async () => {
    const app = new Described();
    const infos = ['api_key', 'negative_prompt', 'question'].map((parameter_name) => ({ parameter_name }));
    const texts = ['', '', ''].map((value) => app.add('textbox', { value }));
    expect(Object.keys(await exampleOf(app.run('run', texts, [], infos).endpoint()))).toEqual(['question']);
  });
});

describe('labels', () => {
  const signature = (props: Props, more: Props = {}, info: Props = {}) => {
    const app = new Described();
    app.run('run', [app.add('textbox', props)], [app.add('html')], [info]);
    return showSignature(app.endpoint(more));
  };
  const key = (name: string) => `__i18n__${JSON.stringify({ __type__: 'translation_metadata', key: name })}`;

  it("leave out Gradio's placeholders, for inputs and outputs", () => {
    expect(signature({})).toBe('/run(param_0: text) → text');
  });

  it('are in the words of the translation, English first', () => {
    const translations = { de: { 'a.b': 'Frage' }, en: { 'a.b': 'Question' } };
    const label = { label: key('a.b') };
    const info = { label: { _type: 'translation_metadata', key: 'a.b' } };
    expect(signature(label, { i18n_translations: translations }, info)).toContain('param_0 "Question": text');
    expect(signature(label, { i18n_translations: { de: translations.de } }, info)).toContain('"Frage"');
    expect(signature(label, { i18n_translations: { en: { a: { b: 'Nested' } } } }, info)).toContain('"Nested"');
    expect(signature(label, {}, info)).toBe('/run(param_0: text) → text');
    expect(signature(label, { i18n_translations: { en: { toString: 1 } } }, info)).not.toContain('i18n');
  });

  it('are more than an emoji', () => {
    const app = new Described();
    app.run(
      'run',
      [app.add('textbox', { label: '🙂' })],
      [app.add('html', { label: '🎨' })],
      [{ parameter_name: 'face' }],
    );
    expect(showSignature(app.endpoint())).toBe('/run(face: text) → text');
    expect(app.endpoint().parameters[0]?.schema.description).toBeUndefined();
  });

  it('of choices are told only where they say more than the value', () => {
    const app = new Described();
    const choices = [
      ['Fast', 'fast'],
      ['slow ', 'slow'],
      ['x'.repeat(200), 'x'.repeat(200)],
      ['Best', 'v2'],
      ['-', '+'],
    ];
    app.run('run', [app.add('dropdown', { choices })]);
    expect(app.endpoint().parameters[0]?.schema.description).toBe('v2 = Best, + = -');
  });

  it('that only a number tells apart are one line', () => {
    const app = new Described();
    const rows = Array.from({ length: 20 }, (_, at) => [
      app.add('textbox', { label: `Name ${at + 1}`, value: '' }),
      app.add('slider', { label: `Weight ${at + 1}`, minimum: 0, maximum: at === 7 ? 9 : 1, value: 0 }),
    ]).flat();
    const outputs = Array.from({ length: 20 }, (_, at) => app.add('image', { label: `Image ${at + 1}` }));
    app.run('run', rows, outputs);
    expect(showSignature(app.endpoint())).toBe(
      '/run(param_0? "Name 1": text = "" (and 19 more like it: param_2 to param_38), ' +
        'param_1? "Weight 1": number 0–1 = 0 (and 18 more like it: param_3 to param_39), ' +
        'param_15? "Weight 8": number 0–9 = 0) → image "Image 1" (and 19 more like it)',
    );
  });
});

describe('state of the browser', () => {
  it('is no argument, is sent as the page would, and comes back within a session', () => {
    const app = new Described();
    const state = app.add('browserstate', { default_value: { name: 'Ada' } });
    app.run('run', [app.add('textbox', { label: 'Words' }), state], [state, app.add('textbox', { label: 'Told' })]);
    const known = app.app();
    const [endpoint] = known.endpoints as [Endpoint];
    // What `/info` says of the others is still theirs.
    expect(showSignature(endpoint)).toBe('/run(param_0 "Words": text) → text "Told"');
    expect(endpoint.slots[1]).toEqual({ state: true, value: { name: 'Ada' }, keptId: state });
    const later = withChanges(endpoint, known, new Map([[state, { value: { name: 'Bob' } }]]));
    expect(later.slots[1]).toMatchObject({ value: { name: 'Bob' } });
  });
});

describe('choices that change', () => {
  const app = new Described();
  const kind = app.add('dropdown', { label: 'Kind', choices: ['cats', 'dogs'], value: 'cats' });
  const model = app.add('dropdown', { label: 'Model', choices: ['tabby', 'manx'], value: 'tabby' });
  const row = app.add('dataset', { component_ids: [kind], samples: [['dogs']] });
  const infos = [{ parameter_name: 'kind' }, { parameter_name: 'model' }];
  app.run('pick', [kind, model], [app.add('textbox', { label: 'Told' })], infos);
  app.run('models_of', [kind], [model]);
  app.run('load_example', [row], [kind]);
  const known = app.app();
  const [pick] = known.endpoints as [Endpoint];
  const wire = async (endpoint: Endpoint, args: object) => (await prepareArguments(endpoint, args)).data;

  it('are a hint, told as such; those that only a row of examples sets are not', async () => {
    expect(showSignature(pick)).toContain('kind?: "cats"|"dogs" = "cats", model?: "tabby"|"manx"|… = "tabby"');
    expect(inputSchema(pick).properties).toMatchObject({
      kind: { enum: ['cats', 'dogs'] },
      model: { type: 'string', examples: ['tabby', 'manx'], default: 'tabby' },
    });
    expect(await wire(pick, { model: 'corgi' })).toEqual(['cats', 'corgi']);
    expect(await wire(pick, { model: 'TABBY' })).toEqual(['cats', 'tabby']);
    await expect(wire(pick, { model: { a: 1 } })).rejects.toThrow('"model" must be text');
    await expect(wire(pick, { kind: 'fish' })).rejects.toThrow('"kind" must be one of "cats", "dogs"');
  });

  it.each([
    ['', 'null'],
    ['None', 'none'],
  ])('are left out by %j and %j', async (...words) => {
    for (const word of words) expect(await wire(pick, { model: word })).toEqual(['cats', 'tabby']);
  });

  it('count for the session that was told of them: labels, spelling, and what stands for a default that is gone', async () => {
    const choices = [
      ['A beagle', 'beagle'],
      ['A corgi', 'corgi'],
    ];
    const later = withChanges(pick, known, new Map([[model, { choices, value: 'corgi' }]]));
    expect(await wire(later, { model: 'a beagle' })).toEqual(['cats', 'beagle']);
    expect(await wire(later, {})).toEqual(['cats', 'corgi']);
    expect(
      await wire(withChanges(pick, known, new Map([[model, { choices: ['tabby', 'x'], value: 'x' }]])), {}),
    ).toEqual(['cats', 'tabby']);
  });
});

describe('a file object as an app gives it', () => {
  const hash = 'ab'.repeat(32);
  it.each([
    [
      'with an address of the app alone',
      { path: '/x/a.png', url: '/gradio_api/file=/x/a.png' },
      '/gradio_api/file=/x/a.png',
    ],
    [
      'with nothing but its place there',
      { path: `/tmp/gradio/${hash}/a b.png`, url: null },
      `/file=/tmp/gradio/${hash}/a%20b.png`,
    ],
    ['with a path of this machine', { path: '/home/me/a.png' }, '/home/me/a.png'],
  ])('%s', async (_, file, source) => {
    const app = new Described();
    const endpoint = app.run('run', [app.add('image')]).endpoint();
    const given = { ...file, orig_name: 'a.png', meta: { _type: 'gradio.FileData' } };
    expect((await prepareArguments(endpoint, { param_0: given })).files).toMatchObject([{ source }]);
  });
});
