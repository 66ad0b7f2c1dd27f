import { describe, expect, it } from 'vitest';
import { listTools } from '../../src/engine/call.js';
import type { JsonSchema } from '../../src/lib/json-schema.js';
import { DEFAULT_LOCK, type LockEntry } from '../../src/spaces/lock.js';
import { describeTool, type ToolListing } from '../../src/tools/describe.js';
import { findBreach } from '../../src/tools/host-rules.js';
import { TOOLS } from '../../src/tools/index.js';
import { pinnedTools, previewPin } from '../../src/tools/pinned.js';
import { spaceCall } from '../../src/tools/space_call.js';
import type { AnyTool } from '../../src/tools/tool.js';

const listing = (properties: Record<string, unknown>, change: Partial<ToolListing> = {}): ToolListing => ({
  ...describeTool(spaceCall),
  inputSchema: { type: 'object', properties },
  ...change,
});

describe('what every host takes', () => {
  it.each<[string, JsonSchema]>([
    ['a text', { type: 'string', default: '', description: '水彩 “x”' }],
    ['a choice', { type: 'string', enum: ['a', 'b'], default: 'b' }],
    ['a list', { type: 'array', items: { type: 'string', enum: ['a'] }, default: ['a'] }],
    ['any object', { type: 'object', additionalProperties: true }],
    ['an object', { type: 'object', properties: { 'a.b-c_1': { type: 'boolean' } }, required: ['a.b-c_1'] }],
  ])('%s', (_, schema) => {
    expect(findBreach(listing({ x: schema }))).toBeUndefined();
  });
});

describe('what some host refuses', () => {
  it.each<[string, unknown, RegExp]>([
    ['a union', { type: 'string', anyOf: [{ type: 'string' }] }, /^arguments\.x: has the keyword anyOf$/],
    ['a reference', { $ref: '#/$defs/A' }, /\$ref/],
    ['a header', { type: 'string', 'x-mcp-header': 'Leak' }, /x-mcp-header/],
    ['a constant', { type: 'string', const: 'a' }, /const/],
    ['a pattern', { type: 'string', pattern: '^(a+)+$' }, /pattern/],
    ['examples', { type: 'string', examples: ['a'] }, /examples/],
    ['several types', { type: ['string', 'null'] }, /type \["string","null"\]/],
    ['no type', {}, /type undefined/],
    ['true', true, /not a schema/],
    ['no choices', { type: 'string', enum: [] }, /choices/],
    ['an empty choice', { type: 'string', enum: ['a', ''] }, /choices/],
    ['a choice twice', { type: 'string', enum: ['a', 'a'] }, /choices/],
    ['a choice of numbers', { type: 'integer', enum: [1] }, /choices/],
    ['a hidden choice', { type: 'string', enum: ['a\u200b'] }, /choices/],
    ['two lines', { type: 'string', description: 'a\nb' }, /description has hidden/],
    ['a tag', { type: 'string', description: 'a\u{e0041}' }, /description has hidden/],
    ['a long text', { type: 'string', description: 'a'.repeat(1025) }, /longer/],
    ['a default of another type', { type: 'integer', default: '1' }, /default does not fit/],
    ['a default that is no choice', { type: 'string', enum: ['a'], default: 'b' }, /default does not fit/],
    ['a default out of bounds', { type: 'number', maximum: 1, default: 2 }, /default does not fit/],
    [
      'a default that is an object',
      { type: 'object', additionalProperties: true, default: {} },
      /default does not fit/,
    ],
    ['a hidden default', { type: 'string', default: '\u202ea' }, /default is hidden/],
    ['a list of anything', { type: 'array' }, /without items/],
    ['an object of nothing', { type: 'object', properties: {} }, /without properties/],
    [
      'a closed object',
      { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false },
      /additional/,
    ],
    ['bounds the wrong way round', { type: 'number', minimum: 2, maximum: 1 }, /more than/],
    ['half a length', { type: 'string', maxLength: 0.5 }, /maxLength/],
    ['a foreign requirement', { type: 'object', properties: { a: { type: 'string' } }, required: ['b'] }, /requires/],
    ['a fault deep inside', { type: 'array', items: { type: 'array', items: {} } }, /^arguments\.x\[\]\[\]: /],
  ])('%s', (_, schema, words) => {
    expect(findBreach(listing({ x: schema }))).toMatch(words);
  });

  it.each(['größe', 'a b', '', 'k'.repeat(65), 'a\u200b', '$ref', '__proto__', 'x-mcp-header'])(
    'the key "%s"',
    (key) => {
      expect(findBreach(listing(Object.fromEntries([[key, { type: 'string' }]])))).toMatch(/key/);
    },
  );

  it('a union at the root, a long name, hidden words of its own, a definition without end', () => {
    const root = { type: 'object', properties: {}, oneOf: [] } as unknown as ToolListing['inputSchema'];
    expect(findBreach(listing({}, { inputSchema: root }))).toMatch(/^arguments: has the keyword oneOf$/);
    expect(findBreach(listing({}, { name: 'n'.repeat(65) }))).toMatch(/name/);
    expect(findBreach(listing({}, { title: 'a\u200b' }))).toMatch(/title/);
    const wide = Object.fromEntries(Array.from({ length: 4000 }, (_, at) => [`key_${at}`, { type: 'string' }]));
    expect(findBreach(listing(wide))).toMatch(/characters long/);
  });
});

describe('a tool that some host would not take', () => {
  const [flux] = DEFAULT_LOCK as [LockEntry];
  // No record that is read from a file is like this: it stands for whatever is not thought of yet.
  const broken = { ...flux, title: 'a\u200b', space: 'o/n', tool: 'broken' };

  it('is not in the list, whichever tool it is, and all others are', () => {
    const bad = { ...spaceCall, inputSchema: { type: 'object', anyOf: [] } } as AnyTool;
    expect(listTools({ tools: () => [bad, ...TOOLS] })).toEqual(TOOLS.map(describeTool));
  });

  it('is left out with a warning where it comes of a pinned Space, and cannot be approved', () => {
    const pin = { space: 'o/n', endpoint: broken.endpoint, tool: 'broken', enabled: true, token: 'auto' } as const;
    const own = { ...pin, space: flux.space, tool: flux.tool };
    const { tools, warnings } = pinnedTools([pin, own], { entries: [broken, flux], altered: [] });
    expect(tools.map(({ name }) => name)).toEqual([flux.tool]);
    expect(warnings).toEqual([expect.stringMatching(/^o\/n is pinned as broken, .*hidden characters.*left out$/)]);
    expect(() => previewPin(broken)).toThrow(/cannot be a tool that every host accepts/);
  });
});

it('says that the arguments of a Space may have any name', () => {
  const { properties } = describeTool(spaceCall).inputSchema;
  expect(properties).toMatchObject({ arguments: { type: 'object', additionalProperties: true } });
});
