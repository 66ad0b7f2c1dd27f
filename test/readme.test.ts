import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { createProgram, wireAll } from '../src/commands/program.js';
import { configJsonSchema, configSchema } from '../src/config/schema.js';
import { inputSchemaOf } from '../src/tools/describe.js';
import { TOOLS } from '../src/tools/index.js';
import { pinnedTools } from '../src/tools/pinned.js';
import { OPT_IN } from '../src/tools/tool.js';
import { CHART, renderPublished } from './bench/publication.mjs';
import { renderClients } from './clients-markdown.js';

interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
  minimum?: number;
  maximum?: number;
}

const README = new URL('../README.md', import.meta.url);

/** The parts of the README that follow from the code, by the name of their markers. */
const PARTS: Record<string, () => string | Promise<string>> = {
  clients: renderClients,
  tools: () =>
    table(
      ['tool', 'arguments', 'effect'],
      [...TOOLS, ...pinnedTools(configSchema.parse({}).spaces.pinned, { entries: [], altered: [] }).tools].map(
        (tool) => [
          `**\`${tool.name}\`** ${tool.description}`,
          Object.keys(inputSchemaOf(tool).properties as object)
            .map((name) => `\`${name}\``)
            .join(' ') || 'none',
          OPT_IN.includes(tool.toolset) ? `${tool.effect}; opt-in: \`${tool.toolset}\`` : tool.effect,
        ],
      ),
    ),
  commands: async () => table(['command', 'what it does'], listCommands(await wireAll(createProgram({}), {}))),
  config: () => table(['key', 'default', 'what it is'], listKeys(configJsonSchema() as Schema)),
  bench: () => renderPublished().table,
};

it('the README agrees with the code, or else `npm run docs` makes it', { timeout: 120_000 }, async () => {
  let readme = readFileSync(README, 'utf8');
  for (const [name, make] of Object.entries(PARTS)) {
    const markers = new RegExp(`(?<=<!-- ${name} -->\n)[\\s\\S]*?(?=<!-- /${name} -->)`);
    expect(readme).toMatch(markers);
    const made = await make();
    readme = readme.replace(markers, () => made);
  }
  await expect(readme).toMatchFileSnapshot(fileURLToPath(README));
});

it('the chart agrees with the figures of the bench, or else `npm run docs` makes it', {
  timeout: 120_000,
}, async () => {
  await expect(renderPublished().chart).toMatchFileSnapshot(CHART);
});

function listCommands(command: Command, prefix = 'hugwire'): string[][] {
  return command
    .createHelp()
    .visibleCommands(command)
    .flatMap((one) => {
      if (one.name() === 'help') return [];
      const words = [
        prefix,
        one.name(),
        ...one.registeredArguments.map((argument) =>
          argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
        ),
      ];
      const options = one.options
        .filter(({ hidden }) => !hidden)
        .map(({ flags, description }) => `\`${flags}\` ${description}`);
      const row = [`\`${words.join(' ')}\``, [one.description(), ...options].join('<br>')];
      return one.commands.length > 0 ? listCommands(one, `${prefix} ${one.name()}`) : [row];
    });
}

function listKeys(schema: Schema, prefix = ''): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    if (name === '$schema') return [];
    const key = prefix + name;
    if (inner.properties) return listKeys(inner, `${key}.`);
    const shown = inner.default === undefined ? '' : `\`${JSON.stringify(portable(inner.default))}\``;
    return [[`\`${key}\``, shown, [inner.description, range(inner)].filter(Boolean).join('; ')]];
  });
}

/** The default of `files.saveTo` depends on the machine. */
function portable(value: unknown): unknown {
  return typeof value === 'string' && /[\\/]hugwire/.test(value) ? '<Downloads>/hugwire' : value;
}

function range({ enum: values, minimum, maximum }: Schema): string {
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  return minimum === undefined || maximum === undefined ? '' : `${minimum} to ${maximum}`;
}

function table(headings: string[], rows: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |\n`;
  return line(headings) + line(headings.map(() => '---')) + rows.map(line).join('');
}
