import { describe, expect, it } from 'vitest';
import { findFault, showValue } from '../../src/lib/json-schema.js';
import { compileSchema } from './ajv.js';

describe('findFault', () => {
  it.each<[unknown, Record<string, unknown>, string | undefined]>([
    [3, { type: 'integer', minimum: 1 }, undefined],
    [0, { type: 'integer', minimum: 1 }, 'must be at least 1, not 0'],
    ['x', { type: 'integer' }, 'must be a whole number, not "x"'],
    [null, { type: 'boolean' }, 'must be true or false, not null'],
    ['x', { type: ['number', 'boolean'] }, 'must be a number or true or false, not "x"'],
    ['abc', { type: 'string', maxLength: 2 }, 'must have at most 2 characters, not "abc"'],
    ['x', { enum: ['a', 1] }, 'must be one of "a", 1, not "x"'],
    [
      { a: { b: ['x'] } },
      { properties: { a: { properties: { b: { items: { type: 'number' } } } } } },
      '.a.b[0] must be a number, not "x"',
    ],
    [{}, { required: ['a'] }, 'must have "a", not {}'],
    [{ x: 1 }, { additionalProperties: false }, 'must not have "x", not {"x":1}'],
    [{ x: 'a' }, { additionalProperties: { type: 'number' } }, '.x must be a number, not "a"'],
    [[1, 1], { uniqueItems: true }, 'must not contain the same item twice, not [1,1]'],
    [[], { minItems: 2 }, 'must have at least 2 items, not []'],
    [true, { anyOf: [{ type: 'string' }, { type: 'number' }] }, 'must be text or a number, not true'],
    [true, { anyOf: [{ enum: ['a'] }, { enum: [1] }] }, 'does not match any of the allowed forms, not true'],
    [[true], { items: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, '[0] must be text or null, not true'],
    [1, { type: 'number', exclusiveMinimum: 1 }, 'must be more than 1, not 1'],
    [3, { multipleOf: 2 }, 'must be a multiple of 2, not 3'],
  ])('%j against %j', async (value, schema, fault) => {
    expect(await findFault(value, schema)).toBe(fault);
  });

  it.each([
    [{ '\ud800': 1 }, { additionalProperties: { type: 'string' } }],
    [{ a: 1 }, { properties: { '\udc00': {}, a: { type: 'string' } } }],
    [{}, { required: [JSON.parse('{"toString":null}')] }],
    ['x', { minLength: JSON.parse('{"toString":null}') }],
    [1, { enum: 5 }],
    [1, { anyOf: [null] }],
    [1, { $ref: '#/nowhere' }],
  ])('refuses nothing where the check itself fails: %j against %j', async (value, schema) => {
    expect(await findFault(value, schema)).toBeUndefined();
  });

  it('shortens long values and long lists of choices', async () => {
    const fault = await findFault('y'.repeat(500), { enum: Array.from({ length: 50 }, (_, index) => `c${index}`) });
    expect(fault).toMatch(/"c19" and 30 more, not "y+…"$/);
    expect(fault?.length).toBeLessThan(300);
    expect(showValue(undefined)).toBe('undefined');
  });

  it('names the place in keys of every sort', async () => {
    const schema = { properties: { 'a/b~ü#%': { items: { type: 'string' } } } };
    expect(await findFault({ 'a/b~ü#%': ['x', 1] }, schema)).toBe('.a/b~ü#%[1] must be text, not 1');
  });

  it('leaves the schema as it is, and takes a frozen one', async () => {
    const schema = Object.freeze({ properties: Object.freeze({ a: Object.freeze({ type: 'string' }) }) });
    expect(await findFault({ a: 1 }, schema)).toBe('.a must be text, not 1');
    expect(Reflect.ownKeys(schema.properties.a)).toEqual(['type']);
  });

  it('is not misled by names that every object has', async () => {
    expect(await findFault({}, { required: ['constructor'] })).toBe('must have "constructor", not {}');
    expect(await findFault({ toString: 1 }, { properties: {}, additionalProperties: false })).toBe(
      'must not have "toString", not {"toString":1}',
    );
  });

  it('agrees with another validator on what fits', async () => {
    const values = [null, true, 0, 1.5, -3, '', 'abc', 'äöü', [], [1, 1], ['a', 2], {}, { a: 1 }, { a: 'x', b: null }];
    const schemas = [
      { type: 'integer', minimum: -2 },
      { type: ['string', 'null'], maxLength: 2 },
      {
        anyOf: [
          { type: 'string', minLength: 3 },
          { type: 'number', exclusiveMaximum: 0 },
        ],
      },
      { oneOf: [{ type: 'integer' }, { type: 'number', minimum: 0 }] },
      { allOf: [{ type: 'object' }, { required: ['a'] }] },
      { type: 'array', items: { type: 'number' }, uniqueItems: true },
      { type: 'array', prefixItems: [{ type: 'string' }], minItems: 1 },
      { type: 'array', contains: { const: 2 } },
      { type: 'object', properties: { a: { type: 'number' } }, additionalProperties: false },
      { type: 'object', patternProperties: { '^a': { type: 'string' } }, maxProperties: 1 },
      { not: { type: 'string' } },
      { enum: [null, 'abc', [1, 1], { a: 1 }] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      { if: { type: 'string' }, then: { minLength: 1 }, else: { not: { type: 'null' } } },
    ];
    for (const schema of schemas) {
      const fits = compileSchema(schema);
      for (const value of values) {
        const fault = await findFault(value, schema);
        const what = `${JSON.stringify(value)} against ${JSON.stringify(schema)}: ${fault}`;
        expect(fault === undefined, what).toBe(fits(value));
      }
    }
  });
});
