import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { join } from 'node:path/posix';
import { assistantDirectory, assistantsLockPath } from '../config/paths.js';
import {
  type AddedAssistant,
  AGENT_FILE,
  ASSISTANT_NAME,
  type AssistantFiles,
  hashFiles,
  MAX_FILE_BYTES,
  PROMPT_FILES,
  readAdded,
  readAddedFiles,
  readFolder,
  tooLarge,
} from '../engine/assistants.js';
import { line, record, records } from '../hub/fields.js';
import { openFile } from '../hub/read/remote-file.js';
import { apiPath, parseReference } from '../hub/reference.js';
import { attempt, findRepo } from '../hub/repo/lookup.js';
import { listTree, type RepoAt } from '../hub/repo/tree.js';
import type { HubClient } from '../hub/types.js';
import { cleanEnvironment } from '../lib/children.js';
import { HugwireError } from '../lib/errors.js';
import { decodeText, replaceFile, withFileLock } from '../lib/files.js';
import { canonicalJson } from '../lib/json.js';
import { nearest } from '../lib/nearest.js';
import { cleanLine } from '../lib/text.js';
import { type AssistantInput, type Definition, fillInputs, parseDefinition } from './definition.js';
import type { Assistant, ToolServer } from './types.js';

/** The assistant that is always there: every tool that is on, and nothing to say of itself. */
export const BUILT_IN: Assistant = {
  name: 'hugwire',
  title: 'hugwire',
  description: 'Knows the Hugging Face Hub, and runs Spaces.',
  instructions: '',
  model: {},
  isShared: false,
  tools: {},
  memory: 'off',
  limits: {},
  examples: ['Find a small speech recognition model', 'What is trending today?'],
  servers: [],
};

/** The collection of tiny-agents, and the tags that shared assistants have. */
export const COLLECTION: RepoAt & { kind: 'dataset' } = { kind: 'dataset', id: 'tiny-agents/tiny-agents' };
export const TAGS = ['agent', 'hugwire'] as const;

/** The files of an assistant, and where they are. */
export interface FoundAssistant {
  files: AssistantFiles;
  /** For errors and people: a folder, or `datasets/owner/name/path`. */
  where: string;
  /** Missing for a folder of this machine. */
  source?: NonNullable<AddedAssistant['source']>;
  isFolder?: boolean;
}

/**
 * Fetches an assistant from the Hub, at a commit.
 * @param word `owner/repo`, `owner/repo/path`, the same with a kind before or as an address, or the id of one of the
 *   collection of tiny-agents
 * @param hub the Hub
 * @throws HugwireError `not_found` that says where was looked
 */
export async function fetchAssistant(word: string, hub: HubClient): Promise<FoundAssistant> {
  const reference = parseReference(word, hub.endpoint);
  if (reference.type !== 'repo' && reference.type !== 'path') {
    throw new HugwireError('invalid_arguments', `"${cleanLine(word, 120)}" is not a folder of a repository.`, {
      hint: 'Give owner/repo, owner/repo/folder, or an id that `hugwire assistants search` shows.',
    });
  }
  const { kind, id, revision } = reference;
  const path = (reference.type === 'path' ? reference.path : '').replace(/(?:^|\/)agent\.json$/, '');
  const own = await attempt(
    findRepo(hub, { kind, id, revision }, { model: ['sha'], dataset: ['sha'], space: ['sha'] }),
  );
  for (const repo of 'value' in own ? own.value : []) {
    const found = await fetchFolder(hub, { kind: repo.kind, id: repo.id, revision }, path);
    if (found) return found;
  }
  if ('error' in own && !['not_found', 'not_visible'].includes(own.error.code)) throw own.error;
  // As tiny-agents itself has it: owner/name is a folder of its collection.
  const folder = [id, path].filter(Boolean).join('/');
  const collected =
    kind === undefined && revision === undefined ? await fetchFolder(hub, COLLECTION, folder) : undefined;
  if (collected) return collected;
  if ('error' in own && kind !== undefined) throw own.error;
  const places = [
    'value' in own ? `the repository ${id}${path && `, folder ${path}`}` : undefined,
    `datasets/${COLLECTION.id}/${folder}`,
  ];
  throw new HugwireError('not_found', `There is no ${AGENT_FILE} in ${places.filter(Boolean).join(', or in ')}.`, {
    hint: '`hugwire assistants search WORDS` finds assistants.',
  });
}

