import type { Command } from 'commander';
import { parseDefinition } from '../../assistants/definition.js';
import {
  BUILT_IN,
  checkNewName,
  findAdded,
  hashLaunch,
  readDefinition,
  removeAssistants,
  saveAssistant,
  searchAssistants,
} from '../../assistants/library.js';
import { assistantDirectory } from '../../config/paths.js';
import type { Config } from '../../config/schema.js';
import {
  type AddedAssistant,
  AGENT_FILE,
  type AssistantFiles,
  hashFiles,
  PROMPT_FILES,
  readAdded,
} from '../../engine/assistants.js';
import type { HubClient } from '../../hub/types.js';
import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { plural } from '../../lib/format.js';
import { isObject, parseJsonObject } from '../../lib/json.js';
import { cleanLine, showWords } from '../../lib/text.js';
import type { World } from '../context.js';
import { editText } from '../editor.js';
import { type Place, type RunOptions, runInWorld } from '../in-world.js';
import { confirm } from '../prompts.js';
import { alignColumns, type CommandResult, collect, JSON_OPTION, type Style, wholeNumber } from '../terminal.js';
import { type AddOptions, addAssistant, allowServer, NOTHING, refreshAssistants } from './add.js';
import { assistantData, describeAssistant, showSource } from './describe.js';
import { type ShareOptions, shareAssistant } from './share.js';

/** What the commands work in. */
export interface AssistantsContext extends Omit<Place, 'loaded' | 'paths'> {
  /** Path of the config file. */
  config: string;
  settings: Config;
  hub: HubClient;
}

const YES_OPTION = ['-y, --yes', 'agree without being asked'] as const;
const DEMO_OPTION = ['--demo', 'in the demo world: no network, and nothing is kept'] as const;

