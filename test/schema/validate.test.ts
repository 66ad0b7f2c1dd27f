import { describe, expect, it } from 'vitest';
import { compileSchema, findFault, showValue } from '../../src/schema/validate.js';

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
    [[1, 1], { uniqueItems: true }, 'must not have the same item twice, not [1,1]'],
    [[], { minItems: 2 }, 'must have at least 2 items, not []'],
    [true, { anyOf: [{ type: 'string' }, { type: 'number' }] }, 'must be text or a number, not true'],
    [true, { anyOf: [{ enum: ['a'] }, { enum: [1] }] }, 'fits none of the forms that are allowed, not true'],
    [[true], { items: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, '[0] must be text or null, not true'],
    [1, { type: 'number', exclusiveMinimum: 1 }, 'must be more than 1, not 1'],
    [3, { multipleOf: 2 }, 'must be a multiple of 2, not 3'],
  ])('%j against %j', async (value, schema, fault) => {
    expect(await findFault(value, schema)).toBe(fault);
  });

  it('shortens long values and long lists of choices', async () => {
    const fault = await findFault('y'.repeat(500), { enum: Array.from({ length: 50 }, (_, index) => `c${index}`) });
    expect(fault).toMatch(/"c19" and 30 more, not "y+…$/);
    expect(fault?.length).toBeLessThan(300);
    expect(showValue(undefined)).toBe('undefined');
  });

  it('compiles a schema once', async () => {
    const schema = { type: 'string' };
    expect(await compileSchema(schema)).toBe(await compileSchema(schema));
  });

  it('refuses a schema that is none', async () => {
    await expect(compileSchema({ type: {} })).rejects.toThrow();
  });
});