/** @returns undefined where there is no assistant in the folder */
async function fetchFolder(hub: HubClient, at: RepoAt, path: string): Promise<FoundAssistant | undefined> {
  const repo = await findHead(hub, at);
  const text = repo && (await fetchText(hub, repo, join(path, AGENT_FILE)));
  if (!repo || text === undefined) return undefined;
  const files: AssistantFiles = { [AGENT_FILE]: text };
  for (const name of PROMPT_FILES) {
    const prompt = await fetchText(hub, repo, join(path, name));
    if (prompt !== undefined) files[name] = prompt;
  }
  const name = `${repo.kind}s/${repo.id}`;
  return { files, where: join(name, path), source: { repo: name, path, commit: repo.revision } };
}

/** The repository at the commit that it is at; undefined where there is none. */
async function findHead(hub: HubClient, { kind, id, revision = 'main' }: RepoAt) {
  const answer = await attempt(hub.request(apiPath(kind, id, 'revision', revision), { repo: { kind, id, revision } }));
  if ('error' in answer) {
    if (['not_found', 'not_visible'].includes(answer.error.code) && answer.error.missing === undefined)
      return undefined;
    throw answer.error;
  }
  const commit = line(record(answer.value.json()).sha, 64);
  if (commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit)) return { kind, id, revision: commit };
  throw new HugwireError('unavailable', `The Hub did not say what ${id} holds.`);
}

async function fetchText(hub: HubClient, repo: RepoAt, path: string): Promise<string | undefined> {
  const opened = await attempt(openFile(hub, repo, path));
  if ('error' in opened) {
    if (opened.error.missing === 'file') return undefined;
    throw opened.error;
  }
  const { size, head } = opened.value;
  if (size > MAX_FILE_BYTES) throw tooLarge(`${repo.kind}s/${repo.id}/${path}`);
  try {
    return decodeText(head);
  } catch (cause) {
    throw new HugwireError('invalid_arguments', `${repo.kind}s/${repo.id}/${path} is not a text.`, { cause });
  }
}

/** An assistant on the Hub that nobody has added yet. */
export interface AssistantHit {
  /** What `assistants add` takes. */
  id: string;
  title?: string;
  description?: string;
  model?: string;
  likes?: number;
  /** Of its other MCP servers. */
  servers: number;
}

/** Folders of the collection that are looked into, at most. */
const MOST_LOOKS = 30;

/**
 * Finds assistants on the Hub: in the collection of tiny-agents, and in repositories with their tags.
 * @param words all of which an assistant has in its id, title or description; none: all assistants
 * @param limit how many at most
 * @param hub the Hub
 */
export async function searchAssistants(
  words: readonly string[],
  limit: number,
  hub: HubClient,
): Promise<AssistantHit[]> {
  const [tree, tagged] = await Promise.all([
    attempt(listTree(hub, COLLECTION, '', true)),
    attempt(
      hub.request('/api/datasets', {
        query: { filter: TAGS, limit: 100, 'expand[]': ['likes', 'tags'] },
        cache: 'list',
      }),
    ),
  ]);
  if ('error' in tree && 'error' in tagged) throw tree.error;
  // What lies at a commit is asked for once.
  const collection = findHead(hub, COLLECTION).catch(() => undefined);
  const folders =
    'value' in tree ? tree.value.entries.flatMap(({ path }) => /^(.+)\/agent\.json$/.exec(path)?.[1] ?? []) : [];
  const repos =
    'value' in tagged
      ? records(tagged.value.json()).map((row) => ({ id: line(row.id) ?? '', likes: Number(row.likes) || 0 }))
      : [];
  const all = [
    ...repos
      .filter(({ id }) => id !== '')
      .map(({ id, likes }) => ({ id, likes, at: { kind: 'dataset' as const, id }, path: '' })),
    ...folders.map((path) => ({ id: path, likes: undefined, at: collection, path })),
  ];
  const wanted = words.flatMap((word) => word.toLowerCase().split(/\s+/)).filter(Boolean);
  const holds = (text: string) => wanted.every((word) => text.toLowerCase().includes(word));
  // What bears the words in its id is looked into first: what the others say of themselves takes a request each.
  const sorted = [...all].sort((one, other) => Number(holds(other.id)) - Number(holds(one.id)));
  const hits = await Promise.all(
    sorted.slice(0, MOST_LOOKS).map(async ({ id, likes, at, path }): Promise<AssistantHit | undefined> => {
      try {
        const text = await fetchText(hub, (await at) ?? COLLECTION, join(path, AGENT_FILE));
        if (text === undefined) return undefined;
        const { assistant, servers } = parseDefinition({ [AGENT_FILE]: text }, id);
        const { title, description, model } = assistant;
        const hit = {
          id,
          title,
          description,
          model: cleanLine(model.model, 100) || undefined,
          likes,
          servers: servers.length,
        };
        return holds([id, title, description].filter(Boolean).join(' ')) ? hit : undefined;
      } catch {
        // One that cannot be read cannot be added either.
        return undefined;
      }
    }),
  );
  return hits.filter((hit) => hit !== undefined).slice(0, limit);
}

