import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { estimateTokens } from '../../src/lib/tokens.js';
import { pinSpace } from '../../src/spaces/pinned.js';
import { describeTool } from '../../src/tools/describe.js';
import { TOOLS } from '../../src/tools/index.js';
import { pinnedTools } from '../../src/tools/pinned.js';
import { recordedApp, VERSIONS } from '../gradio/recorded.js';

const own = [...TOOLS, ...pinnedTools(configSchema.parse({}).spaces.pinned, { entries: [], altered: [] }).tools].map(
  (tool) => {
    const { name, description, inputSchema } = describeTool(tool);
    return [name, JSON.stringify({ name, description, inputSchema })] as const;
  },
);

const spaces = VERSIONS.flatMap((version) =>
  (['components', 'endpoints'] as const).flatMap((name) => {
    const app = recordedApp(version, name);
    return app.endpoints.map((endpoint) => {
      const { description, schema } = pinSpace(app, endpoint, 'a_tool');
      const text = JSON.stringify({ name: 'a_tool', description, inputSchema: schema });
      return [`${version} ${endpoint.name}`, text] as const;
    });
  }),
);

const count = (text: string) => encode(text).length;
const sum = (texts: readonly (readonly [string, string])[], measure: (text: string) => number) =>
  texts.reduce((total, [, text]) => total + measure(text), 0);

describe('the estimate', () => {
  it('is within 10 % for every tool, and for tools of Spaces of every kind', () => {
    expect(spaces.length).toBeGreaterThan(80);
    const off = [...own, ...spaces].filter(([, text]) => Math.abs(estimateTokens(text) / count(text) - 1) > 0.1);
    expect(off.map(([name]) => name)).toEqual([]);
  });

  it.each([
    ['the built-in tools', own],
    ['tools of Spaces', spaces],
  ])('is within 5 %% for all of %s together', (_title, texts) => {
    expect(sum(texts, estimateTokens) / sum(texts, count)).toBeGreaterThan(0.95);
    expect(sum(texts, estimateTokens) / sum(texts, count)).toBeLessThan(1.05);
  });

  it.each(['', ' ', '0', 'ひらがな', '😀'])('of %j is a whole number', (text) => {
    expect(Number.isInteger(estimateTokens(text))).toBe(true);
  });
});
