import { expect, it } from 'vitest';
import { permissionFor } from '../../src/assistants/consent.js';
import { limitsFor } from '../../src/assistants/turn.js';
import type { Permission } from '../../src/assistants/types.js';
import { TOOLS } from '../../src/tools/index.js';
import { createRandom } from '../doubles/random.js';

// What somebody else wrote can be stricter than the config, and never milder.

const ORDER: readonly Permission[] = ['allow', 'ask', 'deny'];
const TOOLSETS = [...new Set(TOOLS.map(({ toolset }) => toolset))];
const NAMES = [...TOOLS.map(({ name }) => name), ...TOOLSETS, '*', 'other', 'other__echo'];
const FOREIGN = { name: 'other__echo', toolset: undefined, server: 'other', effect: 'run' as const };
const ALL = [...TOOLS.map(({ name, toolset, effect }) => ({ name, toolset, effect, server: 'hugwire' })), FOREIGN];

it.each(Array.from({ length: 50 }, (_, seed) => seed))('a shared assistant allows nothing more, seed %i', (seed) => {
  const { below, chance, pick } = createRandom(seed);
  const list = () => Object.fromEntries(Array.from({ length: below(12) }, () => [pick(NAMES), pick(ORDER)]));
  const [tools, config] = [list(), list()];
  for (const tool of ALL) {
    const ours = permissionFor(tool, { tools: {}, isShared: false }, config);
    const theirs = permissionFor(tool, { tools, isShared: true }, config);
    expect(ORDER.indexOf(theirs), `${tool.name} ${JSON.stringify([tools, config])}`).toBeGreaterThanOrEqual(
      ORDER.indexOf(ours),
    );
    // What it forbids itself, it does not get.
    if (tools[tool.name] === 'deny') expect(theirs).toBe('deny');
  }
  const number = () => 1 + below(1000);
  const limits = () =>
    Object.fromEntries(
      ['steps', 'seconds', 'tokens', 'tokensPerDay'].filter(() => chance(0.5)).map((key) => [key, number()]),
    );
  const [own, most] = [limits(), limits()];
  const narrowed = limitsFor({ limits: own, isShared: true }, most) as Record<string, number>;
  for (const [key, value] of Object.entries(most)) expect(narrowed[key]).toBeLessThanOrEqual(value);
  for (const [key, value] of Object.entries(own)) expect(narrowed[key]).toBeLessThanOrEqual(value);
});

it("one's own assistant may say otherwise than the config", () => {
  const tool = { name: 'space_call', toolset: 'spaces', server: 'hugwire', effect: 'run' as const };
  expect(permissionFor(tool, { tools: { space_call: 'allow' }, isShared: false }, { '*': 'ask' })).toBe('allow');
  expect(limitsFor({ limits: { steps: 50 }, isShared: false }, { steps: 5 })).toEqual({ steps: 50 });
  expect(limitsFor({ limits: { steps: 50 }, isShared: true }, {})).toEqual({ steps: 12 });
});
