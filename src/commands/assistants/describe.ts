import type { Definition } from '../../assistants/definition.js';
import { hashLaunch } from '../../assistants/library.js';
import type { Assistant, ModelChoice, Permission, ToolServer } from '../../assistants/types.js';
import type { AddedAssistant } from '../../engine/assistants.js';
import { formatCount, plural } from '../../lib/format.js';
import { cleanLine, showHidden, showName, showWords } from '../../lib/text.js';
import { listFacts, type View, wrapLine } from '../terminal.js';

/** What is shown of an assistant: all that it says, and all that it may do. */
export interface ShownAssistant extends Pick<Definition, 'servers' | 'inputs' | 'notes'> {
  assistant: Omit<Assistant, 'isShared' | 'servers'>;
  /** Where somebody else's came from; missing for the user's own. */
  source?: AddedAssistant['source'];
  /** Servers that the user has agreed to, by name: the hash of how each is launched. */
  allowed?: AddedAssistant['servers'];
}

/**
 * An assistant for a person who is to decide on it: the whole of its instructions, its tools, its model, where a token goes, and
 * what other programs it wants to start, each with its full command line.
 * @param shown all of it
 * @param view colours and width
 */
export function describeAssistant(shown: ShownAssistant, { style, width }: View): string {
  const { assistant, source, servers, inputs, notes } = shown;
  const { title, description, instructions, examples, greeting, limits, contextTokens, spaces } = assistant;
  const facts: (readonly [string, string] | undefined)[] = [
    title === undefined ? undefined : ['called', showWords(title)],
    description === undefined ? undefined : ['about', showWords(description, 500)],
    ['from', source ? `${showSource(source)}: it can only narrow what your config allows` : 'your own'],
    ['model', describeModel(assistant.model)],
    ['tools', describeTools(assistant)],
    ...describePermissions(assistant.tools),
    spaces === undefined ? undefined : ['Spaces', spaces.map((space) => showName(space, 200)).join(', ') || 'none'],
    ['notes', MEMORY[assistant.memory]],
    Object.keys(limits).length === 0 ? undefined : ['limits', describeLimits(limits)],
    contextTokens === undefined ? undefined : ['context', `at most ${formatCount(contextTokens)} tokens`],
    greeting === undefined ? undefined : ['greets', showWords(greeting, 2000)],
    ...examples.map((example) => ['example', showWords(example, 500)] as const),
    ...inputs.map((input) => ['asks for', describeInput(input)] as const),
  ];
  const screen = { style, width: width ?? Number.POSITIVE_INFINITY };
  return [
    style.bold(assistant.name),
    ...listFacts(
      facts.filter((fact) => fact !== undefined),
      screen,
      2,
    ),
    ...notes.flatMap((note) => wrapLine(style.yellow(note), width && width - 2).map((line) => `  ${line}`)),
    ...describeServers(shown, { style, width }),
    '',
    servers.length > 0 || instructions
      ? style.dim(`Instructions (${plural(instructions.length, 'character')})`)
      : style.dim('No instructions'),
    ...instructions.split('\n').map((line) => `${style.dim('│')} ${line}`.trimEnd()),
  ].join('\n');
}

const MEMORY = {
  off: 'it does not see your notes',
  read: 'it reads your notes: those that fit a question go to the model',
  write: 'it reads your notes, and may keep new ones',
};

/** Where somebody else's assistant came from. */
export function showSource({ repo, path, commit }: NonNullable<AddedAssistant['source']>): string {
  const folder = path === '' ? '' : `, folder ${showName(path, 200)}`;
  return `${showName(repo, 200)}${folder}, at ${cleanLine(commit, 64).slice(0, 8)}`;
}

function describeModel({ model, provider, endpointUrl, apiKey }: ModelChoice): string {
  const name = model === undefined ? '' : showName(model, 300);
  const isAsked = apiKey?.includes('${input:');
  const key =
    apiKey === undefined ? '' : ` and gets ${isAsked ? 'what it asks for below' : 'the key that stands there'}`;
  if (endpointUrl !== undefined) {
    return `${name || 'whichever there is'} at ${showHidden(endpointUrl)}: what you say goes there${key}; your token does not`;
  }
  if (provider !== undefined) {
    return `${name || 'whichever there is'} by the Hugging Face router (${showName(provider)}): what you say goes there, with your token, which pays for it`;
  }
  return name ? `${name}, where your config says` : 'the one of your config (assistants.model), or a local one';
}

