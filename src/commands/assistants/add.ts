import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Definition, parseDefinition } from '../../assistants/definition.js';
import {
  checkNewName,
  type FoundAssistant,
  fetchAssistant,
  findAdded,
  hashLaunch,
  readDefinition,
  saveAssistant,
} from '../../assistants/library.js';
import type { ToolServer } from '../../assistants/types.js';
import {
  AGENT_FILE,
  type AssistantFiles,
  hashFiles,
  PROMPT_FILES,
  readAdded,
  readFolder,
} from '../../engine/assistants.js';
import { HugwireError, toHugwireError } from '../../lib/errors.js';
import { toAbsolute } from '../../lib/files.js';
import { nearest } from '../../lib/nearest.js';
import { cleanLine } from '../../lib/text.js';
import { confirm } from '../prompts.js';
import type { CommandResult } from '../terminal.js';
import type { AssistantsContext } from './command.js';
import { describeAssistant, showDifference, showLaunch, showSource } from './describe.js';

export interface AddOptions {
  name?: string;
  allowServer?: string[];
  yes?: boolean;
}

/** What is left when a person says no. */
export const NOTHING: CommandResult = { text: 'Nothing was changed.', data: { changed: false }, exitCode: 1 };

/**
 * `hugwire assistants add`: shows all of an assistant, and keeps a copy of it on approval. Nothing of it is started.
 * @param word a folder, or what `fetchAssistant` takes
 * @param options of the command
 * @param context to work in
 * @throws HugwireError whatever is wrong with it or its name
 */
export async function addAssistant(
  word: string,
  options: AddOptions,
  context: AssistantsContext,
): Promise<CommandResult> {
  const { config, prompts, toldStyle: style, width, tell } = context;
  const found = await findSource(word, context);
  const definition = parseDefinition(found.files, found.where);
  const name = checkNewName(config, options.name ?? definition.assistant.name);
  const named = { ...definition, assistant: { ...definition.assistant, name } };
  const wanted = (options.allowServer ?? []).map((one) => findServer(definition, one));
  tell(['', describeAssistant({ ...named, source: found.source }, { style, width }), ''].join('\n'));
  const again = [
    word,
    ...(options.name ? ['--name', options.name] : []),
    ...wanted.flatMap((one) => ['--allow-server', one.name]),
  ];
  const unasked = {
    message: 'An assistant is added on approval, and nobody can be asked here.',
    hint: `hugwire assistants add ${again.join(' ')} --yes`,
  };
  const agreed = await confirm(`Add it as ${name}?`, { yes: options.yes, prompts, initial: !found.source, unasked });
  if (!agreed) return NOTHING;
  const allowed = wanted.map((server) => server.name);
  for (const server of definition.servers) {
    if (options.yes || !prompts || allowed.includes(server.name)) continue;
    tell(showLaunch(server));
    if (await prompts.confirm(`May ${name} run its server ${server.name}, with all your rights?`, false))
      allowed.push(server.name);
  }
  const { files, source, isFolder } = found;
  await saveAssistant(config, { name, files, source, isFolder, definition, allowed });
  const off = definition.servers.filter((server) => !allowed.includes(server.name));
  const lines = [
    `${context.style.green('✓')} ${context.style.bold(name)}  added${found.source ? ` from ${showSource(found.source)}` : ''}`,
    ...off.map((server) => `Its server ${server.name} stays off: hugwire assistants allow ${name} ${server.name}`),
    `Talk to it: ${context.style.cyan(`hugwire chat ${name}`)}`,
  ];
  return { text: lines.join('\n'), data: { added: name, source: found.source, allowedServers: allowed }, exitCode: 0 };
}

/** A path, or a folder that is there and holds an assistant, is one of this machine; all else is on the Hub. */
async function findSource(word: string, { hub, wait }: AssistantsContext): Promise<FoundAssistant> {
  const isPath = /^(?:[.~]|\/|[A-Za-z]:[\\/])/.test(word);
  if (isPath || existsSync(join(toAbsolute(word, 'the folder'), AGENT_FILE))) {
    const where = toAbsolute(word.replace(/[\\/]agent\.json$/, ''), 'the folder');
    return { files: await readFolder(where), where, isFolder: true };
  }
  return wait(`Fetching ${cleanLine(word, 80)} …`, () => fetchAssistant(word, hub));
}

function findServer({ servers }: Pick<Definition, 'servers'>, name: string): ToolServer {
  const found = servers.find((server) => server.name === name);
  if (found) return found;
  const names = servers.map((server) => server.name);
  const meant = nearest(name, names);
  throw new HugwireError(
    'invalid_arguments',
    `It has no server "${cleanLine(name, 80)}".${meant ? ` Did you mean ${meant}?` : ''}`,
    {
      hint: names.length > 0 ? `It has: ${names.join(', ')}.` : 'It has no other servers.',
    },
  );
}

/**
 * `hugwire assistants allow` and `deny`: lets an assistant run a server of its, or no longer.
 * @param name of the assistant
 * @param word name of the server
 * @param options `allow`: which of the two
 * @param context to work in
 */
