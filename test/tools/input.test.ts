import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { HugwireError } from '../../src/lib/errors.js';
import { describeTool } from '../../src/tools/describe.js';
import { hubSearch } from '../../src/tools/hub_search.js';
import { hubWhoami } from '../../src/tools/hub_whoami.js';
import { hubWrite } from '../../src/tools/hub_write.js';
import { TOOLS } from '../../src/tools/index.js';
import { readArguments } from '../../src/tools/input.js';
import { type AnyTool, defineTool } from '../../src/tools/tool.js';

const example: AnyTool = defineTool({
  name: 'example',
  title: 'Example',
  toolset: 'read',
  effect: 'read',
  description: 'Is one.',
  input: z.object({
    id: z.string(),
    kinds: z.array(z.enum(['model', 'dataset'])).optional(),
    max_chars: z.int().min(1).max(100).default(10),
    deep: z.boolean().optional(),
    options: z.record(z.string(), z.unknown()).optional(),
  }),
  aliases: { names: { name: 'id', repo: 'id' }, values: { kinds: { models: 'model', datasets: 'dataset' } } },
  async run() {
    return { text: '', data: {} };
  },
});

const read = (given: unknown, tool: AnyTool = example) => readArguments(tool, given);
function refusal(given: unknown, tool: AnyTool = example): string {
  try {
    read(given, tool);
  } catch (error) {
    expect(error).toBeInstanceOf(HugwireError);
    expect((error as HugwireError).code).toBe('invalid_arguments');
    return (error as HugwireError).message;
  }
  throw new Error('the arguments were accepted');
}

describe('arguments as they are meant', () => {
  it.each([
    ['as they should be', { id: 'a', kinds: ['model'], max_chars: 5 }, { id: 'a', kinds: ['model'], max_chars: 5 }],
    ['one value for a list', { id: 'a', kinds: 'model' }, { id: 'a', kinds: ['model'], max_chars: 10 }],
    [
      'a list written with commas',
      { id: 'a', kinds: 'models, Dataset' },
      { id: 'a', kinds: ['model', 'dataset'], max_chars: 10 },
    ],
    ['a list as JSON text', { id: 'a', kinds: '["dataset"]' }, { id: 'a', kinds: ['dataset'], max_chars: 10 }],
    ['aliases within a list', { id: 'a', kinds: ['models'] }, { id: 'a', kinds: ['model'], max_chars: 10 }],
    ['a number as text', { id: 'a', max_chars: '7' }, { id: 'a', max_chars: 7 }],
    ['a number for text', { id: 12 }, { id: '12', max_chars: 10 }],
    ['a yes as text', { id: 'a', deep: 'True' }, { id: 'a', deep: true, max_chars: 10 }],
    ['null for what is left out', { id: 'a', max_chars: null, deep: null }, { id: 'a', max_chars: 10 }],
    ['another spelling of a name', { id: 'a', maxChars: 7 }, { id: 'a', max_chars: 7 }],
    ['another name', { repo: 'a' }, { id: 'a', max_chars: 10 }],
    ['another name in another spelling', { Name: 'a' }, { id: 'a', max_chars: 10 }],
    ['another name beside the right one', { id: 'a' }, { id: 'a', max_chars: 10 }],
    ['an object as JSON text', { id: 'a', options: '{"x":1}' }, { id: 'a', options: { x: 1 }, max_chars: 10 }],
    ['all arguments as JSON text', '{"id":"a"}', { id: 'a', max_chars: 10 }],
    ['JSON text within JSON text', '"{\\"id\\":\\"a\\"}"', { id: 'a', max_chars: 10 }],
    ['a list by place', ['a', 'model'], { id: 'a', kinds: ['model'], max_chars: 10 }],
    ['a list by place as JSON text', '["a", null, 5]', { id: 'a', max_chars: 5 }],
    ['a list by place under one name', { args: ['a'] }, { id: 'a', max_chars: 10 }],
    ['a list around the object', [{ repo: 'a' }], { id: 'a', max_chars: 10 }],
    ['one name for all of them', { toolCallId: 'c', kwargs: { repo: 'a' } }, { id: 'a', max_chars: 10 }],
    ['one argument that holds all', { id: { id: 'a', max_chars: 5, deep: null }, tool: {} }, { id: 'a', max_chars: 5 }],
    ['an object for a text', { id: { type: 'text', text: 'a' } }, { id: 'a', max_chars: 10 }],
    ['an object for a number', { id: 'a', max_chars: { value: '7' } }, { id: 'a', max_chars: 7 }],
    [
      'objects in a list of texts',
      { id: 'a', kinds: [{ name: 'model' }] },
      { id: 'a', kinds: ['model'], max_chars: 10 },
    ],
    ['a list for a single value', { id: ['a'] }, { id: 'a', max_chars: 10 }],
    [
      'nothing beside a value in a list',
      { id: 'a', kinds: ['', 'model', null] },
      { id: 'a', kinds: ['model'], max_chars: 10 },
    ],
    ['an empty right name beside another name', { id: '', repo: 'a' }, { id: 'a', max_chars: 10 }],
    ['nothing under an unknown name', { id: 'a', banana: null }, { id: 'a', max_chars: 10 }],
  ])('%s', (_title, given, meant) => expect(read(given)).toEqual(meant));

  it.each([
    ['lastModified', 'updated'],
    ['last_modified', 'updated'],
    ['LAST-MODIFIED', 'updated'],
    ['recent', 'updated'],
    ['createdAt', 'created'],
    ['newest', 'created'],
    ['trendingScore', 'trending'],
    ['trending_score', 'trending'],
    ['most downloads', 'downloads'],
    ['popular', 'downloads'],
    ['most_liked', 'likes'],
    ['Likes', 'likes'],
  ])('sort=%s is %s', (sort, meant) => {
    expect(readArguments(hubSearch, { sort }).sort).toBe(meant);
    expect(readArguments(hubSearch, { sort_by: sort }).sort).toBe(meant);
  });

  it('does not change what it was given', () => {
    const given = Object.freeze({ repo: 'a', kinds: Object.freeze(['models']) });
    expect(read(given)).toMatchObject({ id: 'a' });
  });
});

