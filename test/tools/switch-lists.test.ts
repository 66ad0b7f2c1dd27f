import { describe, expect, it } from 'vitest';
import { selectTools, switchLists } from '../../src/tools/select.js';
import type { AnyTool, Toolset } from '../../src/tools/tool.js';

const tool = (name: string, toolset: Toolset) => ({ name, toolset, effect: 'read' }) as AnyTool;
const KNOWN = [
  tool('a1', 'read'),
  tool('a2', 'read'),
  tool('b1', 'search'),
  tool('m1', 'memory'),
  tool('m2', 'memory'),
];

type Lists = Parameters<typeof switchLists>[1];
const lists = (enable: string[], disable: string[] = []): Lists => ({ enable, disable });
const on = (now: Lists) =>
  selectTools(KNOWN, { ...now, readOnly: false, dryRun: false })
    .tools.map(({ name }) => name)
    .join(' ');

describe('switching off', () => {
  it.each<[string, Lists, string, Lists, string]>([
    ['a tool', lists(['default']), 'a1', lists(['default'], ['a1']), 'a2 b1'],
    ['a toolset', lists(['default']), 'read', lists(['default'], ['read']), 'b1'],
    ['what was named alone', lists(['default', 'm1']), 'm1', lists(['default']), 'a1 a2 b1'],
    ['what was named twice', lists(['default', 'a1']), 'a1', lists(['default'], ['a1']), 'a2 b1'],
    ['an opt-in toolset', lists(['default', 'memory', 'm2']), 'memory', lists(['default']), 'a1 a2 b1'],
    ['one of an opt-in toolset', lists(['memory']), 'm1', lists(['memory'], ['m1']), 'm2'],
    ['what is off', lists(['search']), 'a1', lists(['search']), 'b1'],
    ['all', lists(['all']), 'all', lists([]), ''],
  ])('%s', (_title, before, name, after, left) => {
    expect(switchLists(KNOWN, before, name, false)).toEqual(after);
    expect(on(after)).toBe(left);
  });
});

describe('switching on', () => {
  it.each<[string, Lists, string, Lists, string]>([
    ['what was switched off', lists(['default'], ['a1']), 'a1', lists(['default']), 'a1 a2 b1'],
    ['one of a toolset that is off', lists(['default'], ['read']), 'a1', lists(['default'], ['a2']), 'a1 b1'],
    [
      'a toolset whose tools are off',
      lists(['default'], ['a1', 'a2', 'b1']),
      'read',
      lists(['default'], ['b1']),
      'a1 a2',
    ],
    ['an opt-in toolset', lists(['default']), 'memory', lists(['default', 'memory']), 'a1 a2 b1 m1 m2'],
    ['one of an opt-in toolset', lists(['default']), 'm1', lists(['default', 'm1']), 'a1 a2 b1 m1'],
    ['what nothing enables', lists(['search']), 'a1', lists(['search', 'a1']), 'a1 b1'],
    ['one where all are off', lists(['all'], ['all']), 'b1', lists(['all'], ['a1', 'a2', 'm1', 'm2']), 'b1'],
    ['what is on', lists(['default']), 'a1', lists(['default']), 'a1 a2 b1'],
    [
      'a name that is unknown beside it',
      lists(['default'], ['old', 'a1']),
      'a1',
      lists(['default'], ['old']),
      'a1 a2 b1',
    ],
  ])('%s', (_title, before, name, after, left) => {
    expect(switchLists(KNOWN, before, name, true)).toEqual(after);
    expect(on(after)).toBe(left);
  });
});
