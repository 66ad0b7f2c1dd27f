import { describe, expect, it } from 'vitest';
import { prepareArguments } from '../../src/gradio/arguments.js';
import { chooseEndpoint } from '../../src/gradio/choose.js';
import type { EndpointParameter } from '../../src/gradio/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import { findFault } from '../../src/lib/json-schema.js';
import { endpointOf, recordedApp, VERSIONS } from './recorded.js';

const app = recordedApp('6.25.0', 'endpoints');
const generate = endpointOf(app, '/generate');

async function refusal(promise: Promise<unknown>): Promise<HugwireError> {
  const error = await promise.then(
    (value) => new Error(`was taken: ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HugwireError);
  expect(error).toMatchObject({ code: 'invalid_arguments' });
  return error as HugwireError;
}

describe('prepareArguments', () => {
  it('puts every value into its place, defaults and hidden state included', async () => {
    expect(await prepareArguments(generate, { prompt: 'a cat', width: 512 })).toEqual({
      data: ['a cat', 0, true, 512, 'oil', null],
      files: [],
    });
  });

  it.each<[string, unknown]>([
    ['in another case', { Prompt: 'a cat' }],
    ['by its label', { prompt: 'a cat', 'Randomize seed': true }],
    ['in camel case', { prompt: 'a cat', randomizeSeed: true }],
    ['by place', ['a cat']],
    ['by place, below "data"', { data: ['a cat', 0, true] }],
    ['as JSON text', '{"prompt": "a cat"}'],
    ['as a JSON list', '["a cat"]'],
    ['as JSON text within JSON text', '"{\\"prompt\\": \\"a cat\\"}"'],
    ['in a list around the object', [{ prompt: 'a cat' }]],
    ['below "kwargs", beside what a program added', { toolCallId: 'x', kwargs: { prompt: 'a cat' } }],
    ['by place below "positional"', { positional: ['a cat', null, 'None', ''] }],
    ['as one argument that holds all', { prompt: { prompt: 'a cat', width: 1024, style: null }, tool: { name: 'x' } }],
    ['as an object for text', { prompt: { text: 'a cat' } }],
    ['as a content block', { prompt: [{ type: 'text', text: 'a cat', annotations: null }] }],
    ['as objects for values', { prompt: 'a cat', width: { value: 1024 }, style: { label: 'Oil', value: 'oil' } }],
    ['in lists of one', { prompt: ['a cat'], seed: [0], style: ['OIL'], randomize_seed: ['true'] }],
    ['with nothing under an unknown name', { prompt: 'a cat', banana: null, sed: '' }],
    ['with the same parameter twice, once left out', { prompt: 'a cat', width: 'None', Width: 1024 }],
    ['as the one value that is needed', 'a cat'],
    ['with null for what may be left out', { prompt: 'a cat', seed: null, style: null }],
    ['with undefined for what is left out', { prompt: 'a cat', seed: undefined }],
    ['as text', { prompt: 'a cat', seed: '0', randomize_seed: 'true', width: '1024', style: 'OIL' }],
  ])('takes arguments given %s', async (_, args) => {
    expect((await prepareArguments(generate, args)).data).toEqual(['a cat', 0, true, 1024, 'oil', null]);
  });

  it('keeps false, 0 and "" as given', async () => {
    const { data } = await prepareArguments(generate, { prompt: '', seed: 0, randomize_seed: false });
    expect(data).toEqual(['', 0, false, 1024, 'oil', null]);
  });

  it('does not change what it was given', async () => {
    const args = Object.freeze({ prompt: 'a cat', seed: '3' });
    await prepareArguments(generate, args);
    expect(args).toEqual({ prompt: 'a cat', seed: '3' });
  });

  it.each<[string, unknown, RegExp, RegExp?]>([
    [
      'an unknown name',
      { prompt: 'x', sed: 1 },
      /no parameter "sed"/,
      /Did you mean "seed"\? It takes: prompt, seed\?/,
    ],
    ['a missing one', { seed: 1 }, /\/generate needs "prompt"/, /It takes: prompt, seed\?/],
    ['null for text that is needed', { prompt: null }, /needs "prompt"/],
    [
      'too large a number',
      { prompt: 'x', width: 4096 },
      /"width" must be at most 2048, not 4096/,
      /^width: step \d+\. space_info with/,
    ],
    ['too small a number', { prompt: 'x', width: 8 }, /"width" must be at least 256, not 8/],
    ['a fraction', { prompt: 'x', seed: 1.5 }, /"seed" must be a whole number, not 1\.5/],
    ['text for a number', { prompt: 'x', seed: 'lots' }, /"seed" must be a whole number, not "lots"/],
    ['an unknown choice', { prompt: 'x', style: 'chalk' }, /"style" must be one of "oil", "ink", not "chalk"/],
    ['an object for a number', { prompt: 'x', seed: { a: 1 } }, /"seed" must be a whole number, not \{"a":1\}/],
    ['one value too many', ['x', 0, true, 512, 'oil', 7], /takes 5 arguments; 6 were given/],
    ['one parameter twice', { prompt: 'x', Prompt: 'y' }, /"prompt" was given twice/],
    ['a name of the prototype', { prompt: 'x', constructor: 1 }, /no parameter "constructor"/],
    ['a name that hides something', { prompt: 'x', 'a\u202eb': 1 }, /no parameter "ab"/],
  ])('refuses %s', async (_, args, message, hint) => {
    const error = await refusal(prepareArguments(generate, args));
    expect(error.message).toMatch(message);
    if (hint) expect(error.hint).toMatch(hint);
  });

  it('asks for a name where a label belongs to two parameters', async () => {
    const shout = { ...endpointOf(app, '/shout') };
    const [first, second] = shout.parameters;
    if (!first || !second) throw new Error('two parameters expected');
    shout.parameters = [
      { ...first, name: 'one' },
      { ...second, name: 'two' },
    ];
    const error = await refusal(prepareArguments(shout, { one: 'a', Text: 'b' }));
    expect(error.message).toMatch(/several parameters labelled "Text"/);
    expect(error.hint).toMatch(/one, two/);
  });

  it('takes nothing for an endpoint without parameters', async () => {
    const nothing = endpointOf(app, '/nothing');
    expect(await prepareArguments(nothing, {})).toEqual({ data: [], files: [] });
    expect(await prepareArguments(nothing, undefined)).toEqual({ data: [], files: [] });
    expect((await refusal(prepareArguments(nothing, { x: 1 }))).hint).toBe('It takes no arguments.');
  });

  it('leaves the file out and says where it belongs, hidden state before and after it', async () => {
    const chain = endpointOf(app, '/chain');
    expect(await prepareArguments(chain, { photo: ' cat.png ' })).toEqual({
      data: [null, null],
      files: [{ parameter: 'photo', path: [0], source: 'cat.png' }],
    });
    expect(await prepareArguments(chain, { photo: null })).toEqual({ data: [null, null], files: [] });
    expect((await refusal(prepareArguments(chain, {}))).hint).toMatch(/Give null to leave a file out/);
    expect((await refusal(prepareArguments(chain, { photo: '' }))).message).toMatch(/needs "photo"/);
  });
});

describe('text that is given as a structure', () => {
  it.each<[unknown, string]>([
    [{ nodes: [1], text: 'x' }, '{"nodes":[1],"text":"x"}'],
    [['one', { type: 'text', text: 'two' }], 'one\ntwo'],
    [[1, { a: 2 }], '[1,{"a":2}]'],
  ])('is %j', async (prompt, text) => {
    expect((await prepareArguments(generate, { prompt })).data[0]).toBe(text);
  });
});

describe('pictures as chats pass them on', () => {
  it.each<[object, string]>([
    [{ type: 'image', data: 'aGk=', mimeType: 'image/png' }, 'data:image/png;base64,aGk='],
    [
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'aGk=' } },
      'data:image/png;base64,aGk=',
    ],
    [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }, 'https://example.com/a.png'],
    [{ type: 'resource_link', uri: 'file:///tmp/a.png', name: 'a' }, 'file:///tmp/a.png'],
  ])('%j', async (photo, source) => {
    expect((await prepareArguments(endpointOf(app, '/chain'), { photo })).files[0]?.source).toBe(source);
  });
});

/** Everything by which clients leave an argument out; empty text, lists and objects only where they are no value. */
const LEFT_OUT = [null, '', ' ', [], {}, 'null', 'None', 'NULL', 'undefined', '[]', '{}'];

describe.each(VERSIONS)('what is left out at Gradio %s', (version) => {
  const endpoints = (['endpoints', 'components'] as const).flatMap((name) => recordedApp(version, name).endpoints);

  it.each(LEFT_OUT.map((value) => [JSON.stringify(value), value]))('is %s as well', async (_, value) => {
    for (const endpoint of endpoints) {
      for (const one of endpoint.parameters) {
        const parameter = { ...one, required: false, default: one.default ?? null };
        const takes = value !== null && (await findFault(value, parameter.schema)) === undefined;
        const isWord = typeof value === 'string' && value.trim() !== '';
        const isBlank = typeof value === 'string' && value.trim() === '';
        if (parameter.component === 'multimodaltextbox' && isBlank) continue;
        if (takes && !(parameter.file || (isWord && parameter.component === 'textbox'))) continue;
        const alone = { ...endpoint, parameters: [parameter], slots: [{ parameter: parameter.name }] };
        const told = `${endpoint.name} ${parameter.component}`;
        expect([told, await prepareArguments(alone, { [parameter.name]: value })]).toEqual([
          told,
          { data: [parameter.default], files: [] },
        ]);
      }
    }
  });
});

describe('what programs add to every call', () => {
  const noise = { toolCallId: 'c', sessionId: 's', action: 'sendMessage', chatInput: 'hi', _meta: {}, tool: 'x' };

  it('is dropped where the endpoint takes nothing of that name', async () => {
    expect((await prepareArguments(generate, { ...noise, prompt: 'a cat' })).data[0]).toBe('a cat');
    expect(chooseEndpoint(app, undefined, ['prompt', ...Object.keys(noise)])).toBe(
      chooseEndpoint(app, undefined, ['prompt']),
    );
  });

  it.each(Object.keys(noise))('is an argument where a parameter is called %s', async (name) => {
    const [first] = generate.parameters as [EndpointParameter];
    const label = { ...first, name: 'other', label: name };
    for (const parameter of [{ ...first, name }, label]) {
      const endpoint = { ...generate, parameters: [parameter], slots: [{ parameter: parameter.name }] };
      expect((await prepareArguments(endpoint, { [name]: 'mine' })).data).toEqual(['mine']);
    }
  });
});

describe('names that elsewhere hold all arguments', () => {
  it.each(['data', 'args', 'inputs', 'input', 'arguments', 'positional'])('%s may be a parameter', async (name) => {
    const [first] = generate.parameters as [EndpointParameter];
    const endpoint = { ...generate, parameters: [{ ...first, name }], slots: [{ parameter: name }] };
    expect((await prepareArguments(endpoint, { [name]: 'mine' })).data).toEqual(['mine']);
  });
});

describe('a seed', () => {
  /** The values of the two checkboxes of an endpoint with two seeds. */
  async function switches(flags: [name: string, label: string, value: boolean][], args: Record<string, unknown>) {
    const [seed] = generate.parameters.filter(({ name }) => name === 'seed');
    const [flag] = generate.parameters.filter(({ name }) => name === 'randomize_seed');
    if (!seed || !flag) throw new Error('The recorded app has changed.');
    const parameters = flags.flatMap(([name, label, value], at) => [
      { ...seed, name: `seed_${at + 1}`, label: `Seed ${at + 1}`, slot: at * 2 },
      { ...flag, name, label, default: value, slot: at * 2 + 1 },
    ]);
    const slots = parameters.map(({ name }) => ({ parameter: name }));
    const { data } = await prepareArguments({ ...generate, parameters, slots }, args);
    return flags.map((_, at) => data[at * 2 + 1]);
  }

  it('counts where it is named, unless chance is asked for', async () => {
    const data = async (args: object) =>
      (await prepareArguments(generate, { prompt: 'a cat', ...args })).data.slice(1, 3);
    expect(await data({ seed: 7 })).toEqual([7, false]);
    expect(await data({ Seed: '0' })).toEqual([0, false]);
    expect(await data({})).toEqual([0, true]);
    expect(await data({ seed: null })).toEqual([0, true]);
    expect(await data({ seed: 7, randomize_seed: true })).toEqual([7, true]);
    expect((await prepareArguments(generate, ['a cat', 7])).data.slice(1, 3)).toEqual([7, false]);
  });

  it.each<[string, string, boolean, boolean]>([
    ['randomize_seed', 'Randomize seed', true, false],
    ['randomise', '🎲 Randomise', true, false],
    ['random_seed', 'x', true, false],
    ['param_4', 'Use random seed', true, false],
    ['randomizeSeed', 'x', true, false],
    ['seed_random', 'x', true, false],
    ['use_seed', 'x', false, true],
    ['param_4', 'Fixed seed', false, true],
    ['param_4', 'Use custom seed', false, true],
    ['random_crop', 'Random crop', true, true],
    ['brand_seed', 'Brand of the seeds', true, true],
    ['tiling', 'Tiling', false, false],
  ])('%s "%s", which is %j, becomes %j', async (name, label, before, after) => {
    expect(await switches([[name, label, before]], { seed_1: 3 })).toEqual([after]);
    expect(await switches([[name, label, before]], {})).toEqual([before]);
  });

  it('switches what stands beside it, and is any where it is below 0', async () => {
    const two: [string, string, boolean][] = [
      ['randomize_1', 'Randomize seed', true],
      ['randomize_2', 'Randomize seed', true],
    ];
    expect(await switches(two, { seed_2: 3 })).toEqual([true, false]);
    expect(await switches(two, { seed_1: 3, seed_2: 4 })).toEqual([false, false]);
    const [seed] = generate.parameters.filter(({ name }) => name === 'seed');
    const parameters = generate.parameters.map((one) => (one === seed ? { ...one, schema: { type: 'number' } } : one));
    const { data } = await prepareArguments({ ...generate, parameters }, { prompt: 'a cat', seed: -1 });
    expect(data.slice(1, 3)).toEqual([-1, true]);
  });
});

describe('choices', () => {
  const [first] = generate.parameters as [EndpointParameter];
  const choice = (change: Partial<EndpointParameter>) => {
    const parameter = { ...first, component: 'dropdown', required: false, default: 'b', ...change };
    return { ...generate, parameters: [parameter], slots: [{ parameter: parameter.name }] };
  };

  it('may be called "None", or be empty', async () => {
    const listed = choice({ schema: { type: 'string', enum: ['None', '', 'b'] } });
    const labelled = choice({
      schema: { enum: [0, 'b'] },
      choices: [
        ['none', 0],
        ['B', 'b'],
      ],
    });
    const open = choice({ schema: { type: 'string', description: 'any value, such as None, b' } });
    expect((await prepareArguments(listed, { prompt: 'none' })).data).toEqual(['None']);
    expect((await prepareArguments(listed, { prompt: '' })).data).toEqual(['']);
    expect((await prepareArguments(labelled, { prompt: 'None' })).data).toEqual([0]);
    expect((await prepareArguments(open, { prompt: 'None' })).data).toEqual(['None']);
  });
});

describe('typed functions', () => {
  it('are checked by their own types', async () => {
    const typed = endpointOf(app, '/typed');
    expect((await prepareArguments(typed, { name: 'n', sizes: '[1, 2]' })).data).toEqual(['n', [1, 2], 0.5]);
    expect((await prepareArguments(typed, { name: 'n', sizes: 3 })).data).toEqual(['n', [3], 0.5]);
    const error = await refusal(prepareArguments(typed, { name: 'n', sizes: [1, 'big'] }));
    expect(error.message).toBe('"sizes"[1] must be a whole number, not "big".');
  });
});

describe.each(VERSIONS)('components of Gradio %s', (version) => {
  const components = recordedApp(version, 'components');
  const prepare = (name: string, value: unknown) => prepareArguments(endpointOf(components, `/${name}`), { value });
  const wire = async (name: string, value: unknown) => (await prepare(name, value)).data[0];
  const files = async (name: string, value: unknown) => {
    const prepared = await prepare(name, value);
    return { value: prepared.data[0], files: prepared.files.map(({ path, source }) => [path.join('.'), source]) };
  };

  it('takes choices by value, by label, in another case, and alone for a list', async () => {
    expect(await wire('radio_numbers', 'Large')).toBe(1024);
    expect(await wire('radio_numbers', '256')).toBe(256);
    expect(await wire('dropdown_numbers', '4')).toBe(4);
    expect(await wire('dropdown_pairs', 'Bert (nl)')).toBe('nl_bert');
    expect(await wire('dropdown_pairs', 'bert nl')).toBe('nl_bert');
    expect(await wire('dropdown_custom', 'chalk')).toBe('chalk');
    expect(await wire('dropdown_runtime', 'anything')).toBe('anything');
    expect(await wire('dropdown_multi', 'B')).toEqual(['b']);
    expect(await wire('checkbox_group', 'red, Blue')).toEqual(['red', 'blue']);
  });

  it('passes JSON on as it is, and parses it when it comes as text', async () => {
    const nested = { a: [1, { b: null }], c: false };
    expect(await wire('json', nested)).toEqual(nested);
    expect(await wire('json', JSON.stringify(nested))).toEqual(nested);
    expect(await wire('json', 'plain')).toBe('plain');
  });

  it('finds files in lists', async () => {
    expect(await files('files', ['a.txt', 'https://example.com/b.txt'])).toEqual({
      value: [null, null],
      files: [
        ['0.0', 'a.txt'],
        ['0.1', 'https://example.com/b.txt'],
      ],
    });
    expect(await files('files', 'a.txt')).toMatchObject({ value: [null], files: [['0.0', 'a.txt']] });
  });

  it('builds what a gallery wants', async () => {
    expect(await files('gallery', ['a.png', { image: 'b.png', caption: 'two' }])).toEqual({
      // Gradio's own default for a caption is null: left out means the same.
      value: [{ image: null }, { image: null, caption: 'two' }],
      files: [
        ['0.0.image', 'a.png'],
        ['0.1.image', 'b.png'],
      ],
    });
    const video = await files('gallery', 'clip.mp4');
    expect(video.files).toEqual([[version === '4.44.1' ? '0.0.image' : '0.0.video', 'clip.mp4']]);
  });

  it('sends a video as this version wants it', async () => {
    const { files: found } = await files('video', 'clip.mp4');
    expect(found).toEqual([[version === '6.25.0' ? '0' : '0.video', 'clip.mp4']]);
  });

  it('takes a picture alone for an editor, or its parts', async () => {
    const alone = await files('image_editor', 'a.png');
    expect(alone.files).toEqual([
      ['0.background', 'a.png'],
      ['0.composite', 'a.png'],
    ]);
    const masked = await files('image_editor', { background: 'a.png', layers: 'mask.png' });
    expect(masked.files).toEqual([
      ['0.background', 'a.png'],
      ['0.layers.0', 'mask.png'],
    ]);
  });

  it('takes text alone for a message, or text with files', async () => {
    expect(await wire('multimodal', 'hello')).toEqual({ text: 'hello', files: [] });
    expect(await files('multimodal', { text: 'look', files: 'a.png' })).toEqual({
      value: { text: 'look', files: [null] },
      files: [['0.files.0', 'a.png']],
    });
  });

  it('takes a table as rows, as objects, as columns or as Gradio has it', async () => {
    const table = { headers: ['name', 'age'], data: [['Ada', 36]] };
    for (const given of [
      [['Ada', 36]],
      [{ name: 'Ada', age: 36 }],
      { name: ['Ada'], age: [36] },
      table,
      JSON.stringify(table),
    ]) {
      expect(await wire('dataframe', given)).toMatchObject(table);
    }
    expect(await wire('dataframe', [[1, 2, 3]])).toMatchObject({ headers: ['1', '2', '3'], data: [[1, 2, 3]] });
  });

  it('writes a chat history as this version wants it', async () => {
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
    ];
    const expected = {
      '4.44.1': [['Hi', 'Hello']],
      '5.49.1': messages,
      '6.25.0': messages.map(({ role, content }) => ({ role, content: [{ type: 'text', text: content }] })),
    }[version];
    expect(await wire('chatbot', messages)).toEqual(expected);
    expect(await wire('chatbot', [['Hi', 'Hello']])).toEqual(expected);
    expect(
      await wire(
        'chatbot',
        messages.map(({ role, content }) => ({ role, content: [{ type: 'text', text: content }] })),
      ),
    ).toEqual(expected);
    const question = await wire('chatbot', 'Hi');
    expect(JSON.stringify(question)).toContain('"Hi"');
  });

  it('takes a file object that another call returned', async () => {
    const returned = {
      path: '/tmp/gradio/x/a.png',
      url: 'https://owner-name.hf.space/file=/tmp/gradio/x/a.png',
      orig_name: 'a.png',
    };
    expect((await files('image', returned)).files).toEqual([['0', returned.url]]);
    expect((await files('file', { path: 'a.txt' })).files).toEqual([['0', 'a.txt']]);
  });

  it('names the parameter and what a file may be when it is wrong', async () => {
    const error = await refusal(prepare('image', {}).then(({ files: found }) => found));
    expect(error.message).toMatch(/^"value" must be text, not \{\}/);
    expect(error.hint).toMatch(/local path, http\(s\) or hf:\/\/ URL, or data: URL/);
  });
});

describe('odd arguments', () => {
  const odd: unknown[] = [
    null,
    undefined,
    0,
    -1,
    1.5,
    1e308,
    true,
    false,
    '',
    ' ',
    'x',
    '[',
    '{}',
    '[[]]',
    '"',
    'null',
    'data:',
    'file://',
    [],
    [[]],
    [null],
    [[null]],
    {},
    { a: 1 },
    { path: null },
    { path: '' },
    { url: 7 },
    { role: 1 },
    { data: 1 },
    { headers: [], data: [[]] },
    { text: null, files: null },
    { background: [] },
    [{ role: 'user', content: [] }],
    [{ image: {} }],
    [[1, 2, 3]],
    [{}],
    { label: [] },
    JSON.parse('{"__proto__": {"x": 1}}'),
    JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`),
    JSON.parse(`${'{"data":'.repeat(200)}1${'}'.repeat(200)}`),
    JSON.parse(`${'{"image_url":'.repeat(200)}1${'}'.repeat(200)}`),
    { image_url: 7, source: { data: 1 } },
  ];

  it.each(VERSIONS)('are taken, or refused in words, by every component of Gradio %s', async (version) => {
    for (const endpoint of recordedApp(version, 'components').endpoints) {
      for (const value of odd) {
        const outcome = await prepareArguments(endpoint, { value }).catch((error: unknown) => error);
        if (outcome instanceof HugwireError) {
          expect(outcome.code).toBe('invalid_arguments');
          expect(outcome.message.length).toBeLessThan(1500);
        } else if (outcome instanceof Error) throw outcome;
        else expect((outcome as { data: unknown[] }).data).toHaveLength(1);
      }
    }
  });

  it('are taken, or refused in words, in place of all arguments', async () => {
    for (const args of odd) {
      const outcome = await prepareArguments(generate, args).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'invalid_arguments' });
    }
  });
});