describe('files of hub_write', () => {
  const one = [{ path: 'a.txt', text: 'x' }];
  it.each<[form: string, given: object, files: object[]]>([
    ['a list', { files: one }, one],
    ['JSON', { files: JSON.stringify(one) }, one],
    ['one alone', { files: one[0] }, one],
    ['a map', { files: { 'a.txt': 'x', 'b.txt': '' } }, [...one, { path: 'b.txt', text: '' }]],
    ['beside the repository', { path: 'a.txt', content: 'x' }, one],
    ['other words', { files: [{ path_in_repo: 'a.txt', contents: 'x' }] }, one],
    ['a file to upload', { filename: 'a.txt', source: '/tmp/a' }, [{ path: 'a.txt', from: '/tmp/a' }]],
    ['a deletion', { files: [{ operation: 'delete', path: 'a.txt' }] }, [{ path: 'a.txt', delete: true }]],
    [
      'an object for JSON',
      { files: [{ path: 'a.json', text: { name: 'x' } }] },
      [{ path: 'a.json', text: '{\n  "name": "x"\n}\n' }],
    ],
    ['text that looks like nothing', { files: [{ path: 'a', text: 'null' }] }, [{ path: 'a', text: 'null' }]],
    ['text that looks like JSON', { files: [{ path: 'a', text: '[1]' }] }, [{ path: 'a', text: '[1]' }]],
  ])('are understood as %s', (_form, given, files) => {
    expect(readArguments(hubWrite, { repo: 'a/b', ...given }).files).toEqual(
      files.map((file) => expect.objectContaining(file)),
    );
  });

  it('are in the journal by their hash', () => {
    const told = JSON.stringify(hubWrite.recorded?.({ repo: 'a/b', files: { 'a.txt': 'private words' } }));
    expect(told).toMatch(/"path":"a\.txt","bytes":13,"sha256":"[0-9a-f]{64}"/);
    for (const args of [
      'private words',
      { files: 'private words' },
      { files: ['private words'] },
      ['private words'],
      null,
    ])
      expect(JSON.stringify(hubWrite.recorded?.(args)) ?? '').not.toContain('private words');
  });
});

