import { basename } from 'node:path';
import * as z from 'zod';
import { explainIssues, parseJsonFile } from '../config/load.js';
import { AGENT_FILE, type AssistantFiles, instructionsOf, PROMPT_FILES } from '../engine/assistants.js';
import { parseRepo } from '../hub/reference.js';
import { HugwireError } from '../lib/errors.js';
import { isDeeper, isObject } from '../lib/json.js';
import { nearest } from '../lib/nearest.js';
import { cleanLine, cleanText } from '../lib/text.js';
import type { Assistant, ToolServer } from './types.js';

const MAX_LEVELS = 20;

/** Something that an assistant wants to be told before it starts, such as a key of another service. It is kept nowhere. */
export interface AssistantInput {
  id: string;
  description: string;
  /** Whether it must not be shown while it is typed. */
  isSecret: boolean;
  /** The variable that gives it where nobody is asked. */
  variable: string;
}

/** An assistant as its files say it. Reading them starts nothing. */
export interface Definition {
  assistant: Omit<Assistant, 'isShared' | 'servers'>;
  /** All other MCP servers that it names, whether or not anybody has agreed to them. */
  servers: readonly ToolServer[];
  inputs: readonly AssistantInput[];
  files: AssistantFiles;
  /** What does not mean what its author may think, a line each. */
  notes: readonly string[];
}

// --- What agent.json may hold. tiny-agents passes unknown keys by, and so does this; below `hugwire` all are ours.

const permission = z.enum(['allow', 'ask', 'deny']);
const text = (most: number) => z.string().max(most);
const texts = z.array(text(4000)).max(100);
const pairs = z
  .record(text(200), text(4000))
  .refine((value) => Object.keys(value).length <= 50, 'at most 50 are allowed');
const webAddress = text(2000).refine(
  isWebAddress,
  'must be an address such as http://127.0.0.1:8080/v1, without a password',
);

const launch = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('stdio'),
    command: text(1000).min(1),
    args: texts.default([]),
    env: pairs.optional(),
    cwd: text(1000).optional(),
  }),
  ...(['http', 'sse'] as const).map((type) =>
    z.object({ type: z.literal(type), url: webAddress, headers: pairs.optional() }),
  ),
]);

const server = launch.and(z.object({ name: text(100).optional(), allowed_tools: texts.optional() }));

const ours = z.strictObject({
  tools: z.record(text(100), permission).default({}),
  spaces: z.array(text(300)).max(100).optional(),
  memory: z.enum(['off', 'read', 'write']).default('off'),
  limits: z
    .strictObject({
      steps: z.number().int().min(1).max(100).optional(),
      seconds: z.number().int().min(1).max(3600).optional(),
      tokens: z.number().int().min(1).optional(),
      tokensPerDay: z.number().int().min(1).optional(),
    })
    .default({}),
  greeting: text(2000).optional(),
  contextTokens: z.number().int().min(500).max(10_000_000).optional(),
});
const OUR_KEYS = [...Object.keys(ours.shape), 'steps', 'seconds', 'tokens', 'tokensPerDay'];

const agent = z.object({
  name: text(200).optional(),
  description: text(2000).optional(),
  model: text(300).min(1).optional(),
  provider: text(100).min(1).optional(),
  endpointUrl: webAddress.optional(),
  apiKey: text(2000).min(1).optional(),
  inputs: z
    .array(
      z.object({
        id: z.string().regex(/^[\w-]{1,64}$/),
        description: text(500).default(''),
        password: z.boolean().optional(),
      }),
    )
    .max(50)
    .default([]),
  servers: z.array(server).max(20).optional(),
  examples: z.array(text(1000)).max(50).default([]),
  hugwire: ours.optional(),
});
type Agent = z.output<typeof agent>;

function isWebAddress(value: string): boolean {
  // What is filled in later may be a part of it.
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && !url.username && !url.password;
}