/**
 * Stands for how a server is launched: a yes to it holds for exactly this.
 * @param server as the definition has it, before anything is filled in
 */
export function hashLaunch({ launch }: Pick<ToolServer, 'launch'>): string {
  return createHash('sha256').update(canonicalJson(launch)).digest('hex');
}

/**
 * Finds an assistant that was added.
 * @param config path of the config file
 * @param name of the assistant
 * @throws HugwireError `not_found` that names those there are
 */
export function findAdded(config: string, name: string): AddedAssistant {
  const added = readAdded(config);
  const found = added.find((one) => one.name === name);
  if (found) return found;
  const names = added.map((one) => one.name);
  const meant = nearest(name, [...names, BUILT_IN.name]);
  throw new HugwireError(
    'not_found',
    `There is no assistant "${cleanLine(name, 80)}".${meant ? ` Did you mean ${meant}?` : ''}`,
    {
      hint:
        names.length > 0
          ? `There are: ${names.join(', ')}.`
          : '`hugwire assistants create NAME` makes one, `hugwire assistants search` finds some.',
    },
  );
}

/**
 * The name under which an assistant can be added.
 * @param config path of the config file
 * @param name that is wanted
 * @throws HugwireError `invalid_arguments` when it cannot be a name, or is taken
 */
export function checkNewName(config: string, name: string): string {
  if (!ASSISTANT_NAME.test(name)) {
    throw new HugwireError('invalid_arguments', `"${cleanLine(name, 80)}" cannot be the name of an assistant.`, {
      hint: 'Small letters, digits, and . _ - between them, such as hub-helper; at most 64.',
    });
  }
  if (name !== BUILT_IN.name && !readAdded(config).some((one) => one.name === name)) return name;
  throw new HugwireError('invalid_arguments', `There is an assistant ${name} already.`, {
    hint:
      name === BUILT_IN.name
        ? 'Give another name.'
        : `Give another name, or remove it first: hugwire assistants remove ${name}`,
  });
}

/** What is recorded of an assistant that the user has agreed to. */
export interface NewAssistant extends Pick<FoundAssistant, 'files' | 'source' | 'isFolder'> {
  name: string;
  definition: Definition;
  /** Names of the other servers that may run. */
  allowed: readonly string[];
}

/**
 * Writes the files of an assistant, and records them as what the user has seen.
 * @param config path of the config file
 * @param assistant that is new, or takes the place of the one of its name
 * @throws HugwireError `unavailable` when they cannot be written
 */
export async function saveAssistant(
  config: string,
  { name, files, source, isFolder, definition, allowed }: NewAssistant,
): Promise<void> {
  await changeRecord(config, async (before) => {
    const folder = assistantDirectory(config, name);
    for (const file of [AGENT_FILE, ...PROMPT_FILES] as const) {
      const text = files[file];
      // What stands there now may be a link.
      await rm(joinPath(folder, file), { force: true, recursive: true });
      if (text !== undefined) await replaceFile(joinPath(folder, file), text, { mode: 0o600 });
    }
    const { title, description } = definition.assistant;
    const servers = definition.servers.filter((server) => allowed.includes(server.name));
    const known = before.find((one) => one.name === name);
    const entry: AddedAssistant = {
      name,
      title,
      description,
      source,
      ...((isFolder ?? known?.isFolder) ? { isFolder: true } : {}),
      hash: hashFiles(files),
      servers: Object.fromEntries(servers.map((server) => [server.name, hashLaunch(server)])),
      addedAt: known?.addedAt ?? new Date().toISOString(),
    };
    return [...before.filter((one) => one.name !== name), entry];
  });
}