/** Everything by which clients leave an argument out. */
const LEFT_OUT = [null, '', ' ', [], {}, 'null', 'None', 'NULL', 'undefined', 'nil', '[]', '{}', [null], ['']];
/** What programs add to the arguments of every call. */
const NOISE = {
  toolCallId: 'call_1',
  tool_call_id: 'call_1',
  sessionId: 's',
  action: 'sendMessage',
  chatInput: 'hello',
  _meta: { a: 1 },
  tool: 'x',
  task_progress: '- [ ] one',
  wait_for_previous: true,
};
const REQUIRED: Record<string, object> = {
  hub_create: { repo: 'a/b' },
  hub_discuss: { repo: 'a/b', action: 'open' },
  hub_job: { action: 'list' },
  hub_write: { repo: 'a/b', files: [{ path: 'a.txt', text: 'x' }] },
  space_admin: { space: 'a/b', action: 'logs' },
  hub_repo: { ids: ['a/b'] },
  hub_read: { uris: ['a/b'] },
  dataset_rows: { dataset: 'a/b' },
  space_info: { space: 'a/b' },
  space_call: { space: 'a/b' },
  space_result: { job: 'j' },
  memory_save: { text: 'x' },
  space_pin: { space: 'a/b', tool: 'drawing', reason: 'x' },
};

describe.each(TOOLS.map((tool) => [tool.name, tool] as const))('%s', (name, tool) => {
  const required = REQUIRED[name] ?? {};
  const bare = read(required, tool);
  const optional = Object.keys(tool.input.shape).filter((key) => !Object.hasOwn(required, key));

  it.each(LEFT_OUT.map((value) => [JSON.stringify(value), value]))('reads %s as left out', (_, value) => {
    const all = Object.fromEntries(optional.map((key) => [key, value]));
    expect(read({ ...required, ...all }, tool)).toEqual(bare);
    for (const key of Object.keys(required).slice(0, 1)) {
      expect(refusal({ ...required, [key]: value }, tool)).toContain(`"${key}" is required`);
    }
  });

  it('drops what programs add, and nothing that is its own', () => {
    const own = Object.fromEntries(Object.entries(NOISE).filter(([key]) => Object.hasOwn(tool.input.shape, key)));
    const { arguments: rest = {}, ...meant } = read({ ...NOISE, ...required }, tool) as Record<string, unknown>;
    expect(meant).toEqual({ ...bare, ...own, ...required });
    // What may be an argument of a Space is for the Space's own parameters to tell.
    expect(NOISE).toMatchObject(rest as object);
  });
});

