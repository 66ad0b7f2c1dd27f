import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { DEFAULT_LOCK } from '../../src/spaces/lock.js';
import { describeTool } from '../../src/tools/describe.js';
import { TOOLS } from '../../src/tools/index.js';
import { pinnedTools } from '../../src/tools/pinned.js';
import { selectTools } from '../../src/tools/select.js';

const config = configSchema.parse({});
const pinned = pinnedTools(config.spaces.pinned, { entries: [...DEFAULT_LOCK], altered: [] }).tools;

it('the default list costs at most 1,600 tokens, and a typical pinned endpoint 200', () => {
  const { tools } = selectTools([...TOOLS, ...pinned], config.tools);
  const costs = tools.map((tool) => {
    const { name, description, inputSchema } = describeTool(tool);
    return { name, tokens: encode(JSON.stringify({ name, description, inputSchema })).length };
  });
  const total = costs.reduce((sum, { tokens }) => sum + tokens, 0);
  const rows = [...costs, { name: 'the whole list', tokens: total }];
  process.stdout.write(
    `${rows.map(({ name, tokens }) => `${name.padEnd(20)}${String(tokens).padStart(6)}`).join('\n')}\n`,
  );
  expect(total).toBeLessThanOrEqual(1600);
  for (const { name } of pinned) expect(costs.find((one) => one.name === name)?.tokens).toBeLessThanOrEqual(200);
});
