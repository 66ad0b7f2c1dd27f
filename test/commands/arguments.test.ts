import { describe, expect, it } from 'vitest';
import { readPairs } from '../../src/commands/call.js';

describe('arguments typed in a shell', () => {
  it.each([
    [[], undefined, {}],
    [['query=whisper'], undefined, { query: 'whisper' }],
    [['query=a=b:=c'], undefined, { query: 'a=b:=c' }],
    [['query='], undefined, { query: '' }],
    [['text=two\nlines'], undefined, { text: 'two\nlines' }],
    [
      ['limit:=5', 'deep:=true', 'tags:=["a","b"]', 'o:={"x":null}'],
      undefined,
      { limit: 5, deep: true, tags: ['a', 'b'], o: { x: null } },
    ],
    [['kinds=model', 'kinds=space'], undefined, { kinds: ['model', 'space'] }],
    [['n:=1', 'n=x'], undefined, { n: [1, 'x'] }],
    [['a=1'], '{"b":2}', { a: '1', b: 2 }],
    [['a=1', 'a=2'], '{"a":0}', { a: ['1', '2'] }],
    [['a.b-c=1'], undefined, { 'a.b-c': '1' }],
  ])('%j %s', (pairs, json, values) => expect(readPairs(pairs as string[], json)).toEqual(values));

  it('take names of every object as names', () => {
    const values = readPairs(['__proto__:={"query":"x"}', 'constructor=1']);
    expect(Object.keys(values)).toEqual(['__proto__', 'constructor']);
    expect(values.query).toBeUndefined();
  });

  it.each([
    [['word'], undefined, /^"word" is not an argument/],
    [['=x'], undefined, /^"=x" is not an argument/],
    [['a b=x'], undefined, /is not an argument/],
    [['a:=b'], undefined, /^a:=b holds no valid JSON/],
    [['a:='], undefined, /holds no valid JSON/],
    [[], '[]', /^--args takes a JSON object/],
    [[], 'null', /^--args takes a JSON object/],
    [[], '{', /^--args holds no valid JSON/],
    [[], '', /^--args holds no valid JSON/],
  ])('%j %s is refused', (pairs, json, message) => {
    expect(() => readPairs(pairs as string[], json)).toThrow(
      expect.objectContaining({ code: 'invalid_arguments', message: expect.stringMatching(message) }),
    );
  });
});
