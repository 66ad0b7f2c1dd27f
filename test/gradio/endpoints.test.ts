import { describe, expect, it } from 'vitest';
import { countOmitted, describeEndpoints } from '../../src/gradio/endpoints.js';
import { FILE_FORMS } from '../../src/gradio/files.js';
import { inputSchema } from '../../src/gradio/schema.js';
import { isObject } from '../../src/lib/json.js';
import type { JsonSchema } from '../../src/lib/json-schema.js';
import { compileSchema } from '../lib/ajv.js';
import { endpointOf, onlyParameter, readRecorded, recordedApp, VERSIONS } from './recorded.js';

const file = (kind: string): JsonSchema => ({ type: 'string', description: `${kind}: ${FILE_FORMS}` });

/** What each component's schema must be, whatever Gradio's version; texts are compared apart. */
const EXPECTED: Record<string, JsonSchema> = {
  textbox: { type: 'string', maxLength: 200 },
  textbox_empty: { type: 'string' },
  number: { type: 'number', minimum: 0, maximum: 20 },
  number_zero: { type: 'number' },
  number_precision: { type: 'integer', minimum: 1, maximum: 9 },
  slider: { type: 'integer', minimum: 1, maximum: 50 },
  slider_fine: { type: 'number', minimum: 0, maximum: 1 },
  checkbox: { type: 'boolean' },
  checkbox_group: { type: 'array', items: { type: 'string', enum: ['red', 'green', 'blue'] } },
  radio: { type: 'string', enum: ['fast', 'good'] },
  radio_numbers: { type: 'integer', enum: [256, 1024] },
  dropdown: { type: 'string', enum: ['v1', 'v2'] },
  dropdown_pairs: { type: 'string', enum: ['en_anna', 'nl_bert'] },
  dropdown_numbers: { type: 'integer', enum: [1, 2, 4] },
  dropdown_custom: { type: 'string' },
  dropdown_multi: { type: 'array', items: { type: 'string', enum: ['a', 'b', 'c'] } },
  dropdown_runtime: {},
  color: { type: 'string' },
  datetime: { type: 'string' },
  code: { type: 'string' },
  json: {},
  image: { type: 'string' },
  audio: { type: 'string' },
  video: { type: 'string' },
  file: { type: 'string' },
  upload: { type: 'string' },
  model3d: { type: 'string' },
  files: { type: 'array', items: file('file') },
  gallery: { type: 'array', items: file('image or video file') },
  markdown: { type: 'string' },
  html: { type: 'string' },
  file_explorer: { type: 'array', items: { type: 'array', items: { type: 'string' } } },
};

const DEFAULTS: Record<string, unknown> = {
  textbox_empty: '',
  number: 7.5,
  number_zero: 0,
  slider: 4,
  checkbox: false,
  checkbox_group: ['red'],
  radio_numbers: 256,
  dropdown_numbers: 2,
  gallery: [],
};

const SHAPES: Record<string, string | undefined> = {
  image: 'file',
  audio: 'file',
  video: 'file',
  file: 'file',
  upload: 'file',
  model3d: 'file',
  files: 'files',
  gallery: 'files',
  image_editor: 'nested',
  annotated: 'nested',
  multimodal: 'nested',
  chatbot: 'nested',
};