/**
 * Reads what the files of an assistant say, as forgiving as tiny-agents where that is meant.
 * @param files texts by name
 * @param where they are, for errors: a folder, or `datasets/owner/name/path`
 * @param name of the assistant; made from what it calls itself, or from the folder, where left out
 * @throws HugwireError `invalid_arguments`: file, key, what was found, what is allowed
 */
export function parseDefinition(files: AssistantFiles, where: string, name?: string): Definition {
  const path = `${where}/${AGENT_FILE}`;
  const raw = parseJsonFile((files[AGENT_FILE] ?? '').replace(/^\uFEFF/, ''), path);
  if (!isObject(raw) || isDeeper(raw, MAX_LEVELS)) throw invalid(path, 'it must be an object of a few levels');
  const notes: string[] = [];
  const bent = bend(raw);
  const result = agent.safeParse(bent);
  if (!result.success) throw invalid(path, explainIssues(result.error.issues, bent), suggest(bent));
  const { data } = result;
  const others = (data.servers ?? []).filter((one) => !isHugwire(one));
  const own = (data.servers ?? []).filter(isHugwire);
  const instructions = instructionsOf(files);
  if (PROMPT_FILES.every((file) => files[file] !== undefined)) {
    notes.push(
      `There are both ${PROMPT_FILES.join(' and ')}: ${PROMPT_FILES[0]} counts here; tiny-agents for Python takes the other.`,
    );
  }
  if (!instructions) notes.push('It has no instructions: there is nothing in AGENTS.md.');
  const servers = nameServers(others);
  return {
    assistant: {
      name: name ?? nameOf(data.name, where),
      title: cleanLine(data.name, 100) || undefined,
      description: cleanLine(data.description, 500) || undefined,
      instructions,
      model: { model: data.model, provider: data.provider, endpointUrl: data.endpointUrl, apiKey: data.apiKey },
      tools: data.hugwire?.tools ?? {},
      allowedTools: allowedTools(own, data),
      ...(own.some(isReadOnly) ? { readOnly: true } : {}),
      spaces: data.hugwire?.spaces?.map((space) => readSpace(space, path)),
      memory: data.hugwire?.memory ?? 'off',
      limits: data.hugwire?.limits ?? {},
      contextTokens: data.hugwire?.contextTokens,
      greeting: data.hugwire?.greeting && cleanText(data.hugwire.greeting).trim(),
      examples: data.examples.map((example) => cleanLine(example, 500)).filter(Boolean),
    },
    servers,
    inputs: listInputs(data, servers),
    files,
    notes,
  };
}

const invalid = (path: string, fault: string, hint?: string) =>
  new HugwireError('invalid_arguments', `${path}: ${fault}`, { hint });

/** A mistyped key of ours would allow what was meant to be forbidden: it is refused, with the one that was meant. */
function suggest(bent: Record<string, unknown>): string | undefined {
  const said = isObject(bent.hugwire) ? bent.hugwire : {};
  const keys = [...Object.keys(said), ...Object.keys(isObject(said.limits) ? said.limits : {})];
  const wrong = keys.find((key) => !OUR_KEYS.includes(key));
  const meant = wrong && nearest(wrong, OUR_KEYS);
  return `${meant ? `Did you mean "${meant}"? ` : ''}Below "hugwire" there are ${Object.keys(ours.shape).join(', ')}.`;
}

// --- Near misses, as they are found in the wild.

/** Null counts as left out; one value where a list belongs as a list; earlier forms of servers as today's. */
function bend(raw: Record<string, unknown>): Record<string, unknown> {
  const { servers, mcpServers, hugwire, examples, inputs, ...rest } = withoutNull(raw);
  const listed = servers ?? mcpServers;
  return {
    ...rest,
    ...(listed === undefined ? {} : { servers: bendServers(listed) }),
    ...(examples === undefined ? {} : { examples: toList(examples) }),
    ...(inputs === undefined ? {} : { inputs: bendInputs(inputs) }),
    ...(hugwire === undefined ? {} : { hugwire: bendOurs(hugwire) }),
  };
}

const withoutNull = (value: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== null));
const toList = (value: unknown): unknown => (typeof value === 'string' ? [value] : value);