/** `hugwire assistants`. */
export function wire(command: Command, world: World): void {
  const run = (options: RunOptions, work: (context: AssistantsContext) => Promise<CommandResult>) =>
    runInWorld(world, options, ({ loaded, paths: _, ...place }) => {
      const { ctx } = place;
      return work({ config: loaded.path, settings: ctx.config, hub: ctx.hub, ...place });
    });
  command
    .command('list')
    .description('the assistants that you have')
    .option(...JSON_OPTION)
    .action((options: RunOptions) => run(options, listAssistants));
  command
    .command('show')
    .description('all of an assistant: instructions, tools, model, and what else it may start')
    .argument('<name>')
    .option(...JSON_OPTION)
    .action((name: string, options: RunOptions) => run(options, (context) => showAssistant(name, context)));
  command
    .command('search')
    .description('find assistants on the Hub')
    .argument('[words...]')
    .option('--limit <count>', 'how many at most', wholeNumber(1, 30), 10)
    .option(...JSON_OPTION)
    .option(...DEMO_OPTION)
    .action((words: string[], options: { limit: number } & RunOptions) =>
      run(options, (context) => search(words, options.limit, context)),
    );
  command
    .command('add')
    .description('show all of an assistant, and keep a copy of it; nothing of it is started')
    .argument('<assistant>', 'a folder, owner/repo, owner/repo/folder, hf://…, or an id of tiny-agents')
    .option('--name <name>', 'name it is to have')
    .option('--allow-server <name>', 'another MCP server of it that may run; may be given several times', collect)
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .option(...DEMO_OPTION)
    .action((word: string, options: AddOptions & RunOptions) =>
      run(options, (context) => addAssistant(word, options, context)),
    );
  command
    .command('create')
    .description('make an assistant of your own')
    .argument('<name>')
    .option('--instructions <text>', 'what it is told')
    .option('--model <model>', 'model that it uses')
    .option(
      '--provider <provider>',
      'let the Hugging Face router run the model, with your token: auto, cheapest, groq, …',
    )
    .option('--endpoint-url <url>', 'let a server of your own run the model')
    .option(
      '--tool <name>',
      'tool that it may use; may be given several times; all that are on where left out',
      collect,
    )
    .option(...JSON_OPTION)
    .action((name: string, options: CreateOptions & RunOptions) =>
      run(options, (context) => createAssistant(name, options, context)),
    );
  command
    .command('edit')
    .description('change the instructions of an assistant in an editor')
    .argument('<name>')
    .option('--agent', `change ${AGENT_FILE} in place of the instructions`)
    .option(...JSON_OPTION)
    .action((name: string, options: { agent?: boolean } & RunOptions) =>
      run(options, (context) => editAssistant(name, options, context)),
    );
  command
    .command('copy')
    .description('make an assistant of your own from another one')
    .argument('<name>')
    .argument('<new-name>')
    .option(...JSON_OPTION)
    .action((name: string, to: string, options: RunOptions) =>
      run(options, (context) => copyAssistant(name, to, context)),
    );
  command
    .command('remove')
    .description('remove assistants; what was said with them stays')
    .argument('<name...>')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action((names: string[], options: { yes?: boolean } & RunOptions) =>
      run(options, (context) => remove(names, options, context)),
    );
  command
    .command('refresh')
    .description('compare assistants of others with the Hub, and take over what has changed')
    .argument('[name...]', 'all when left out')
    .option('--check', 'only tell: exit code 1 when something differs')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action((names: string[], options: { check?: boolean; yes?: boolean } & RunOptions) =>
      run(options, (context) => refreshAssistants(names, options, context)),
    );
  for (const allow of [true, false]) {
    const wired = command
      .command(allow ? 'allow' : 'deny')
      .description(
        allow ? 'let an assistant run another MCP server that it names' : 'let an assistant run a server no longer',
      )
      .argument('<name>')
      .argument('<server>', '`hugwire assistants show` names them');
    if (allow) wired.option(...YES_OPTION);
    wired
      .option(...JSON_OPTION)
      .action((name: string, server: string, options: { yes?: boolean } & RunOptions) =>
        run(options, (context) => allowServer(name, server, { ...options, allow }, context)),
      );
  }
  command
    .command('share')
    .description('put an assistant into a dataset of yours on the Hub, private unless told, or propose it to another')
    .argument('<name>')
    .argument('[repo]', 'owner/repo; one of yours with its name where left out')
    .option('--public', 'for everybody to see')
    .option('--pr [repo]', 'open a pull request at a dataset; at the collection of tiny-agents where none is named')
    .option(...YES_OPTION)
    .option(...JSON_OPTION)
    .action((name: string, repo: string | undefined, options: ShareOptions & RunOptions) =>
      run(options, (context) => shareAssistant(name, repo, options, context)),
    );
}

/** `hugwire assistants list`. */
export async function listAssistants({ config, style, width }: AssistantsContext): Promise<CommandResult> {
  const rows = await Promise.all(
    readAdded(config).map(async (added) => {
      const found = await readDefinition(config, added, true).catch(toHugwireError);
      if (found instanceof HugwireError) return { ...describe(added), problem: found.message };
      const { servers, files } = found;
      const off = servers.filter((server) => added.servers[server.name] !== hashLaunch(server));
      return {
        ...describe(added),
        isChanged: added.source !== undefined && hashFiles(files) !== added.hash,
        servers: servers.length,
        serversOff: off.length,
      };
    }),
  );
  const lines = [
    [style.bold(BUILT_IN.name), BUILT_IN.description ?? '', style.dim('always there')],
    ...rows.map((row) => [style.bold(row.name), cleanLine(row.description ?? row.title, 60), tellState(row, style)]),
  ];
  return {
    text: alignColumns(lines, width).join('\n'),
    data: {
      assistants: [
        { name: BUILT_IN.name, title: BUILT_IN.title, description: BUILT_IN.description, isBuiltIn: true },
        ...rows,
      ],
    },
    hint:
      rows.length === 0
        ? '`hugwire assistants create NAME` makes one of your own, `hugwire assistants search` finds some.'
        : undefined,
    exitCode: 0,
  };
}

interface Row extends Pick<AddedAssistant, 'name' | 'title' | 'description' | 'source' | 'addedAt'> {
  problem?: string;
  isChanged?: boolean;
  servers?: number;
  serversOff?: number;
}