/**
 * Removes assistants with their files.
 * @param config path of the config file
 * @param names of assistants that were added
 */
export async function removeAssistants(config: string, names: readonly string[]): Promise<void> {
  await changeRecord(config, async (before) => {
    for (const name of names) await rm(assistantDirectory(config, name), { force: true, recursive: true });
    return before.filter(({ name }) => !names.includes(name));
  });
}

async function changeRecord(
  config: string,
  change: (before: readonly AddedAssistant[]) => Promise<AddedAssistant[]>,
): Promise<void> {
  const path = assistantsLockPath(config);
  await withFileLock(path, async () => {
    const after = [...(await change(readAdded(config)))].sort((one, other) => (one.name < other.name ? -1 : 1));
    const assistants = Object.fromEntries(after.map(({ name, ...entry }) => [name, entry]));
    await replaceFile(path, `${JSON.stringify({ version: 1, assistants }, null, 2)}\n`);
  });
}

/**
 * What the files of an assistant say that was added.
 * @param config path of the config file
 * @param added from `findAdded`
 * @param evenIfChanged also where those of somebody else's are not what the user has seen
 * @throws HugwireError `blocked` where they are not, and whatever is wrong with them
 */
export async function readDefinition(
  config: string,
  added: AddedAssistant,
  evenIfChanged = false,
): Promise<Definition> {
  const folder = assistantDirectory(config, added.name);
  const files = evenIfChanged ? await readFolder(folder) : await readAddedFiles(config, added);
  return parseDefinition(files, folder, added.name);
}

interface OpenAssistantOptions {
  env: NodeJS.ProcessEnv;
  /** Asks the user for an input; missing where nobody can be asked. What is told is kept nowhere. */
  ask?(input: AssistantInput): Promise<string | undefined>;
}

/**
 * Opens an assistant to talk to.
 * @param config path of the config file
 * @param name of one that was added, or `hugwire`
 * @param options where its inputs come from
 * @returns the assistant with the servers that may run, and what the user should know, a line each
 * @throws HugwireError `not_found`, `blocked`, or what is wrong with its files
 */
export async function openAssistant(
  config: string,
  name: string,
  { env, ask }: OpenAssistantOptions,
): Promise<{ assistant: Assistant; notes: string[] }> {
  if (name === BUILT_IN.name) return { assistant: BUILT_IN, notes: [] };
  const added = findAdded(config, name);
  const { assistant, servers, inputs } = await readDefinition(config, added);
  const isAllowed = (server: ToolServer) => added.servers[server.name] === hashLaunch(server);
  const allowed = servers.filter(isAllowed);
  const notes = servers
    .filter((server) => !isAllowed(server))
    .map(
      (server) =>
        `It goes without its server ${server.name}: hugwire assistants allow ${name} ${server.name} shows what that starts, and lets it.`,
    );
  const used = JSON.stringify([assistant.model.apiKey, allowed]);
  const told = new Map<string, string>();
  // A token of the Hub that lies in the environment goes to nobody whom the user did not give it to by hand.
  const own = cleanEnvironment(env);
  for (const input of inputs.filter(({ id }) => used.includes(`\${input:${id}}`))) {
    const value = own[input.variable] || (await ask?.(input));
    if (value) told.set(input.id, value);
    else notes.push(`Its input ${input.id} is missing: set the variable ${input.variable}. What needs it is left out.`);
  }
  const { apiKey } = assistant.model;
  return {
    assistant: {
      ...assistant,
      model: { ...assistant.model, apiKey: apiKey && fillInputs(apiKey, told) },
      isShared: added.source !== undefined || added.isFolder === true,
      servers: allowed.flatMap((server) => fillInputs(server, told) ?? []),
    },
    notes,
  };
}