/** VS Code and others name them by keys. */
function bendServers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bendServer);
  if (!isObject(value)) return value;
  return Object.entries(value).map(([name, one]) => (isObject(one) ? bendServer({ name, ...one }) : one));
}

function bendServer(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { config, options, type, allowedTools, args, env, headers, ...rest } = withoutNull(value);
  // tiny-agents had everything but the type one level deeper, and headers deeper still.
  if (isObject(config)) return bendServer({ ...config, ...withoutNull(value), config: null });
  const request = isObject(options) && isObject(options.requestInit) ? options.requestInit : {};
  const said = typeof type === 'string' ? type.toLowerCase().replace(/[^a-z]/g, '') : undefined;
  const known = said === 'streamablehttp' || said === 'streamable' ? 'http' : said;
  const bent: Record<string, unknown> = {
    type: type === undefined || known !== undefined ? (known ?? (rest.command === undefined ? 'http' : 'stdio')) : type,
    ...rest,
    ...(allowedTools === undefined ? {} : { allowed_tools: toList(allowedTools) }),
    ...(args === undefined ? {} : { args: Array.isArray(args) ? args.map(toText) : toList(args) }),
    ...(env === undefined ? {} : { env: bendPairs(env) }),
  };
  const sent = headers ?? request.headers;
  return sent === undefined || sent === null ? bent : { ...bent, headers: bendPairs(sent) };
}

const toText = (value: unknown): unknown => (['number', 'boolean'].includes(typeof value) ? String(value) : value);
const bendPairs = (value: unknown): unknown =>
  isObject(value)
    ? Object.fromEntries(Object.entries(withoutNull(value)).map(([name, one]) => [name, toText(one)]))
    : value;

/** VS Code's inputs have a type `promptString`; some are a map by id. */
function bendInputs(value: unknown): unknown {
  if (Array.isArray(value))
    return value.map((one) => (isObject(one) ? withoutNull(one) : typeof one === 'string' ? { id: one } : one));
  return isObject(value) ? Object.entries(value).map(([id, one]) => ({ id, ...(isObject(one) ? one : {}) })) : value;
}

function bendOurs(value: unknown): unknown {
  if (!isObject(value)) return value;
  const { memory, spaces, tools, ...rest } = withoutNull(value);
  return {
    ...rest,
    ...(memory === undefined ? {} : { memory: memory === true ? 'read' : memory === false ? 'off' : memory }),
    ...(spaces === undefined ? {} : { spaces: toList(spaces) }),
    ...(tools === undefined ? {} : { tools: isObject(tools) ? withoutNull(tools) : tools }),
  };
}

// --- hugwire itself among the servers: it is served from within, and nothing is started for it.

type Server = z.output<typeof server>;

const RUNNERS = /^(?:npx|pnpx|bunx|npm|pnpm|yarn|bun|deno|docker|podman)$/;
const PACKAGE = /^(?:npm:)?(?:[\w.-]+\/)*hugwire(?:@[\w.^~-]+|:[\w.-]+)?$/;

function isHugwire(one: Server): boolean {
  if (one.type !== 'stdio') return false;
  const name = programName(one.command);
  if (name === 'hugwire') return true;
  if (RUNNERS.test(name)) return one.args.some((word) => PACKAGE.test(word));
  return name === 'node' && one.args.some((word) => /(?:^|[\\/])hugwire(?:\.[cm]?js)?$/.test(word));
}

const programName = (command: string) =>
  (command.split(/[\\/]/).at(-1) ?? '').toLowerCase().replace(/\.(?:exe|cmd|bat|ps1|[cm]?js)$/, '');

const isReadOnly = (one: Server): boolean =>
  one.type === 'stdio' &&
  (one.args.includes('--read-only') ||
    !['', '0', 'false', 'no', 'off', undefined].includes(one.env?.HUGWIRE_READ_ONLY?.toLowerCase()));