function describeTools({ allowedTools, readOnly }: Pick<Assistant, 'allowedTools' | 'readOnly'>): string {
  const reading = readOnly ? ', those that read alone' : '';
  if (allowedTools === undefined) return `all of hugwire that are on${reading}`;
  if (allowedTools.length === 0) return 'none of hugwire';
  return `${allowedTools.map((tool) => showName(tool, 100)).join(', ')} of hugwire${reading}`;
}

const PERMISSIONS: Record<Permission, string> = { allow: 'unasked', ask: 'asks first', deny: 'never' };

function describePermissions(tools: Assistant['tools']): (readonly [string, string])[] {
  return (Object.keys(PERMISSIONS) as Permission[]).flatMap((one) => {
    const names = Object.keys(tools).filter((tool) => tools[tool] === one);
    return names.length > 0
      ? [[PERMISSIONS[one], names.map((name) => (name === '*' ? 'all' : showName(name, 100))).join(', ')] as const]
      : [];
  });
}

function describeLimits(limits: Assistant['limits']): string {
  const { steps, seconds, tokens, tokensPerDay } = limits;
  return [
    steps && plural(steps, 'step'),
    seconds && plural(seconds, 'second'),
    tokens && `${formatCount(tokens)} tokens a turn`,
    tokensPerDay && `${formatCount(tokensPerDay)} tokens a day`,
  ]
    .filter(Boolean)
    .join(', ');
}

const describeInput = ({ id, description, variable }: Definition['inputs'][number]) =>
  `${id}${description ? ` ${showWords(description, 300)}` : ''}: asked for, or taken from ${variable}; it is kept nowhere`;

/** How a server is launched, as it would be typed: nothing is cut, and nothing is hidden. */
export function showLaunch({ launch }: Pick<ToolServer, 'launch'>): string {
  const pairs = (named: Record<string, string> = {}, sign: string) =>
    Object.entries(named).map(([name, value]) => `${showHidden(name)}${sign}${word(value)}`);
  if (launch.type !== 'stdio') {
    return [launch.type, showHidden(launch.url), ...pairs(launch.headers, ': ')].join(' ');
  }
  const where = launch.cwd === undefined ? [] : [`(in ${showHidden(launch.cwd)})`];
  return [...pairs(launch.env, '='), word(launch.command), ...launch.args.map(word), ...where].join(' ');
}

const word = (text: string) => showHidden(/^[\w@%+=:,./\\-]+$/.test(text) ? text : JSON.stringify(text));

function describeServers({ assistant, servers, allowed = {} }: ShownAssistant, { style, width }: View): string[] {
  if (servers.length === 0) return [];
  const lines = servers.flatMap((server) => {
    const isAllowed = allowed[server.name] === hashLaunch(server);
    const state = isAllowed ? style.green('allowed') : style.yellow('off');
    const tools = server.allowedTools
      ? style.dim(`  tools: ${server.allowedTools.map((tool) => showName(tool, 100)).join(', ') || 'none'}`)
      : '';
    return [
      `  ${style.bold(server.name)}  ${state}${tools}`,
      ...wrapLine(showLaunch(server), width && width - 4).map((line) => `    ${line}`),
    ];
  });
  const off = servers.some((server) => allowed[server.name] !== hashLaunch(server));
  const hint = off
    ? [style.dim(`  Each runs with your rights once you allow it: hugwire assistants allow ${assistant.name} SERVER`)]
    : [];
  return ['', `It wants ${plural(servers.length, 'other MCP server')}:`, ...lines, ...hint];
}

/**
 * What differs between two texts, as lines that go and come between those that stay.
 * @param before the text that was agreed to
 * @param after the text that would be
 */
export function showDifference(before: string, after: string): string[] {
  const [old, fresh] = [before.split('\n'), after.split('\n')];
  const most = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < most && old[start] === fresh[start]) start += 1;
  let end = 0;
  while (end < most - start && old.at(-1 - end) === fresh.at(-1 - end)) end += 1;
  return [
    ...old.slice(start, old.length - end).map((line) => `- ${showHidden(line)}`),
    ...fresh.slice(start, fresh.length - end).map((line) => `+ ${showHidden(line)}`),
  ];
}

/** The same for programs. */
export function assistantData({ assistant, source, servers, allowed = {}, inputs, notes }: ShownAssistant) {
  const { apiKey, ...model } = assistant.model;
  return {
    ...assistant,
    model: { ...model, ...(apiKey === undefined ? {} : { hasKey: true }) },
    source,
    servers: servers.map((server) => ({
      ...server,
      command: showLaunch(server),
      isAllowed: allowed[server.name] === hashLaunch(server),
    })),
    inputs,
    notes,
  };
}