describe.each(VERSIONS)('components of Gradio %s', (version) => {
  const app = recordedApp(version, 'components');

  it.each(Object.entries(EXPECTED))('describes %s', (name, expected) => {
    const { description: _, ...schema } = onlyParameter(app, `/${name}`).schema;
    expect(schema).toEqual(expected);
  });

  it('knows the defaults, among them false, 0 and ""', () => {
    for (const [name, value] of Object.entries(DEFAULTS)) {
      expect(onlyParameter(app, `/${name}`), name).toMatchObject({ required: false, default: value });
    }
    for (const name of ['textbox', 'number_precision', 'image', 'datetime']) {
      expect(onlyParameter(app, `/${name}`), name).toMatchObject({ required: true });
      expect(onlyParameter(app, `/${name}`), name).not.toHaveProperty('default');
    }
  });

  it('knows where files are', () => {
    const found = app.endpoints.map(({ name, parameters }) => [name.slice(1), parameters[0]?.file]);
    expect(Object.fromEntries(found)).toMatchObject(SHAPES);
    for (const name of ['textbox', 'json', 'dataframe', 'label', 'highlighted']) {
      expect(onlyParameter(app, `/${name}`).file, name).toBeUndefined();
    }
  });

  it('tells what a person sees beside the field', () => {
    expect(onlyParameter(app, '/textbox').schema.description).toBe('Prompt; What to draw');
    expect(onlyParameter(app, '/slider_fine').schema.description).toBe('Scale; step 0.05');
    expect(onlyParameter(app, '/dropdown_pairs').schema.description).toContain('en_anna = Anna (en)');
    expect(onlyParameter(app, '/dropdown_custom').schema.description).toContain('any value, such as oil, ink');
    expect(onlyParameter(app, '/file').schema.description).toContain('.pdf, .txt only');
    expect(onlyParameter(app, '/datetime').schema.description).toContain('YYYY-MM-DD HH:MM:SS');
  });

  it('writes schemas that a validator takes, without references, types in lists or a union at the root', async () => {
    for (const endpoint of app.endpoints) {
      for (const { schema, wire } of endpoint.parameters) {
        compileSchema(schema);
        if (wire) compileSchema(wire);
        expect(JSON.stringify([schema, wire])).not.toMatch(/"\$ref"|"\$defs"|"type":\[/);
      }
      for (const { schema } of endpoint.returns) compileSchema(schema);
      const input = inputSchema(endpoint);
      expect(Object.keys(input).filter((key) => /^(?:anyOf|oneOf|allOf|not|if)$/.test(key))).toEqual([]);
      const validate = compileSchema(input);
      expect(validate({ surprise: 1 })).toBe(false);
    }
  });

  it("keeps Gradio's long texts about its own file objects out", () => {
    for (const endpoint of app.endpoints) {
      expect(JSON.stringify(inputSchema(endpoint)), endpoint.name).not.toMatch(/FileData|GradioModel|is_stream/);
    }
  });
});

describe.each(VERSIONS)('endpoints of Gradio %s', (version) => {
  const app = recordedApp(version, 'endpoints');

  it('leaves hidden state out, and keeps every place on the wire', () => {
    const generate = endpointOf(app, '/generate');
    expect(generate.parameters.map((one) => one.name)).toEqual(['prompt', 'seed', 'randomize_seed', 'width', 'style']);
    expect(generate.slots.at(-1)).toEqual({ state: true, value: null });
    expect(generate.slots).toHaveLength(6);
    const chain = endpointOf(app, '/chain');
    expect(chain.returns).toHaveLength(1);
    expect(chain.outputSlots).toEqual([0]);
    expect(JSON.stringify(app.endpoints)).not.toContain('secret');
  });

  it('reads whole numbers and bounds from sliders', () => {
    const { properties } = inputSchema(endpointOf(app, '/generate')) as { properties: Record<string, JsonSchema> };
    expect(properties.seed).toMatchObject({ type: 'integer', minimum: 0, maximum: 2147483647, default: 0 });
    expect(properties.width).toMatchObject({ type: 'integer', minimum: 256, maximum: 2048, default: 1024 });
    expect(properties.randomize_seed).toMatchObject({ type: 'boolean', default: true });
  });

  it('names twins apart', () => {
    expect(endpointOf(app, '/shout').parameters.map(({ name, label }) => [name, label])).toEqual([
      ['text', 'Text'],
      ['options', 'Text'],
    ]);
    expect(app.endpoints.map((one) => one.name)).toContain('/shout_1');
  });

  it('knows what the author hid, what is not queued, and where a function is', () => {
    expect(endpointOf(app, '/quiet')).toMatchObject({ hidden: true });
    expect(endpointOf(app, '/direct')).toMatchObject({ queue: false, fnIndex: 8 });
    expect(endpointOf(app, '/generate')).toMatchObject({ queue: true, fnIndex: 0, hidden: false });
    const names = app.endpoints.map((one) => one.name);
    expect(names).not.toContain('/false');
    // Gradio 6 names what is private; before, it has no name to call it by.
    if (version === '6.25.0') expect(endpointOf(app, '/echo').hidden).toBe(true);
    else expect(names).not.toContain('/echo');
  });

  it('still describes everything from /config when /info fails', () => {
    const config = readRecorded(version, 'endpoints', 'config');
    const bare = describeEndpoints(config, {});
    expect(bare.map((one) => one.name)).toEqual(app.endpoints.map((one) => one.name));
    const generate = bare.find((one) => one.name === '/generate');
    expect(generate?.parameters.map((one) => one.name)).toEqual(['prompt', 'seed', 'randomize_seed', 'width', 'style']);
    expect(generate?.parameters.map((one) => one.required)).toEqual([true, false, false, false, false]);
    expect(generate?.slots).toHaveLength(6);
    // Two labels are the same here: only a number tells them apart.
    const shout = bare.find((one) => one.name === '/shout');
    expect(shout?.parameters.map((one) => one.name)).toEqual(['text', 'text_2']);
  });
});

describe('docstrings', () => {
  it.each(['5.49.1', '6.25.0'] as const)('of Gradio %s reach the parameters', (version) => {
    const { properties } = inputSchema(endpointOf(recordedApp(version, 'endpoints'), '/generate')) as {
      properties: Record<string, JsonSchema>;
    };
    expect(properties.seed?.description).toBe('The same seed gives the same picture.');
  });

  it.each(['5.49.1', '6.25.0'] as const)('of typed functions are read with their types (%s)', (version) => {
    expect(inputSchema(endpointOf(recordedApp(version, 'endpoints'), '/typed'))).toMatchObject({
      properties: {
        name: { type: 'string' },
        sizes: { type: 'array', items: { type: 'integer' } },
        ratio: { type: 'number', default: 0.5 },
      },
      required: ['name', 'sizes'],
    });
  });
});

describe('hostile descriptions', () => {
  const component = { id: 1, type: 'textbox', props: { label: 'A' }, api_info: { type: 'string' } };
  const dependency = { id: 0, inputs: [1], outputs: [1], api_name: 'run' };

  it('never throw, whatever is put in place of any part', () => {
    const odd = [null, undefined, 0, -1, 1e99, '', 'x', true, [], [[]], {}, { type: {} }, '\u202e', ['a', 'b']];
    const config = { components: [component], dependencies: [dependency] };
    const info = {
      named_endpoints: {
        '/run': { parameters: [{ label: 'A', parameter_name: 'a', type: { type: 'string' } }], returns: [{}] },
      },
    };
    for (const value of odd) {
      for (const [mutatedConfig, mutatedInfo] of mutations(config, info, value)) {
        const endpoints = describeEndpoints(mutatedConfig, mutatedInfo);
        for (const endpoint of endpoints) expect(isObject(inputSchema(endpoint))).toBe(true);
      }
    }
  });

  it('may be nested without end, in any place', async () => {
    const bottomless = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    const config = { components: [{ ...component, props: { label: 'A', value: 'x' } }], dependencies: [dependency] };
    const info = {
      named_endpoints: {
        '/run': {
          parameters: [
            { parameter_name: 'a', parameter_has_default: true, parameter_default: 'x', type: { default: 'x' } },
          ],
          returns: [{ type: { type: 'string' } }],
        },
      },
    };
    for (const [mutatedConfig, mutatedInfo] of mutations(config, info, bottomless)) {
      for (const endpoint of describeEndpoints(mutatedConfig, mutatedInfo)) {
        expect(JSON.stringify([inputSchema(endpoint), endpoint]).length).toBeLessThan(10_000);
      }
    }
  });

  it('drop names that hide something, and names given twice', () => {
    const names = ['run', 'ru\u200bn', 'run', 'x'.repeat(200), 'a\nb', 7];
    const dependencies = names.map((api_name, id) => ({ ...dependency, id, api_name }));
    expect(describeEndpoints({ components: [component], dependencies }, {}).map((one) => one.name)).toEqual(['/run']);
  });

  it('stop at a bounded number of endpoints and parameters', () => {
    const dependencies = Array.from({ length: 3000 }, (_, id) => ({ ...dependency, id, api_name: `run${id}` }));
    const all = { components: [component], dependencies };
    expect(describeEndpoints(all, {})).toHaveLength(1000);
    expect(countOmitted(all, describeEndpoints(all, {}))).toBe(2000);
    const wide = (length: number) => {
      const config = {
        components: [component],
        dependencies: [{ ...dependency, inputs: Array.from({ length }, () => 1) }],
      };
      const endpoints = describeEndpoints(config, {});
      return { parameters: endpoints[0]?.parameters ?? [], omitted: countOmitted(config, endpoints) };
    };
    expect(new Set(wide(1000).parameters.map((one) => one.name)).size).toBe(1000);
    // With a part of its inputs it would only fail.
    expect(wide(1001)).toEqual({ parameters: [], omitted: 1 });
  });

  it('clean what an author writes', () => {
    const evil = { ...component, props: { label: 'A\u202eB\u001b[2J', info: 'x'.repeat(10_000) } };
    const [endpoint] = describeEndpoints(
      { components: [evil], dependencies: [{ ...dependency, api_description: '\u0007d' }] },
      {},
    );
    expect(endpoint?.description).toBe('d');
    expect(endpoint?.parameters[0]?.label).toBe('AB');
    expect(String(endpoint?.parameters[0]?.schema.description).length).toBeLessThan(500);
  });
});

/** Every variant of the pair in which one part, at any depth, is replaced. */
function* mutations(
  config: Record<string, unknown>,
  info: Record<string, unknown>,
  value: unknown,
): Generator<[Record<string, unknown>, Record<string, unknown>]> {
  for (const path of pathsOf({ config, info })) {
    if (path.length < 2) continue;
    const copy = structuredClone({ config, info }) as Record<string, unknown>;
    let at = copy;
    for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
    at[path.at(-1) as string] = value;
    yield [copy.config as Record<string, unknown>, copy.info as Record<string, unknown>];
  }
}

function pathsOf(value: unknown, prefix: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [[...prefix, key], ...pathsOf(child, [...prefix, key])]);
}
