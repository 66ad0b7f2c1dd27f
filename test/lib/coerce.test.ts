import { describe, expect, it } from 'vitest';
import { coerce, matchEnum } from '../../src/lib/coerce.js';
import type { JsonSchema } from '../../src/lib/json-schema.js';

const strings: JsonSchema = { type: 'array', items: { type: 'string' } };
const kinds: JsonSchema = { type: 'array', items: { type: 'string', enum: ['model', 'dataset', 'space'] } };
const options: JsonSchema = {
  type: 'object',
  properties: {
    steps: { type: 'integer' },
    mime_type: { type: 'string' },
    nested: { type: 'object', properties: { on: { type: 'boolean' } } },
    sizes: { type: 'array', items: { type: 'number' } },
    note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
  },
};

describe('coerce', () => {
  it.each<[string, unknown, JsonSchema, unknown]>([
    ['numeric text to an integer', '3', { type: 'integer' }, 3],
    ['numeric text with white space', ' -4 ', { type: 'integer' }, -4],
    ['numeric text to a number', '1.5e3', { type: 'number' }, 1500],
    ['"true" to a boolean', 'true', { type: 'boolean' }, true],
    ['Python\'s "False" to a boolean', 'False', { type: 'boolean' }, false],
    ['1 to a boolean', 1, { type: 'boolean' }, true],
    ['0 to a boolean', 0, { type: 'boolean' }, false],
    ['a number to text', 7, { type: 'string' }, '7'],
    ['one value to a list', 'a', strings, ['a']],
    ['one number to a list of text', 5, strings, ['5']],
    ['JSON text to a list', '["a", 2]', strings, ['a', '2']],
    ['JSON text to an object', '{"steps":"2"}', options, { steps: 2 }],
    ['an enum in another case', 'MODEL', { enum: ['model', 'space'] }, 'model'],
    ['an enum with other separators', 'lastModified', { enum: ['last_modified', 'likes'] }, 'last_modified'],
    ['text for an enum of numbers', '2', { enum: [1, 2] }, 2],
    ['a number for an enum of text', 2, { type: 'string', enum: ['1', '2'] }, '2'],
    ['one enum value to a list', 'Space', kinds, ['space']],
    ['enum values with commas to a list', 'model, Dataset', kinds, ['model', 'dataset']],
    ['text to the alternative that it fits', 'a', { anyOf: [{ type: 'number' }, { type: 'string' }] }, 'a'],
    ['text to the alternative that it bends to', '4', { anyOf: [{ type: 'number' }, { type: 'null' }] }, 4],
    ['text to one of several types', '4', { type: ['integer', 'null'] }, 4],
    ['the items of a tuple', ['1', '2'], { type: 'array', prefixItems: [{ type: 'integer' }] }, [1, '2']],
  ])('bends %s', (_, value, schema, expected) => {
    expect(coerce(value, schema)).toEqual(expected);
  });

  it.each<[string, unknown, JsonSchema]>([
    ['a value of the right type', '3', { type: 'string' }],
    ['text that is not a number', 'three', { type: 'integer' }],
    ['a fraction for an integer', '3.5', { type: 'integer' }],
    ['an integer too large to be exact', '9007199254740993', { type: 'integer' }],
    ['empty text for a number', '', { type: 'number' }],
    ['"Infinity" for a number', 'Infinity', { type: 'number' }],
    ['a number that is neither 0 nor 1 for a boolean', 2, { type: 'boolean' }],
    ['text that is no word for true or false', 'maybe', { type: 'boolean' }],
    ['a name of a prototype property for a boolean', 'constructor', { type: 'boolean' }],
    ['broken JSON for an object', '{"a":', { type: 'object' }],
    ['a JSON list for an object', '[1]', { type: 'object' }],
    ['null for a list', null, strings],
    ['an object for text', { a: 1 }, { type: 'string' }],
    ['an unknown enum value', 'paper', { enum: ['model'] }],
    ['anything for an open schema', '3', {}],
    ['a value no alternative takes', 'x', { anyOf: [{ type: 'number' }, { type: 'null' }] }],
    ['undefined', undefined, { type: 'string' }],
  ])('leaves %s as it is', (_, value, schema) => {
    expect(coerce(value, schema)).toEqual(value);
  });

  it('keeps commas in text and wraps text whose parts are not all known', () => {
    expect(coerce('red, white', strings)).toEqual(['red, white']);
    expect(coerce('model, other', kinds)).toEqual(['model, other']);
  });

  it('goes into objects and lists at any depth', () => {
    expect(coerce({ steps: '2', nested: { on: 'true' }, sizes: '7' }, options)).toEqual({
      steps: 2,
      nested: { on: true },
      sizes: [7],
    });
  });

  it('finds a property by its folded name, unless the right one is there too', () => {
    expect(coerce({ mimeType: 'image/png' }, options)).toEqual({ mime_type: 'image/png' });
    expect(coerce({ mimeType: 'a', mime_type: 'b' }, options)).toEqual({ mimeType: 'a', mime_type: 'b' });
    expect(coerce({ mimeType: 'a' }, { ...options, additionalProperties: true })).toEqual({ mimeType: 'a' });
  });

  it('drops null where a property may be left out, and keeps it where it means something', () => {
    expect(coerce({ steps: null, note: null }, options)).toEqual({ note: null });
    expect(coerce({ steps: null }, { ...options, required: ['steps'] })).toEqual({ steps: null });
    expect(coerce({ other: null }, options)).toEqual({ other: null });
  });

  it('does not change what it was given, nor any prototype', () => {
    const given = Object.freeze({ steps: '2', nested: Object.freeze({ on: 'true' }) });
    coerce(given, options);
    expect(given).toEqual({ steps: '2', nested: { on: 'true' } });

    const hostile = coerce('{"__proto__":{"polluted":true},"steps":"1"}', options) as Record<string, unknown>;
    expect(Object.hasOwn(hostile, '__proto__')).toBe(true);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('chooses the object alternative whose required properties are there', () => {
    const schema = {
      anyOf: [
        { type: 'object', properties: { image: { type: 'string' } }, required: ['image'] },
        { type: 'object', properties: { size: { type: 'integer' } }, required: ['size'] },
      ],
    };
    expect(coerce({ size: '3' }, schema)).toEqual({ size: 3 });
  });
});

describe('matchEnum', () => {
  it('passes over members that are no words', () => {
    const members = [JSON.parse('{"toString":null}'), 'a', null];
    expect(matchEnum('A', members)).toBe('a');
    expect(matchEnum('null', members)).toBe(null);
  });

  it('prefers the exact value and refuses to guess between two', () => {
    expect(matchEnum('15', ['1.5', '15'])).toBe('15');
    expect(matchEnum('1,5', ['1.5', '15'])).toBe('1,5');
    expect(matchEnum('!', ['?', '-'])).toBe('!');
  });
});