const describe = ({ name, title, description, source, addedAt }: AddedAssistant): Row => ({
  name,
  title,
  description,
  source,
  addedAt,
});

function tellState({ source, problem, isChanged, serversOff = 0 }: Row, style: Style): string {
  if (problem !== undefined) return style.red(cleanLine(problem, 120));
  const from = source ? `from ${showSource(source)}` : 'your own';
  const off = serversOff > 0 ? `, ${plural(serversOff, 'server')} off` : '';
  return isChanged ? style.yellow(`${from}, but changed here since: it is not used`) : `${style.dim(from)}${off}`;
}

/** `hugwire assistants show`. */
export async function showAssistant(name: string, context: AssistantsContext): Promise<CommandResult> {
  if (name === BUILT_IN.name) {
    const shown = { assistant: BUILT_IN, servers: [], inputs: [], notes: [] };
    return { text: describeAssistant(shown, context), data: assistantData(shown), exitCode: 0 };
  }
  const added = findAdded(context.config, name);
  const definition = await readDefinition(context.config, added, true);
  const isChanged = added.source !== undefined && hashFiles(definition.files) !== added.hash;
  const notes = isChanged
    ? [
        `Its files were changed since you agreed to them, and it is not used: hugwire assistants refresh ${name}`,
        ...definition.notes,
      ]
    : definition.notes;
  const shown = { ...definition, notes, source: added.source, allowed: added.servers };
  return { text: describeAssistant(shown, context), data: { ...assistantData(shown), isChanged }, exitCode: 0 };
}

async function search(
  words: readonly string[],
  limit: number,
  { hub, style, width, wait }: AssistantsContext,
): Promise<CommandResult> {
  const hits = await wait('Searching the Hub …', () => searchAssistants(words, limit, hub));
  const heading = ['ASSISTANT', 'WHAT IT IS', 'MODEL', 'OTHER SERVERS'].map((cell) => style.dim(cell));
  const rows = hits.map((hit) => [
    style.bold(cleanLine(hit.id, 100)),
    cleanLine(hit.description ?? hit.title, 70),
    cleanLine(hit.model, 60),
    hit.servers > 0 ? String(hit.servers) : '',
  ]);
  const [first] = hits;
  const next = first ? ['', `Look at one, and add it: ${style.cyan(`hugwire assistants add ${first.id}`)}`] : [];
  return {
    text: first
      ? [...alignColumns([heading, ...rows], width), ...next].join('\n')
      : 'No assistant found; try other words, or none.',
    data: { assistants: hits },
    exitCode: first ? 0 : 1,
  };
}

interface CreateOptions {
  instructions?: string;
  model?: string;
  provider?: string;
  endpointUrl?: string;
  tool?: string[];
}

/** `hugwire assistants create`: an assistant to start from, which tiny-agents runs too once it names a model. */
export async function createAssistant(
  name: string,
  options: CreateOptions,
  { config, style }: AssistantsContext,
): Promise<CommandResult> {
  checkNewName(config, name);
  const { model, provider, endpointUrl, tool } = options;
  const agent = {
    name,
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { provider }),
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
    servers: [{ type: 'stdio', command: 'npx', args: ['-y', 'hugwire'], ...(tool ? { allowed_tools: tool } : {}) }],
    examples: [],
    hugwire: { tools: {}, memory: 'off' },
  };
  const instructions =
    options.instructions ??
    'You help with the Hugging Face Hub. Say what you found in a few sentences, with the ids of what you talk about.';
  const folder = assistantDirectory(config, name);
  const files: AssistantFiles = {
    [AGENT_FILE]: `${JSON.stringify(agent, null, 2)}\n`,
    'AGENTS.md': `${instructions.trim()}\n`,
  };
  await saveAssistant(config, { name, files, definition: parseDefinition(files, folder, name), allowed: [] });
  const lines = [
    `${style.green('✓')} ${style.bold(name)}  ${folder}`,
    `Say what it is to do: ${style.cyan(`hugwire assistants edit ${name}`)}`,
    `Talk to it: ${style.cyan(`hugwire chat ${name}`)}`,
  ];
  return { text: lines.join('\n'), data: { created: name, folder }, exitCode: 0 };
}