/** None where an assistant of tiny-agents names servers and hugwire is not among them: it never had hugwire's tools. */
function allowedTools(own: readonly Server[], { servers, hugwire }: Agent): string[] | undefined {
  if (own.length === 0) return servers && !hugwire ? [] : undefined;
  const lists = own.map(({ allowed_tools }) => allowed_tools);
  return lists.some((list) => list === undefined) ? undefined : [...new Set(lists.flatMap((list) => list ?? []))];
}

/** Other servers by names of their own: what is named is told apart by a number. */
function nameServers(servers: readonly Server[]): ToolServer[] {
  const taken = new Set(['hugwire']);
  return servers.map(({ name, allowed_tools: allowed, ...launch }) => {
    const wanted = slug(name ?? describeLaunch(launch)) || 'server';
    let own = wanted;
    for (let count = 2; taken.has(own); count += 1) own = `${wanted}-${count}`;
    taken.add(own);
    return { name: own, launch, ...(allowed ? { allowedTools: allowed } : {}) };
  });
}

/** The package that a runner runs, the host of an address, or the program. */
function describeLaunch(launch: ToolServer['launch']): string {
  if (launch.type !== 'stdio') return new URL(launch.url).hostname;
  const words = [launch.command, ...launch.args].filter((word) => !/^-|^(?:exec|dlx|run|x|tool)$/.test(word));
  const ran = /^(?:npx|pnpx|bunx|npm|pnpm|yarn|bun|uvx|uv|pipx|python3?|node|docker|podman)$/.test(
    programName(launch.command),
  )
    ? (words[1] ?? launch.command)
    : launch.command;
  return ran
    .replace(/(?<=.)@[\w.^~-]*$/, '')
    .replace(/^@/, '')
    .replace(/^.*[\\/](?=[^\\/]*\.\w+$)/, '');
}

const slug = (words: string) =>
  cleanLine(words, 100)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-|-$/g, '');

function nameOf(said: string | undefined, where: string): string {
  return slug(said ?? '') || slug(basename(where)) || 'assistant';
}

/** The id of a Space, or the address of an app. */
function readSpace(text: string, path: string): string {
  try {
    const { kind = 'space', id } = parseRepo(text);
    if (kind === 'space') return id;
  } catch (cause) {
    if (!(cause instanceof HugwireError)) throw cause;
  }
  if (isWebAddress(text)) return text;
  throw invalid(
    path,
    `"hugwire.spaces" holds ${JSON.stringify(cleanLine(text, 80))}; allowed: ids such as owner/space`,
  );
}

// --- Inputs.

const INPUT = /\$\{input:([\w-]{1,64})\}/g;

/** Those that are declared, and those that are used all the same. */
function listInputs({ inputs, apiKey }: Agent, servers: readonly ToolServer[]): AssistantInput[] {
  const used = new Set([...JSON.stringify([apiKey, servers]).matchAll(INPUT)].map(([, id]) => id as string));
  const declared = new Map(inputs.map((input) => [input.id, input]));
  return [...used].map((id) => ({
    id,
    description: cleanLine(declared.get(id)?.description, 300),
    // Whoever uses one that is not declared says nothing of it.
    isSecret: declared.get(id)?.password ?? true,
    variable: id.replaceAll('-', '_').toUpperCase(),
  }));
}

/**
 * Puts what was told in for the inputs of a value.
 * @param value whose texts may hold `${input:id}`
 * @param told by id
 * @returns the value; undefined where an input that it uses was not told
 */
export function fillInputs<Value>(value: Value, told: ReadonlyMap<string, string>): Value | undefined {
  let isWhole = true;
  const fill = (one: unknown): unknown => {
    if (typeof one === 'string') {
      return one.replace(INPUT, (_, id: string) => {
        const found = told.get(id);
        if (found === undefined) isWhole = false;
        return found ?? '';
      });
    }
    if (Array.isArray(one)) return one.map(fill);
    return isObject(one) ? Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, fill(inner)])) : one;
  };
  const filled = fill(value) as Value;
  return isWhole ? filled : undefined;
}
