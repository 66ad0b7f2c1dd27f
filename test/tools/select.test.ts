import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { selectTools } from '../../src/tools/select.js';
import type { AnyTool, Effect, Toolset } from '../../src/tools/tool.js';

const tool = (name: string, toolset: Toolset, effect: Effect = 'read') => ({ name, toolset, effect }) as AnyTool;
const KNOWN = [
  tool('space_call', 'spaces', 'run'),
  tool('hub_search', 'search'),
  tool('hub_whoami', 'account'),
  tool('space_info', 'spaces'),
];

const select = (tools: object) => {
  const selection = selectTools(KNOWN, configSchema.parse({ tools }).tools);
  return { names: selection.tools.map(({ name }) => name).join(' '), warnings: selection.warnings };
};

describe('the tools that are on', () => {
  it.each([
    ['all by default, sorted', {}, 'hub_search hub_whoami space_call space_info'],
    ['those of a toolset', { enable: ['spaces'] }, 'space_call space_info'],
    ['single ones', { enable: ['hub_search', 'account'] }, 'hub_search hub_whoami'],
    ['none', { enable: [] }, ''],
    ['all but some', { disable: ['hub_whoami'] }, 'hub_search space_call space_info'],
    ['not those that are named both ways', { enable: ['hub_search'], disable: ['search'] }, ''],
    ['none when all are off', { disable: ['all'] }, ''],
    ['only those that read', { readOnly: true }, 'hub_search hub_whoami space_info'],
    ['only those that read, whatever is named', { enable: ['space_call'], readOnly: true }, ''],
  ])('%s', (_title, tools, names) => expect(select(tools)).toEqual({ names, warnings: [] }));

  it('leave the table as it is', () => {
    select({});
    expect(KNOWN[0]?.name).toBe('space_call');
  });
});

describe('a toolset that is opt-in', () => {
  const known = [...KNOWN, tool('memory_save', 'memory', 'write'), tool('memory_search', 'memory')];
  const names = (tools: object) =>
    selectTools(known, configSchema.parse({ tools }).tools)
      .tools.map(({ name }) => name)
      .join(' ');

  it.each([
    ['is not on by default', {}, 'hub_search hub_whoami space_call space_info'],
    [
      'comes beside the default when it is named',
      { enable: ['default', 'memory'] },
      'hub_search hub_whoami memory_save memory_search space_call space_info',
    ],
    ['can be on in part', { enable: ['memory_search'] }, 'memory_search'],
    ['is one of all', { enable: ['all'], disable: ['default'] }, 'memory_save memory_search'],
    ['only reads where nothing else may', { enable: ['memory'], readOnly: true }, 'memory_search'],
  ])('%s', (_title, tools, expected) => expect(names(tools)).toBe(expected));
});

describe('names that mean nothing', () => {
  it('are told with the nearest, and the rest holds', () => {
    expect(select({ enable: ['default', 'hub_serach'], disable: ['spces'] })).toEqual({
      names: 'hub_search hub_whoami space_call space_info',
      warnings: [
        'tools: nothing is named "hub_serach"; did you mean "hub_search"?',
        'tools: nothing is named "spces"; did you mean "spaces"?',
      ],
    });
  });

  it('are told with all names when none is near', () => {
    expect(select({ disable: ['xyzzy'] }).warnings).toEqual([
      'tools: nothing is named "xyzzy"; there are default, all, spaces, search, account, space_call, hub_search, hub_whoami, space_info',
    ]);
  });
});