async function editAssistant(
  name: string,
  { agent }: { agent?: boolean },
  { config, env, prompts }: AssistantsContext,
): Promise<CommandResult> {
  const added = findAdded(config, name);
  const folder = assistantDirectory(config, name);
  const { files } = await readDefinition(config, added);
  const file = agent ? AGENT_FILE : (PROMPT_FILES.find((one) => files[one] !== undefined) ?? PROMPT_FILES[0]);
  if (!prompts) {
    const hint = added.source
      ? `hugwire assistants copy ${name} my-${name} makes one of your own.`
      : `Change ${folder}/${file} with any program: it counts from the next message on.`;
    throw new HugwireError('invalid_arguments', 'There is no terminal to edit in.', { hint });
  }
  const text = await editText(files[file] ?? '', env);
  if (text === files[file]) return { ...NOTHING, exitCode: 0 };
  const changed = { ...files, [file]: text };
  const definition = parseDefinition(changed, folder, name);
  const allowed = definition.servers
    .filter((server) => added.servers[server.name] === hashLaunch(server))
    .map((server) => server.name);
  await saveAssistant(config, { name, files: changed, source: added.source, definition, allowed });
  return { text: `Changed ${file} of ${name}.`, data: { changed: true, assistant: name, file }, exitCode: 0 };
}

/** `hugwire assistants copy`: what somebody else's would do unasked, the copy asks about, until its owner says otherwise. */
export async function copyAssistant(name: string, to: string, { config }: AssistantsContext): Promise<CommandResult> {
  const added = findAdded(config, name);
  checkNewName(config, to);
  const { files: before } = await readDefinition(config, added, true);
  const raw = parseJsonObject((before[AGENT_FILE] ?? '').replace(/^\uFEFF/, '')) ?? {};
  const { hugwire } = raw;
  const dropped =
    (added.source || added.isFolder) && isObject(hugwire) && isObject(hugwire.tools)
      ? Object.keys(hugwire.tools).filter((tool) => (hugwire.tools as Record<string, unknown>)[tool] === 'allow')
      : [];
  const tools =
    isObject(hugwire) && isObject(hugwire.tools)
      ? Object.fromEntries(Object.entries(hugwire.tools).filter(([tool]) => !dropped.includes(tool)))
      : {};
  const agent = { ...raw, name: to, ...(dropped.length > 0 ? { hugwire: { ...(hugwire as object), tools } } : {}) };
  const files = { ...before, [AGENT_FILE]: `${JSON.stringify(agent, null, 2)}\n` };
  await saveAssistant(config, {
    name: to,
    files,
    definition: parseDefinition(files, assistantDirectory(config, to), to),
    allowed: [],
  });
  const lines = [
    `${to} is a copy of ${name}, and your own: ${assistantDirectory(config, to)}`,
    ...(dropped.length > 0
      ? [`It asks before ${dropped.map((tool) => showWords(tool, 60)).join(', ')}, which the original allows itself.`]
      : []),
  ];
  return { text: lines.join('\n'), data: { copied: to, from: name, asksBefore: dropped }, exitCode: 0 };
}

async function remove(
  words: readonly string[],
  { yes }: { yes?: boolean },
  { config, prompts }: AssistantsContext,
): Promise<CommandResult> {
  const names = [...new Set(words.map((word) => findAdded(config, word).name))];
  const unasked = {
    message: 'Assistants are removed on approval, and nobody can be asked here.',
    hint: `hugwire assistants remove ${names.join(' ')} --yes`,
  };
  if (!(await confirm(`Remove ${names.join(', ')}?`, { yes, prompts, unasked }))) return NOTHING;
  await removeAssistants(config, names);
  return { text: `Removed ${names.join(', ')}.`, data: { removed: names }, exitCode: 0 };
}
