import { describe, expect, it } from 'vitest';
import { fold, nearest } from '../../src/lib/nearest.js';

const NAMES = ['query', 'kinds', 'author', 'task', 'library', 'tags', 'sort', 'limit', 'cursor', 'n'];

describe('the nearest name', () => {
  it.each([
    ['querry', 'query'],
    ['Query', 'query'],
    ['kind', 'kinds'],
    ['search_query', 'query'],
    ['max_limit', 'limit'],
    ['sort_by', 'sort'],
    ['lmit', 'limit'],
  ])('%s is %s', (name, meant) => expect(nearest(name, NAMES)).toBe(meant));

  it.each(['banana', 'completely different', '', '???'])('%j is none', (name) => {
    expect(nearest(name, ['query', 'kinds', 'n'])).toBeUndefined();
  });

  it('prefers the same name in another spelling', () => {
    expect(nearest('last-modified', ['lastmodifier', 'lastModified'])).toBe('lastModified');
  });

  it('is none among none', () => expect(nearest('x', [])).toBeUndefined());

  it('folds case and separators', () => {
    expect(['lastModified', 'last_modified', 'Last-Modified', 'ＬＡＳＴ'].map(fold).slice(0, 3)).toEqual([
      'lastmodified',
      'lastmodified',
      'lastmodified',
    ]);
    expect(fold('Größe_ä')).toBe('größeä');
  });
});

it('prefers the one that adds least to the name', () => {
  expect(nearest('Transformer', ['sentence-transformers', 'transformers.js', 'transformers'])).toBe('transformers');
});
