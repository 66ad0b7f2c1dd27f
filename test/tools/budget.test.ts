import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { DEFAULT_LOCK } from '../../src/spaces/lock.js';
import { describeTool } from '../../src/tools/describe.js';
import { findBreach } from '../../src/tools/host-rules.js';
import { TOOLS } from '../../src/tools/index.js';
import { pinnedTools } from '../../src/tools/pinned.js';
import { selectTools } from '../../src/tools/select.js';
import { OPT_IN } from '../../src/tools/tool.js';

const config = configSchema.parse({});
const pinned = pinnedTools(config.spaces.pinned, { entries: [...DEFAULT_LOCK], altered: [] }).tools;
const all = [...TOOLS, ...pinned];
const isDefault = ({ toolset }: (typeof all)[number]) => !OPT_IN.includes(toolset);

/** What a model reads of a tool. */
function costOf(tool: (typeof all)[number]): number {
  const { name, description, inputSchema } = describeTool(tool);
  return encode(JSON.stringify({ name, description, inputSchema })).length;
}

describe('the tool list', () => {
  it('costs at most 1,600 tokens for the built-in tools that are on by default', () => {
    expect(
      TOOLS.filter(isDefault)
        .map(costOf)
        .reduce((sum, cost) => sum + cost, 0),
    ).toBeLessThanOrEqual(1600);
  });

  it.each(all.map((tool) => [tool.name, tool] as const))('%s costs at most 250 tokens', (_name, tool) => {
    expect(costOf(tool)).toBeLessThanOrEqual(250);
  });

  it('is what a fresh install offers, sorted, each name once', () => {
    const { tools, warnings } = selectTools(all, config.tools);
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(
      all
        .filter(isDefault)
        .map(({ name }) => name)
        .sort(),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(warnings).toEqual([]);
  });

  it('is the same, byte by byte, each time', () => {
    const list = () => JSON.stringify(all.map((tool) => describeTool({ ...tool })));
    expect(list()).toBe(list());
  });
});

describe.each(all.map((tool) => [tool.name, describeTool(tool)] as const))('%s', (name, listing) => {
  it('has no output schema, for which some hosts would drop the text of its answers', () => {
    expect(listing).not.toHaveProperty('outputSchema');
  });

  it('has a name that every host takes', () => {
    expect(name).toMatch(/^[a-z][a-z0-9_]{0,39}$/);
    for (const argument of Object.keys((listing.inputSchema.properties ?? {}) as object)) {
      expect(argument).toMatch(/^[a-z][a-z0-9_]{0,39}$/);
    }
  });

  it('has a schema that every host takes', () => {
    expect(findBreach(listing)).toBeUndefined();
  });

  it('says what it does and what it may do', () => {
    expect(Buffer.byteLength(listing.description)).toBeLessThanOrEqual(2048);
    expect(listing.description).toMatch(/^[A-Z][^\n]+\.$/);
    expect(listing.title.length).toBeGreaterThan(0);
    expect(Object.values(listing.annotations).every((hint) => typeof hint === 'boolean')).toBe(true);
    expect(listing.annotations.readOnlyHint && listing.annotations.destructiveHint).toBe(false);
  });
});

it.each(all.filter(({ toolset }) => toolset === 'memory').map((tool) => [tool.name, tool] as const))(
  '%s, which is only for some, costs at most 150 tokens',
  (_name, tool) => {
    expect(costOf(tool)).toBeLessThanOrEqual(150);
  },
);
