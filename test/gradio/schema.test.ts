import { describe, expect, it } from 'vitest';
import { repairSchema } from '../../src/gradio/schema.js';
import { compileSchema } from '../lib/ajv.js';

describe('repairSchema', () => {
  it.each<[string, unknown, unknown]>([
    ['a type that is an object', { type: {}, description: 'any valid json' }, { description: 'any valid json' }],
    ['a type that does not exist', { type: 'filepath' }, {}],
    ['numbers called text', { type: 'string', enum: [1, 2] }, { type: 'integer', enum: [1, 2] }],
    ['fractions called text', { type: 'string', enum: [0.5, 2] }, { type: 'number', enum: [0.5, 2] }],
    ['members of several types', { type: 'string', enum: ['auto', 1] }, { enum: ['auto', 1] }],
    ['an empty enum', { type: 'string', enum: [] }, { type: 'string' }],
    ['a member twice', { enum: ['a', 'a'] }, { type: 'string', enum: ['a'] }],
    ['const', { const: 'x', type: 'string' }, { type: 'string', enum: ['x'] }],
    [
      'a tuple of before 2020',
      { type: 'array', items: [{ type: 'string' }] },
      { type: 'array', prefixItems: [{ type: 'string' }] },
    ],
    ['an array without items', { type: 'array' }, { type: 'array', items: {} }],
    ['oneOf', { oneOf: [{ type: 'string' }, { type: 'number' }] }, { anyOf: [{ type: 'string' }, { type: 'number' }] }],
    ['a union of one', { anyOf: [{ type: 'string' }] }, { type: 'string' }],
    ['a union that takes anything', { anyOf: [{ type: 'string' }, {}] }, {}],
    [
      'an allOf around a reference',
      { allOf: [{ type: 'string' }], description: 'd' },
      { type: 'string', description: 'd' },
    ],
    ['bounds the wrong way round', { type: 'number', minimum: 9, maximum: 1 }, { type: 'number' }],
    ['bounds that are no numbers', { type: 'number', minimum: '1', maximum: null }, { type: 'number' }],
    ['a pattern and a format', { type: 'string', pattern: '(a+)+$', format: 'uri' }, { type: 'string' }],
    ['keywords of Pydantic', { type: 'string', title: 'T', additional_description: null }, { type: 'string' }],
    [
      'required properties that are not there',
      { properties: { a: {} }, required: ['a', 'b', 7] },
      { properties: { a: {} }, required: ['a'] },
    ],
    ['invisible characters', { description: 'a\u200bb\u001b[31mc' }, { description: 'abc' }],
    ['text', 'string', {}],
    ['null', null, {}],
    ['a list', [1], {}],
    ['true', true, {}],
  ])('repairs %s', async (_, raw, expected) => {
    const schema = repairSchema(raw);
    expect(schema).toEqual(expected);
    compileSchema(schema);
  });

  it('inlines definitions, old and new, with what stands beside the reference', () => {
    const schema = repairSchema({
      $defs: { Size: { type: 'integer' } },
      definitions: { Name: { type: 'string', description: 'inner' } },
      properties: { size: { $ref: '#/$defs/Size', description: 'outer' }, name: { $ref: '#/definitions/Name' } },
    });
    expect(schema.properties).toEqual({
      size: { type: 'integer', description: 'outer' },
      name: { type: 'string', description: 'inner' },
    });
  });

  it('cuts a cycle to "any value"', async () => {
    const schema = repairSchema({
      $defs: { Node: { type: 'object', properties: { child: { $ref: '#/$defs/Node' }, name: { type: 'string' } } } },
      $ref: '#/$defs/Node',
    });
    expect(schema).toEqual({ type: 'object', properties: { child: {}, name: { type: 'string' } } });
    compileSchema(schema);
  });

  it('turns a reference to nowhere, to a file or to the web into "any value"', () => {
    for (const $ref of ['#/$defs/Missing', '#/properties/a', 'https://example.com/schema', '', '#/$defs/__proto__']) {
      expect(repairSchema({ $ref })).toEqual({});
    }
  });

  it('says "may be left out" rather than "or null", but keeps null where it means something', () => {
    const nullable = { anyOf: [{ type: 'string' }, { type: 'null' }], default: null };
    const schema = repairSchema({
      properties: { free: nullable, needed: nullable, other: { ...nullable, default: 'x' } },
      required: ['needed'],
    });
    expect(schema.properties).toEqual({
      free: { type: 'string' },
      needed: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null },
      other: { anyOf: [{ type: 'string' }, { type: 'null' }], default: 'x' },
    });
  });

  it('bounds what a hostile schema costs', async () => {
    let deep: Record<string, unknown> = { type: 'string' };
    for (let level = 0; level < 5000; level += 1) deep = { properties: { a: deep } };
    expect(JSON.stringify(repairSchema(deep)).length).toBeLessThan(1000);

    // Each definition uses the next one twice: 2^30 nodes when inlined without a limit.
    const $defs: Record<string, unknown> = {};
    for (let level = 0; level < 30; level += 1) {
      const next = { $ref: `#/$defs/D${level + 1}` };
      $defs[`D${level}`] = { type: 'object', properties: { a: next, b: next } };
    }
    const bomb = repairSchema({ $defs, $ref: '#/$defs/D0' });
    expect(JSON.stringify(bomb).length).toBeLessThan(200_000);
    compileSchema(bomb);

    const many = repairSchema({ enum: Array.from({ length: 100_000 }, (_, index) => index) });
    expect(many).toEqual({});
    expect(repairSchema({ default: 'x'.repeat(1_000_000) })).toEqual({});
  });

  it('does not let a property reach the prototype', () => {
    const schema = repairSchema(
      JSON.parse('{"properties":{"__proto__":{"type":"string"},"constructor":{"type":"string"}}}'),
    );
    expect(Object.keys(schema.properties as object)).toEqual(['constructor']);
    expect(Object.getPrototypeOf(schema.properties)).toBe(Object.prototype);
  });
});
