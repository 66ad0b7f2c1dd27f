import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { createProgram, wireAll } from '../src/commands/program.js';
import { configJsonSchema, configSchema } from '../src/config/schema.js';
import { inputSchemaOf } from '../src/tools/describe.js';
import { TOOLS } from '../src/tools/index.js';
import { pinnedTools } from '../src/tools/pinned.js';
import { OPT_IN } from '../src/tools/tool.js';
import { CHART, renderPublished } from './bench/publication.mjs';
import { renderButtons, renderClients } from './clients-markdown.js';
import { PROMPTS } from './prompts.js';

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

const ROOT = join(import.meta.dirname, '..');

/** What each page has that follows from the code, by the name of its markers. */
const PAGES: Record<string, Record<string, () => string | Promise<string>>> = {
  'README.md': {
    buttons: renderButtons,
    prompts: () => PROMPTS.map(({ ask }, index) => `${index + 1}. ${ask}\n`).join(''),
    tools: () =>
      table(
        ['tool', 'what it does'],
        listTools().map(([name = '', { first }]) => [name, first]),
      ),
    bench: () => renderPublished().tables['README.md'],
  },
  'docs/clients.md': { clients: renderClients },
  'docs/tools.md': {
    tools: () =>
      table(
        ['tool', 'arguments', 'effect'],
        listTools({ optIn: true }).map(([name = '', { description, taken, effect }]) => [
          `**${name}** ${description}`,
          taken,
          effect,
        ]),
      ),
  },
  'docs/commands.md': {
    commands: async () => {
      const program = await wireAll(createProgram({}), {});
      return `Options of every command:\n\n${listOptions(program)}\n${listCommands(program)}`;
    },
  },
  'docs/configuration.md': {
    config: () => table(['key', 'default', 'what it is'], listKeys(configJsonSchema() as Schema)),
  },
  'docs/benchmarks.md': { bench: () => renderPublished().tables['docs/benchmarks.md'] },
};

it.each(Object.entries(PAGES))(
  '%s agrees with the code, or else `npm run docs` makes it',
  {
    timeout: 120_000,
  },
  async (page, parts) => {
    const path = join(ROOT, page);
    let text = readFileSync(path, 'utf8');
    for (const [name, make] of Object.entries(parts)) {
      const markers = new RegExp(`(?<=<!-- ${name} -->\n)[\\s\\S]*?(?=<!-- /${name} -->)`);
      expect(text).toMatch(markers);
      const made = await make();
      text = text.replace(markers, () => made);
    }
    await expect(text).toMatchFileSnapshot(path);
  },
);

it('the README is short', () => {
  expect(readFileSync(join(ROOT, 'README.md'), 'utf8').split('\n').length).toBeLessThanOrEqual(250);
});

it('the chart agrees with the figures of the bench, or else `npm run docs` makes it', {
  timeout: 120_000,
}, async () => {
  await expect(renderPublished().chart).toMatchFileSnapshot(CHART);
});

/** The tools, as cells of a table; those of opt-in toolsets only when told. */
function listTools({ optIn = false } = {}) {
  const { tools: pinned } = pinnedTools(configSchema.parse({}).spaces.pinned, { entries: [], altered: [] });
  const shown = [...TOOLS, ...pinned].filter(({ toolset }) => optIn || !OPT_IN.includes(toolset));
  return shown.map((tool) => {
    const taken = Object.keys(inputSchemaOf(tool).properties as object).map((name) => `\`${name}\``);
    return [
      `\`${tool.name}\``,
      {
        description: tool.description,
        first: tool.description.replace(/\.(?: .*)?$/, ''),
        taken: taken.join(' ') || 'none',
        effect: OPT_IN.includes(tool.toolset) ? `${tool.effect}; opt-in: \`${tool.toolset}\`` : tool.effect,
      },
    ] as const;
  });
}

/** A section for each command. */
function listCommands(command: Command, prefix = 'hugwire'): string {
  const sections = command
    .createHelp()
    .visibleCommands(command)
    .map((one) => {
      if (one.name() === 'help') return '';
      const name = `${prefix} ${one.name()}`;
      if (one.commands.length > 0) return listCommands(one, name);
      const taken = one.registeredArguments.map((argument) => {
        const { required, variadic } = argument;
        const word = `${argument.name()}${variadic ? '...' : ''}`;
        return required ? ` <${word}>` : ` [${word}]`;
      });
      const about = one.description().replace(/^./, (first) => first.toUpperCase());
      return `### \`${name}${taken.join('')}\`\n\n${about}.\n\n${one.options.length > 0 ? `${listOptions(one)}\n` : ''}`;
    });
  return sections.join('');
}

function listOptions({ options }: Command): string {
  const shown = options.filter(({ hidden }) => !hidden);
  return table(
    ['option', 'effect'],
    shown.map(({ flags, description }) => [`\`${flags}\``, description]),
  );
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
