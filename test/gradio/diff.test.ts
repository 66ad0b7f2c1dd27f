import { describe, expect, it } from 'vitest';
import { applyDiff } from '../../src/gradio/messages.js';

describe('applyDiff', () => {
  it.each<[string, unknown, unknown, unknown]>([
    ['replaces the whole', 'a', [['replace', [], { b: 1 }]], { b: 1 }],
    ['appends to text', 'ab', [['append', [], 'c']], 'abc'],
    ['appends at depth', { a: [{ b: 'x' }] }, [['append', ['a', 0, 'b'], 'y']], { a: [{ b: 'xy' }] }],
    ['replaces at depth', { a: [1, 2] }, [['replace', ['a', 1], 3]], { a: [1, 3] }],
    ['adds a key', {}, [['add', ['a'], 1]], { a: 1 }],
    ['inserts into a list', [1, 3], [['add', [1], 2]], [1, 2, 3]],
    ['adds at the end of a list', [1], [['add', [1], 2]], [1, 2]],
    ['deletes a key', { a: 1, b: 2 }, [['delete', ['a'], null]], { b: 2 }],
    [
      'deletes from a list',
      [1, 2, 3],
      [
        ['delete', [1], null],
        ['delete', [1], null],
      ],
      [1],
    ],
    ['takes a number for a key that Python had as one', { '1': 'a' }, [['append', [1], 'b']], { '1': 'ab' }],
    ['begins from nothing', null, [['replace', [], 'a']], 'a'],
    ['does nothing', [1], [], [1]],
  ])('%s', (_, value, changes, result) => {
    expect(applyDiff(value, changes)).toEqual(result);
  });

  it.each<[string, unknown, unknown]>([
    ['a key of every object', { a: {} }, [['replace', ['__proto__', 'x'], 1]]],
    ['a constructor', { a: {} }, [['replace', ['constructor', 'prototype', 'x'], 1]]],
    ['a method of a list', [], [['replace', ['push', 'apply'], 1]]],
    ['the length of a list', [1], [['replace', ['length'], 4_000_000_000]]],
    ['a place far beyond the end', [1], [['add', [4_000_000_000], 1]]],
    ['a place before the start', [1], [['delete', [-1], null]]],
    ['half a place', [1], [['replace', [0.5], 1]]],
    ['a key that is not there', {}, [['replace', ['a'], 1]]],
    ['a step into text', 'abc', [['replace', [0], 'x']]],
    ['an unknown action', {}, [['rename', ['a'], 1]]],
    ['an unknown action on the whole', {}, [['delete', [], 1]]],
    ['text appended to a list', [1], [['append', [], 'x']]],
    ['a path that is none', {}, [['replace', 'a', 1]]],
    ['a key that is an object', {}, [['add', [{}], 1]]],
    ['a path too deep', {}, [['add', Array(200).fill('a'), 1]]],
    ['a change that is none', {}, ['x']],
    ['changes that are none', {}, 'x'],
  ])('refuses %s', (_, value, changes) => {
    expect(() => applyDiff(value, changes)).toThrowError(expect.objectContaining({ code: 'space_broken' }));
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('a key named __proto__ stays a key', () => {
    const value = applyDiff({}, [['add', ['__proto__'], { polluted: true }]]) as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(value.polluted).toBeUndefined();
  });

  it('a text that grows keeps its beginning and its end', () => {
    let value: unknown = 'The beginning. ';
    for (let step = 0; step < 50_000; step += 1) value = applyDiff(value, [['append', [], `${step} `]]);
    expect((value as string).length).toBeLessThan(40_000);
    expect(value).toMatch(/^The beginning\. 0 1 2 [\s\S]*\n…\n[\s\S]* 49998 49999 $/);
  });

  it('items are not moved without end', () => {
    const list = Array(1_000_000).fill(0);
    const front = Array.from({ length: 100 }, () => ['add', [0], 1]);
    expect(() => applyDiff(list, front)).toThrowError(expect.objectContaining({ code: 'space_broken' }));
    const end = Array.from({ length: 100 }, (_, at) => ['add', [1_000 + at], 1]);
    expect(applyDiff(Array(1_000).fill(0), end)).toHaveLength(1_100);
  });
});
