import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { load as parseYaml } from 'js-yaml';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { createProgram, wireAll } from '../src/commands/program.js';
import { configSchema } from '../src/config/schema.js';
import { TOOLS } from '../src/tools/index.js';

const FOLDER = join(import.meta.dirname, '../docs');
const text = readFileSync(join(FOLDER, 'http.md'), 'utf8');
const fences = [...text.matchAll(/^```(\S+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', name = '', content = '']) => ({ language, name, content }),
);
const find = (name: string) => {
  const found = fences.filter((fence) => fence.name === name);
  expect(found, name).toHaveLength(1);
  return found[0]?.content ?? '';
};

/** The command lines of hugwire in the code of a text, as words; also those of units, images and other programs. */
function readCommands(): string[][] {
  const inline = text.replace(/^```[\s\S]*?^```$/gm, '').match(/`[^`\n]+`/g) ?? [];
  const plain = [...fences.map(({ content }) => content), ...inline]
    .join('\n')
    // JSON arrays of images, and lists of `--args=`.
    .replace(/\["([^\]]*)"\]/g, (_, words: string) => words.split(/", *"/).join(' '))
    .replace(/--args=(\S+)/g, (_, words: string) => `\nhugwire ${words.replaceAll(',', ' ')}`);
  // What other programs only call so.
  const commands = plain.matchAll(/(?<=^|[\s`/])(?<!mcp add --transport http |deploy |-t )hugwire((?: +[\w./:-]+)+)/gm);
  return [...commands].map(([, words = '']) => words.trim().split(/ +/));
}

/** What of a command line hugwire does not know. */
function findUnknown(program: Command, words: readonly string[]): string | undefined {
  let command = program;
  let given = 0;
  const left = [...words];
  const options = () => [...command.options, ...program.options];
  while (left.length > 0) {
    const word = left.shift() as string;
    if (word.startsWith('-')) {
      const option = options().find(({ long, short }) => long === word || short === word);
      if (!option && word !== '--help') return word;
      if (option?.required) left.shift();
      if (option?.argChoices && !option.argChoices.includes(left[0] ?? '')) return left[0];
    } else {
      const next = command.commands.find((one) => one.name() === word);
      if (!next) {
        const { registeredArguments: taken } = command;
        given += 1;
        if (command.commands.length > 0 || (given > taken.length && !taken.at(-1)?.variadic)) return word;
        continue;
      }
      command = next;
    }
  }
  return undefined;
}

const ROOT = join(FOLDER, '..');
const PAGES = ['README.md', ...readdirSync(FOLDER).flatMap((name) => (name.endsWith('.md') ? `docs/${name}` : []))];

/** The anchor that GitHub makes of a heading. */
const slugOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');

describe.each(PAGES)('%s', async (name) => {
  const page = readFileSync(join(ROOT, name), 'utf8');
  const program = await wireAll(createProgram({}), {});
  const fenced = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, lines = '']) => lines).join('');
  const inline = page.replace(/^```[\s\S]*?^```$/gm, '').match(/(?<=`)[^`\n]+(?=`)/g) ?? [];
  const commands = [...fenced.split('\n'), ...inline].flatMap((line) => {
    const [, words] = /^(?:npx (?:-y )?|node bin\/)?hugwire(?:\.js)? +(.*)$/.exec(line) ?? [];
    return words === undefined ? [] : [[words, words.split(/ +/)] as const];
  });

  it('has commands that exist', () => {
    const unknown = commands.flatMap(([line, words]) => (findUnknown(program, words) ? [line] : []));
    expect(unknown).toEqual([]);
  });

  it('has configs that hugwire takes', () => {
    for (const [, config = ''] of page.matchAll(/^```json hugwire\n([\s\S]*?)^```$/gm))
      expect(configSchema.safeParse(JSON.parse(config)).error?.issues).toBeUndefined();
  });

  it('links to what is there', () => {
    const links = [...page.matchAll(/\]\(([^)#:]*)(?:#([\w-]+))?\)/g)];
    for (const [, path = '', part] of links) {
      const target = path === '' ? join(ROOT, name) : join(ROOT, dirname(name), path);
      expect(existsSync(target), path).toBe(true);
      if (part === undefined) continue;
      const headings = readFileSync(target, 'utf8').matchAll(/^#+ (.*)$/gm);
      expect([...headings].map(([, heading = '']) => slugOf(heading))).toContain(part);
    }
  });
});

it('every page can be reached from the README', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(PAGES.slice(1).filter((page) => !readme.includes(`](${page})`))).toEqual([]);
});

it.each([
  ['writing.md', ['write', 'jobs']],
  ['downloading.md', ['download']],
])('docs/%s names the tools that there are', (name, toolsets) => {
  const page = readFileSync(join(FOLDER, name), 'utf8');
  const named = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, tool]) => tool).sort();
  const there = TOOLS.filter(({ toolset }) => toolsets.includes(toolset)).map((tool) => tool.name);
  expect(named).toEqual(there.sort());
});

describe('docs/http.md', async () => {
  const program = await wireAll(createProgram({}), {});
  const commands = readCommands();

  it('is read: it has the commands that it is about', () => {
    const lines = commands.map((words) => words.join(' '));
    expect(lines).toEqual(
      expect.arrayContaining([
        'serve --http',
        'http keys add anna',
        '--profile reader http keys add kiosk --per-minute 30',
        'serve --http --port 3000 --metrics-port 9464',
        'serve --http --host 0.0.0.0 --auth hub-token --public-url https://OWNER-NAME.hf.space/mcp',
        'serve --http --host 0.0.0.0 --auth hub-token --public-url https://ADDRESS/mcp',
        'dashboard',
      ]),
    );
  });

  it.each(commands.map((words) => [words.join(' '), words] as const))('has a command that exists: %s', (_, words) => {
    expect(findUnknown(program, words)).toBeUndefined();
  });

  it.each([
    ['an option that is not there', ['serve', '--htpp']],
    ['a command that is not there', ['http', 'key', 'add']],
    ['a word too many after an option', ['serve', '--http', 'keys', 'now']],
  ])('would be told of %s', (_, words) => {
    expect(findUnknown(program, words)).toBeDefined();
  });

  it('has no config that hugwire would refuse', () => {
    const { error } = configSchema.safeParse(JSON.parse(find('hugwire')));
    expect(error?.issues).toBeUndefined();
  });

  it('names keys of the config that exist', () => {
    const known = new Set(Object.keys(configSchema.shape.http.unwrap().shape));
    const named = [...text.matchAll(/`http\.(\w+)`/g)].map(([, key = '']) => key);
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((key) => !known.has(key))).toEqual([]);
  });

  it('has settings of clients that can be read, and lead to /mcp with a key', () => {
    const address = 'http://127.0.0.1:3000/mcp';
    const json = (name: string) => JSON.parse(find(name));
    const headers = { Authorization: expect.stringMatching(/^Bearer \S+$/) };
    expect(json('vscode').servers.hugwire).toEqual({ type: 'http', url: address, headers });
    expect(json('cursor').mcpServers.hugwire).toEqual({ url: address, headers });
    expect(json('gemini').mcpServers.hugwire).toEqual({ httpUrl: address, headers });
    expect(json('mcp-remote').mcpServers.hugwire.args).toContain(address);
    expect(parseToml(find('codex'))).toMatchObject({ mcp_servers: { hugwire: { url: address } } });
    expect(parseYaml(find('goose'))).toMatchObject({
      extensions: { hugwire: { type: 'streamable_http', uri: address, headers } },
    });
  });

  it('waits longer for a server that stops than a run at a Space may take', () => {
    const seconds = Number(/TimeoutStopSec=(\d+)/.exec(text)?.[1]);
    expect(seconds).toBeGreaterThan(configSchema.parse({}).spaces.maxSeconds);
  });
});
