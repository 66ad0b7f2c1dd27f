import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { selectTools, switchLists } from '../../src/tools/select.js';
import type { AnyTool, Toolset } from '../../src/tools/tool.js';

const tool = (name: string, toolset: Toolset) => ({ name, toolset, effect: 'read' }) as AnyTool;
const KNOWN = [
  tool('hub_search', 'search'),
  tool('space_call', 'spaces'),
  tool('space_info', 'spaces'),
  tool('memory_save', 'memory'),
];

describe('turning off', () => {
  it.each([
    [
      'one of a group',
      { enable: ['default'], disable: [] },
      'space_call',
      { enable: ['default'], disable: ['space_call'] },
    ],
    ['a toolset', { enable: ['default'], disable: [] }, 'spaces', { enable: ['default'], disable: ['spaces'] }],
    [
      'what is on by its own name',
      { enable: ['search', 'memory_save'], disable: [] },
      'memory_save',
      { enable: ['search'], disable: [] },
    ],
    [
      'what is on by a toolset of one',
      { enable: ['default', 'memory'], disable: [] },
      'memory_save',
      { enable: ['default'], disable: [] },
    ],
    [
      'what is on twice',
      { enable: ['default', 'hub_search'], disable: [] },
      'hub_search',
      { enable: ['default'], disable: ['hub_search'] },
    ],
    [
      'what is off',
      { enable: ['default'], disable: ['spaces'] },
      'space_call',
      { enable: ['default'], disable: ['spaces'] },
    ],
    ['everything', { enable: ['default', 'memory'], disable: [] }, 'all', { enable: [], disable: [] }],
    [
      'among names that mean nothing',
      { enable: ['default', 'x'], disable: ['y'] },
      'space_call',
      { enable: ['default', 'x'], disable: ['y', 'space_call'] },
    ],
  ])('%s', (_, lists, name, expected) => expect(switchLists(KNOWN, lists, name, false)).toEqual(expected));
});

describe('turning on', () => {
  it.each([
    [
      'what was turned off',
      { enable: ['default'], disable: ['space_call'] },
      'space_call',
      { enable: ['default'], disable: [] },
    ],
    [
      'one of a toolset that is off',
      { enable: ['default'], disable: ['spaces'] },
      'space_call',
      { enable: ['default'], disable: ['space_info'] },
    ],
    [
      'a toolset of which one is off',
      { enable: ['default'], disable: ['space_call', 'hub_search'] },
      'spaces',
      { enable: ['default'], disable: ['hub_search'] },
    ],
    [
      'what is not among the default ones',
      { enable: ['default'], disable: [] },
      'memory',
      { enable: ['default', 'memory'], disable: [] },
    ],
    ['what is on', { enable: ['default'], disable: [] }, 'hub_search', { enable: ['default'], disable: [] }],
    [
      'one when all are off',
      { enable: [], disable: ['all'] },
      'hub_search',
      { enable: ['hub_search'], disable: ['space_call', 'space_info', 'memory_save'] },
    ],
  ])('%s', (_, lists, name, expected) => expect(switchLists(KNOWN, lists, name, true)).toEqual(expected));
});

it('has the wanted effect, and none on the others, whatever the lists say', () => {
  const names = ['default', 'all', 'search', 'spaces', 'memory', ...KNOWN.map(({ name }) => name)];
  const isOn = (lists: { enable: string[]; disable: string[] }) =>
    selectTools(KNOWN, configSchema.parse({ tools: lists }).tools).tools.map(({ name }) => name);
  for (const enable of names) {
    for (const disable of names) {
      for (const { name } of KNOWN) {
        const lists = { enable: [enable], disable: [disable] };
        const others = isOn(lists).filter((one) => one !== name);
        expect(isOn(switchLists(KNOWN, lists, name, true)).sort()).toEqual([...others, name].sort());
        expect(isOn(switchLists(KNOWN, lists, name, false))).toEqual(others);
      }
    }
  }
});