describe('arguments that cannot be meant', () => {
  const LIST =
    'Arguments: id: string, kinds?: list of model|dataset, max_chars?: integer 1–100, deep?: boolean, options?: object.';

  it.each([
    ['nothing required', {}, `example: "id" is required. ${LIST}`],
    [
      'an unknown name',
      { id: 'a', max_char: 5 },
      `example has no argument "max_char" (did you mean "max_chars"?). ${LIST}`,
    ],
    ['a name like none', { id: 'a', banana: 5 }, `example has no argument "banana". ${LIST}`],
    [
      'out of range',
      { id: 'a', max_chars: 500 },
      `example: "max_chars": expected number to be <=100 (got 500). ${LIST}`,
    ],
    [
      'a text for a number',
      { id: 'a', max_chars: 'many' },
      `example: "max_chars" must be a whole number (got "many"). ${LIST}`,
    ],
    [
      'an enum',
      { id: 'a', kinds: ['space'] },
      `example: "kinds.0": expected one of "model"|"dataset" (got "space"). ${LIST}`,
    ],
    ['more than there are places for', [1, 2, 3, 4, 5, 6], `example takes an object of arguments. ${LIST}`],
    ['a word', 'query', `example takes an object of arguments. ${LIST}`],
    [
      'an object that says more',
      { id: { text: 'a', size: 1 } },
      `example: "id": expected string, received object (got {"text":"a","size":1}). ${LIST}`,
    ],
    ['null for what is required', { id: null }, `example: "id" is required. ${LIST}`],
    [
      'a fraction as text',
      { id: 'a', max_chars: '1.5' },
      `example: "max_chars" must be a whole number (got "1.5"). ${LIST}`,
    ],
    ['a fraction', { id: 'a', max_chars: 1.5 }, `example: "max_chars" must be a whole number (got 1.5). ${LIST}`],
    [
      'a slip in a known value',
      { id: 'a', kinds: 'modle' },
      `example: "kinds.0": expected one of "model"|"dataset" (got "modle"; did you mean "model"?). ${LIST}`,
    ],
  ])('%s', (_title, given, message) => expect(refusal(given)).toBe(message));

  it('names both when two names mean one thing', () => {
    expect(refusal({ id: 'a', repo: 'b' })).toMatch(/^example has no argument "repo"/);
  });

  it('says so when there are none to give', () => {
    expect(refusal({ x: 1 }, hubWhoami)).toBe('hub_whoami has no argument "x". It takes no arguments.');
  });

  it('is told in few words, however much is wrong', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`wrong_${n}`, n]));
    expect(refusal({ id: 'a', ...many }).length).toBeLessThan(700);
    expect(refusal({ id: 'a', kinds: Array.from({ length: 1000 }, (_, n) => `kind-${n}`) }).length).toBeLessThan(700);
    expect(refusal({ id: 'a', max_chars: 'x'.repeat(1_000_000) }).length).toBeLessThan(500);
    expect(refusal({ id: 'a', [`\u202e${'n'.repeat(10_000)}`]: 1 })).not.toContain('\u202e');
  });

  it('is told clean and short, whatever was given', () => {
    const odd = [
      JSON.parse('{"toString":null}'),
      { '\u202e': '\u200b\u{E0041}\ud800' },
      JSON.parse('['.repeat(9000) + ']'.repeat(9000)),
    ];
    for (const value of odd) {
      for (const name of ['id', 'kind', 'limit', 'kinds']) {
        const told = refusal({ id: 'a', [name]: value });
        expect(told.length).toBeLessThan(700);
        expect(told).not.toMatch(/[\u200b\u202e\ud800]|\u{E0041}|call stack/u);
      }
    }
  });

  it.each(['[', '{"query":', '{"data":'])('does not run out of stack at a hundred thousand of %s', (open) => {
    const text =
      open.repeat(100_000) + (open === '[' ? ']' : '1}'.padEnd(100_001, '}')).repeat(open === '[' ? 100_000 : 1);
    for (const given of [text, JSON.parse(text), { id: JSON.parse(text) }]) {
      expect(refusal(given)).toMatch(/nested more than \d+ levels deep/);
    }
  });

  it('does not fall for names of every object', () => {
    const given = JSON.parse('{"id":"a","__proto__":{"deep":true},"constructor":1}');
    expect(refusal(given)).toMatch(/"__proto__".*"constructor"/);
    expect(refusal(JSON.parse('{"id":"a","toString":1}'))).toMatch(/"toString"/);
  });
});

describe('the schema in the list', () => {
  it('says what a model needs and no more', () => {
    expect(describeTool(example).inputSchema).toEqual({
      type: 'object',
      properties: {
        id: { type: 'string' },
        kinds: { type: 'array', items: { type: 'string', enum: ['model', 'dataset'] } },
        max_chars: { type: 'integer', minimum: 1, maximum: 100, default: 10 },
        deep: { type: 'boolean' },
        options: { type: 'object', additionalProperties: true },
      },
      required: ['id'],
    });
  });

  it('leaves defaults and allowed values as they are, whatever they look like', () => {
    const inputSchema = {
      type: 'object',
      properties: {
        format: { type: 'string', enum: ['format', '$schema'], default: 'format', format: 'uri' },
        output: { type: 'object', default: { format: 'png', additionalProperties: 1 } },
      },
    };
    expect(describeTool({ ...example, inputSchema }).inputSchema).toEqual({
      type: 'object',
      properties: {
        format: { type: 'string', enum: ['format', '$schema'], default: 'format' },
        output: { type: 'object', default: { format: 'png', additionalProperties: 1 } },
      },
    });
  });
});