export async function allowServer(
  name: string,
  word: string,
  { allow, yes }: { allow: boolean; yes?: boolean },
  context: AssistantsContext,
): Promise<CommandResult> {
  const { config, prompts, tell } = context;
  const added = findAdded(config, name);
  const definition = await readDefinition(config, added);
  const server = findServer(definition, word);
  const others = definition.servers
    .filter((one) => one.name !== server.name && added.servers[one.name] === hashLaunch(one))
    .map((one) => one.name);
  if (allow) {
    tell(showLaunch(server));
    const unasked = {
      message: 'A server is allowed on approval, and nobody can be asked here.',
      hint: `hugwire assistants allow ${name} ${server.name} --yes`,
    };
    if (!(await confirm(`May ${name} run this, with all your rights?`, { yes, prompts, initial: false, unasked })))
      return NOTHING;
  }
  const { files } = definition;
  await saveAssistant(config, {
    name,
    files,
    source: added.source,
    definition,
    allowed: allow ? [...others, server.name] : others,
  });
  const text = allow
    ? `${name} may run ${server.name} now: ${showLaunch(server)}`
    : `${name} does not run ${server.name} any more.`;
  return {
    text,
    data: { assistant: name, server: server.name, command: showLaunch(server), isAllowed: allow },
    exitCode: 0,
  };
}

interface Finding {
  name: string;
  state: 'as added' | 'changed' | 'your own' | 'cannot be read';
  changes: string[];
  fresh?: FoundAssistant & { definition: Definition };
  problem?: HugwireError;
}

/**
 * `hugwire assistants refresh`: compares assistants of others with what is on the Hub now, shows what differs, and takes it over
 * on approval. Servers that were allowed stay so as long as they are launched as they were.
 * @param names of assistants; all when there are none
 * @param options of the command
 * @param context to work in
 * @returns exit code 1 when one could not be read; with `check`, also when something differs
 */
export async function refreshAssistants(
  names: readonly string[],
  { check, yes }: { check?: boolean; yes?: boolean },
  context: AssistantsContext,
): Promise<CommandResult> {
  const { config, prompts, tell, style, toldStyle, width } = context;
  const wanted = names.length > 0 ? names.map((name) => findAdded(config, name)) : readAdded(config);
  const findings = await context.wait('Asking the Hub …', () =>
    Promise.all(wanted.map(({ name }) => compare(name, context))),
  );
  const open = findings.flatMap(({ name, changes, fresh }) => (fresh ? [{ name, changes, fresh }] : []));
  if (!check && open.length > 0) {
    for (const { name, changes, fresh } of open) {
      const { assistant, servers, inputs, notes } = fresh.definition;
      const { servers: allowed } = findAdded(config, name);
      const whole = describeAssistant(
        { assistant, servers, inputs, notes, allowed, source: fresh.source },
        { style: toldStyle, width },
      );
      tell(['', ...changes, '', whole, ''].join('\n'));
    }
    const unasked = {
      message: 'A change needs your approval, and nobody can be asked here.',
      hint: `${['hugwire assistants refresh', ...names].join(' ')} --yes`,
    };
    const what = open.map(({ name }) => name).join(', ');
    if (
      !(await confirm(`Take ${what} over as ${open.length === 1 ? 'it is' : 'they are'} now?`, {
        yes,
        prompts,
        initial: false,
        unasked,
      }))
    )
      return NOTHING;
    for (const { name, fresh } of open) {
      const { servers } = findAdded(config, name);
      const allowed = fresh.definition.servers
        .filter((server) => servers[server.name] === hashLaunch(server))
        .map((server) => server.name);
      await saveAssistant(config, {
        name,
        files: fresh.files,
        source: fresh.source,
        definition: fresh.definition,
        allowed,
      });
    }
  }
  const lines = findings.flatMap(({ name, state, changes, problem }) => [
    `${style.bold(name)}  ${state === 'changed' && !check ? style.green('taken over') : state}${problem ? `: ${problem.message}` : ''}`,
    ...(check ? changes.map((line) => `  ${line}`) : []),
  ]);
  return {
    text: lines.join('\n') || 'There are no assistants.',
    data: {
      assistants: findings.map(({ fresh: _, problem, ...finding }) => ({
        ...finding,
        problem: problem && { code: problem.code, message: problem.message },
      })),
    },
    exitCode: findings.some(({ problem }) => problem) || (check && open.length > 0) ? 1 : 0,
  };
}

async function compare(name: string, { config, hub }: AssistantsContext): Promise<Finding> {
  const { source, hash } = findAdded(config, name);
  if (!source) return { name, state: 'your own', changes: [] };
  try {
    const word = [source.repo, source.path].filter(Boolean).join('/');
    const found = await fetchAssistant(word, hub);
    const now = await readDefinition(config, findAdded(config, name), true).catch(() => undefined);
    const isAltered = now !== undefined && hashFiles(now.files) !== hash;
    if (hashFiles(found.files) === hash && now !== undefined && !isAltered)
      return { name, state: 'as added', changes: [] };
    const definition = parseDefinition(found.files, found.where, name);
    const changes = [
      ...(isAltered ? ['Its files on this machine were changed since you agreed to them.'] : []),
      ...describeChanges(now?.files ?? {}, found.files),
    ];
    return { name, state: 'changed', changes, fresh: { ...found, definition } };
  } catch (error) {
    return { name, state: 'cannot be read', changes: [], problem: toHugwireError(error) };
  }
}

function describeChanges(before: AssistantFiles, after: AssistantFiles): string[] {
  return [AGENT_FILE, ...PROMPT_FILES].flatMap((file) => {
    const lines = showDifference(before[file as keyof AssistantFiles] ?? '', after[file as keyof AssistantFiles] ?? '');
    return lines.length > 0 ? [`${file}:`, ...lines.map((line) => `  ${line}`)] : [];
  });
}
