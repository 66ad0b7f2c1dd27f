import { expect, it } from 'vitest';
import { parseJson, parseJsonObject } from '../../src/lib/json.js';

it.each([
  ['{"a":1}', { a: 1 }],
  ['\uFEFF[1]', [1]],
  ['null', null],
  ['', undefined],
  ['{"a":', undefined],
])('%j is read without complaint', (text, value) => expect(parseJson(text)).toEqual(value));

it.each([
  ['\uFEFF{"a":1}', { a: 1 }],
  ['[1]', undefined],
  ['null', undefined],
  ['x', undefined],
  [`{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, undefined],
])('only an object counts as one: %j', (text, value) => expect(parseJsonObject(text)).toEqual(value));
