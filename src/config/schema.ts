import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { HugwireError } from '../lib/errors.js';
import { expandHome } from '../lib/files.js';
import { parseBytes } from '../lib/format.js';
import { isObject } from '../lib/json.js';
import { explainPathTrap } from '../lib/platform.js';
import { defaultSaveDirectory } from './paths.js';

const spaceId = z.string().regex(/^[\w.-]+\/[\w.-]+$|^https?:\/\//, 'must be owner/space or a URL');

/** What the name of a Space's tool must look like. */
export const TOOL_NAME = /^[a-z][a-z0-9_]{0,39}$/;
export const MAX_TOOL_NAME = 40;
/** The same in words, for the end of a sentence. */
export const TOOL_NAME_RULE = `at most ${MAX_TOOL_NAME} characters of a-z, 0-9 and _, starting with a letter`;

/** A Space endpoint that is offered as a tool of its own; its schema lives in `spaces.lock.json`. */
const pinnedSpace = z.strictObject({
  space: spaceId.describe('Space id (owner/space), or the URL of a local Gradio app'),
  endpoint: z.string().startsWith('/').optional().describe('API endpoint, such as /infer'),
  tool: z.string().regex(TOOL_NAME, `must be ${TOOL_NAME_RULE}`).describe('Name of the tool'),
  enabled: z.boolean().default(true),
  proposed: z
    .boolean()
    .optional()
    .describe('An assistant asked for it, and the user has not agreed yet: it is off until then'),
  token: z
    .enum(['auto', 'always', 'never'])
    .default('auto')
    .describe('Whether this Space gets the token: auto = only if it is private or runs on ZeroGPU'),
});

/** A login of an app with a name and a password of its own (Gradio's `auth=`), from a password manager. */
const appLogin = z.strictObject({
  space: spaceId.describe('Space id (owner/space), or the URL of a Gradio app'),
  username: z
    .string()
    .min(1)
    .optional()
    .describe('Name; without it, the command prints name and password on two lines'),
  command: z.string().min(1).describe('The first line that it prints is the password'),
});

const token = z.strictObject({
  source: z
    .enum(['auto', 'env', 'file', 'command', 'none'])
    .default('auto')
    .describe('Where the token is read from: auto looks where `hf auth login` and HF_TOKEN leave it'),
  name: z.string().min(1).optional().describe('source "env": name of the variable'),
  path: z.string().min(1).optional().describe('source "file": path of the file'),
  command: z.string().min(1).optional().describe('source "command": the first line that it prints is the token'),
  oauthClientId: z
    .string()
    .min(1)
    .optional()
    .describe('Client id of an OAuth app on the Hub, for `hugwire auth login` in the browser'),
});

/** What a source cannot do without. */
const TOKEN_NEEDS: Partial<Record<z.output<typeof token>['source'], 'path' | 'command'>> = {
  file: 'path',
  command: 'command',
};

const hub = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/ })
    .refine((value) => !/^\w+:\/\/[^/]*@/.test(value), 'must not contain a name or a password')
    .default('https://huggingface.co')
    .describe('The Hub; HF_ENDPOINT wins over it'),
  timeoutSeconds: z.number().min(1).max(120).default(10).describe('Time limit of one attempt of one request'),
  offline: z.boolean().default(false).describe('Never use the network; HF_HUB_OFFLINE does the same'),
});

const tools = z.strictObject({
  enable: z
    .array(z.string())
    .default(['default'])
    .describe('Tools or toolsets that are on; "default" leaves the opt-in ones out, "all" has them'),
  disable: z.array(z.string()).default([]).describe('Tools or toolsets that are off; wins over enable'),
  readOnly: z.boolean().default(false).describe('Offer only tools that read'),
  dryRun: z
    .boolean()
    .default(false)
    .describe('Tools that run or write check everything and tell what they would do, but do nothing'),
});

/** The image Space that a fresh install has pinned, so that it can make pictures at once. */
export const DEFAULT_PIN = {
  space: 'black-forest-labs/FLUX.1-schnell',
  endpoint: '/infer',
  tool: 'generate_image',
} satisfies z.input<typeof pinnedSpace>;

/** Scheme, host and port, and nothing else. */
const origin = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}, 'must be an origin, such as http://127.0.0.1:7860');

const spaces = z.strictObject({
  pinned: z
    .array(pinnedSpace)
    .prefault([DEFAULT_PIN])
    .describe('Spaces offered as tools of their own, as spaces.lock.json records them; [] for none'),
  others: z
    .enum(['allow', 'pinned-only', 'off'])
    .default('allow')
    .describe('May space_call run Spaces that are not pinned?'),
  local: z
    .array(origin)
    .default([])
    .describe(
      'Origins of apps outside the Hub that may be used without asking, such as http://192.168.0.10:7860 or https://*.gradio.live; pinned ones always may',
    ),
  logins: z
    .array(appLogin)
    .default([])
    .describe('Apps with a login of their own whose password a command prints; `hugwire spaces login` stores others'),
  waitSeconds: z
    .number()
    .min(0)
    .max(600)
    .default(45)
    .describe('How long a call waits before it answers with a job handle'),
  maxSeconds: z.number().min(1).max(86_400).default(600).describe('How long a Space may run at most'),
});

// The client chooses where hugwire is started, so a relative path would mean something else in each.
const directory = z
  .string()
  .refine((path) => isAbsolute(expandHome(path)), 'must be absolute, or begin with ~/')
  .superRefine((path, { addIssue }) => {
    const trap = explainPathTrap(path);
    if (trap !== undefined) addIssue(`it ${trap}`);
  });

const files = z.strictObject({
  readFrom: z.array(directory).default([]).describe('Directories whose files may be sent to a Space or the Hub'),
  saveTo: directory.default(defaultSaveDirectory).describe('Directory for the files that Spaces return'),
  maxMegabytes: z
    .number()
    .min(1)
    .max(10_000)
    .default(200)
    .describe(
      'How large a file may be that is sent to a Space or saved from one; all that a call saves: twice as much',
    ),
  inlineImageBytes: z
    .number()
    .int()
    .min(0)
    .max(700_000)
    .default(500_000)
    .describe('Images up to this size are also shown inline'),
});

const REPO_PATTERN = /^(?:(?:models|datasets|spaces)\/)?[\w.-]+\/(?:[\w.-]+|\*)$/;

const write = z.strictObject({
  allow: z
    .array(z.string().regex(REPO_PATTERN, 'must be like ada/notes, datasets/ada/* or ada/*'))
    .default([])
    .describe('Repositories that are written to without a question: ada/notes, datasets/ada/*, ada/* for all of ada'),
});

const jobs = z.strictObject({
  maxCost: z
    .number()
    .min(0)
    .max(10_000)
    .default(1)
    .describe('What a job may cost at most, in US dollars: price of its hardware × its time limit'),
});

const download = z.strictObject({
  askAbove: z
    .union([
      z.number().min(0),
      z.string().refine((text) => parseBytes(text) !== undefined, 'must be like 500 MB or 2 GB'),
    ])
    .default('100 MB')
    .describe('Downloads of more than this are asked about each time: 500 MB, 2 GB; a bare number is megabytes'),
  allow: z
    .array(directory)
    .default([])
    .describe(
      'Directories that hub_download may write to without a question, beside files.saveTo and the shared cache',
    ),
});

const cache = z.strictObject({
  enabled: z.boolean().default(true).describe('Keep answers of the Hub on disk, for speed and for when it fails'),
  maxMegabytes: z.number().min(1).max(100_000).default(200).describe('How large the cache may grow'),
});

const sessions = z.strictObject({
  record: z.boolean().default(true).describe('Keep a journal of every session on this machine'),
  keepDays: z.number().int().min(1).max(3650).default(30).describe('Days that journals and conversations are kept'),
});

/** What the names of profiles and of keys look like. */
export const KEY_NAME = /^[A-Za-z0-9][\w-]{0,39}$/;

const limit = z.strictObject({
  perMinute: z.number().int().min(1).max(10_000).optional().describe('Calls that may begin within a minute'),
  atOnce: z.number().int().min(1).max(100).optional().describe('Calls that may run at the same time'),
});

const limits = z.record(z.string(), limit).describe('Limits by tool or toolset; "all" is for all calls together');

/** A key that opens the HTTP server, but for its name. */
export const httpKey = z.strictObject({
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of a key, in hex')
    .describe('SHA-256 of the key, in hex; the key itself is kept nowhere'),
  profile: z.string().optional().describe('Profile that is laid over the config for whoever has the key'),
  limits: limits.optional().describe('As `limits`: wins over it for whoever has the key'),
  approve: z
    .boolean()
    .optional()
    .describe('Whether who has the key may agree to what assistants ask; unless told, a key without a profile may'),
  assistants: z
    .array(z.string().min(1))
    .optional()
    .describe('Names of the assistants that the key is good for; all, unless told'),
});

const http = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Where `hugwire serve --http` listens'),
  port: z.number().int().min(0).max(65_535).default(3000).describe('0 takes a free one'),
  auth: z
    .enum(['local', 'anonymous', 'hub-token'])
    .optional()
    .describe(
      'Who may call: local (the default): who has a key of this server; anonymous: anyone, without your token; hub-token: who sends a token of the Hub, which is used for them',
    ),
  keys: z
    .record(z.string().regex(KEY_NAME, 'must be letters, digits, - and _, at most 40'), httpKey)
    .default({})
    .describe('auth "local": keys by name, beside those that `hugwire http keys` makes'),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .refine((value) => !/[?#@]/.test(value), 'must not contain a name, a password or a query')
    .optional()
    .describe('The address of /mcp as clients see it, where a proxy stands in front'),
  hosts: z
    .array(
      z
        .string()
        .toLowerCase()
        .regex(/^[\w.-]+$/, 'must be a name without a port'),
    )
    .default([])
    .describe('More names, without ports, that clients may ask for in Host'),
  origins: z.array(origin).default([]).describe('Web pages that may call'),
  perMinute: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(600)
    .describe('Requests within a minute of one key or account, or of one address where nobody has a name'),
  metricsPort: z
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe('Serves /metrics for Prometheus, on 127.0.0.1 alone and without a key; 0 takes a free port'),
  proxies: z
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe('How many proxies stand in front: they say in X-Forwarded-For where a request comes from'),
  sessions: z
    .boolean()
    .default(false)
    .describe(
      'Keep sessions for clients of revisions up to 2025-11-25: changes of the tool list and questions reach them',
    ),
  sse: z.boolean().default(false).describe('Serve HTTP+SSE too, for clients of revision 2024-11-05'),
  state: z
    .string()
    .regex(/^(?:memory$|rediss?:\/\/)/, 'must be memory, or an address such as redis://127.0.0.1:6379')
    .default('memory')
    .describe(
      'What several instances of the server share: memory for a single one, or the address of Redis or Valkey. One with a password belongs in HUGWIRE_STATE',
    ),
});

/** Where the key of a model's server is; never the key itself. */
const apiKey = z.strictObject({
  source: z
    .enum(['none', 'env', 'file', 'command'])
    .default('none')
    .describe('Where the key of the server is read from; it is sent to endpointUrl alone'),
  name: z.string().min(1).optional().describe('source "env": name of the variable'),
  path: z.string().min(1).optional().describe('source "file": path of the file'),
  command: z.string().min(1).optional().describe('source "command": the first line that it prints is the key'),
});

const turnLimits = z.strictObject({
  steps: z.number().int().min(1).max(100).default(12).describe('Requests to the model within one turn'),
  seconds: z.number().min(1).max(86_400).default(300).describe('How long one turn may take'),
  tokens: z.number().int().min(1).optional().describe('Tokens of one turn, questions and answers together'),
  tokensPerDay: z.number().int().min(1).optional().describe('Tokens of one assistant within a day'),
});

const assistants = z.strictObject({
  model: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'Model of assistants that name none, as its server calls it; demo is a scripted one that needs no server',
    ),
  provider: z
    .string()
    .regex(/^[a-z][\w-]{0,40}$/, 'must be auto, fastest, cheapest, preferred or a provider such as groq')
    .optional()
    .describe(
      'Ask the router of Hugging Face, which then gets your token: auto, fastest, cheapest, preferred, or a provider such as groq',
    ),
  endpointUrl: z
    .url({ protocol: /^https?$/ })
    .refine((value) => !/^\w+:\/\/[^/]*@/.test(value), 'must hold no name and no password')
    .optional()
    .describe(
      'A server that speaks chat completions, such as http://127.0.0.1:8080/v1; wins over provider, and never gets the token',
    ),
  apiKey: apiKey.prefault({}),
  billTo: z
    .string()
    .regex(/^[\w.-]{1,100}$/, 'must be the name of an organisation')
    .optional()
    .describe('Organisation that pays for what the router is asked'),
  guests: z
    .boolean()
    .default(false)
    .describe(
      'http.auth "hub-token": whether guests may use the model of this config; else they use the router, with their own token',
    ),
  timeoutSeconds: z.number().min(1).max(300).default(240).describe('How long a model may be silent'),
  contextTokens: z
    .number()
    .int()
    .min(500)
    .optional()
    .describe('Tokens of a conversation that a model is sent at most, below its window'),
  limits: turnLimits.prefault({}),
  tools: z
    .record(z.string(), z.enum(['allow', 'ask', 'deny']))
    .default({})
    .describe(
      'What assistants may do, by tool, toolset or *: allow, ask, deny. Unless told: read without asking, ask before the rest',
    ),
});

/** What a source cannot do without. */
const KEY_NEEDS = { none: undefined, env: 'name', file: 'path', command: 'command' } as const;

const sections = z.strictObject({
  $schema: z.string().optional(),
  token: token
    .superRefine((value, ctx) => {
      const needed = TOKEN_NEEDS[value.source];
      if (needed && value[needed] === undefined) {
        ctx.addIssue({ code: 'custom', path: [needed], message: `source "${value.source}" needs it` });
      }
    })
    .prefault({}),
  hub: hub.prefault({}),
  tools: tools.prefault({}),
  spaces: spaces.prefault({}),
  files: files.prefault({}),
  write: write.prefault({}),
  jobs: jobs.prefault({}),
  download: download.prefault({}),
  cache: cache.prefault({}),
  sessions: sessions.prefault({}),
  http: http.prefault({}),
  assistants: assistants
    .superRefine(({ apiKey: key }, ctx) => {
      const needed = KEY_NEEDS[key.source];
      if (needed && key[needed] === undefined) {
        ctx.addIssue({ code: 'custom', path: ['apiKey', needed], message: `source "${key.source}" needs it` });
      }
    })
    .prefault({}),
  limits: limits.default({}),
});

/** What a profile may say: the same sections, without defaults, so that what it leaves out stays as it is. */
const makeProfile = () =>
  z.strictObject({
    token: withoutDefaults(token),
    hub: withoutDefaults(hub),
    tools: withoutDefaults(tools),
    spaces: withoutDefaults(spaces),
    files: withoutDefaults(files),
    write: withoutDefaults(write),
    jobs: withoutDefaults(jobs),
    download: withoutDefaults(download),
    cache: withoutDefaults(cache),
    sessions: withoutDefaults(sessions),
    http: withoutDefaults(http),
    assistants: withoutDefaults(assistants),
    limits: limits.optional(),
  });
const profile = z.lazy(makeProfile);

/** `config.json`: the single source of its types, defaults, JSON Schema and docs. */
export const configSchema = sections
  .extend({
    profiles: z
      .record(z.string().regex(KEY_NAME, 'must be letters, digits, - and _, at most 40'), profile)
      .default({})
      .describe('Sets of changes by name, for --profile: what a profile says wins over the same key of the file'),
  })
  .superRefine(({ profiles, ...base }, ctx) => {
    for (const [name, { profile }] of Object.entries(base.http.keys)) {
      if (profile === undefined || Object.hasOwn(profiles, profile)) continue;
      ctx.addIssue({
        code: 'custom',
        message: 'must be the name of a profile',
        path: ['http', 'keys', name, 'profile'],
      });
    }
    // What is wrong without the profile is told once, where it stands.
    const told = new Set(sections.safeParse(base).error?.issues.map(({ path }) => path.join('.')));
    for (const [name, changes] of Object.entries(profiles)) {
      const { error } = sections.safeParse(overlay(base, changes));
      for (const { message, path } of error?.issues.filter(({ path }) => !told.has(path.join('.'))) ?? []) {
        ctx.addIssue({ code: 'custom', message, path: ['profiles', name, ...path] });
      }
    }
  });

type WithoutDefaults<Shape extends z.ZodRawShape> = z.ZodOptional<z.ZodType<Partial<z.output<z.ZodObject<Shape>>>>>;

/** A section whose keys may all be left out, and then are not there; so in the sections within it. */
function withoutDefaults<Shape extends z.ZodRawShape>(section: z.ZodObject<Shape>): WithoutDefaults<Shape> {
  const fields = Object.entries(section.shape as unknown as Record<string, z.ZodType>).map(([key, type]) => {
    const inner = type instanceof z.ZodDefault || type instanceof z.ZodPrefault ? (type.unwrap() as z.ZodType) : type;
    const bare: z.ZodType = inner instanceof z.ZodObject ? withoutDefaults(inner) : inner.optional();
    return [key, bare.describe(type.description ?? '')];
  });
  return z.strictObject(Object.fromEntries(fields)).optional() as unknown as WithoutDefaults<Shape>;
}

/** The configuration with every default filled in. */
export type Config = z.output<typeof configSchema>;
export type PinnedSpace = z.output<typeof pinnedSpace>;

/** The JSON Schema (draft 2020-12) of `config.json`: keys may be left out, as in the file. */
export function configJsonSchema(): Record<string, unknown> {
  return { title: 'Configuration of hugwire', ...z.toJSONSchema(configSchema, { io: 'input' }) };
}

/**
 * Lays one JSON value over another: objects merge key by key at every depth; anything else, lists too, is replaced as a
 * whole. Neither value is changed.
 * @param base what counts where `over` says nothing
 * @param over what wins; a key that is undefined says nothing
 */
function overlay<Base>(base: Base, over: unknown): Base {
  if (over === undefined) return base;
  if (!isObject(base) || !isObject(over)) return over as Base;
  const keys = [...new Set([...Object.keys(base), ...Object.keys(over)])];
  return Object.fromEntries(keys.map((key) => [key, overlay(base[key], over[key])])) as Base;
}

/**
 * The configuration with a profile laid over it: each key of the profile wins over the same key of the file, objects
 * merge, lists replace.
 * @param config the whole file, with its defaults
 * @param name of the profile; unset: the file as it is
 * @throws HugwireError `invalid_arguments` when there is no such profile; it names those there are
 */
export function applyProfile(config: Config, name: string | undefined): Config {
  if (name === undefined) return config;
  const { profiles, ...base } = config;
  return { ...overlay(base, findProfile(config, name)), profiles };
}

function findProfile({ profiles }: Config, name: string): Config['profiles'][string] {
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined;
  if (found) return found;
  const names = Object.keys(profiles);
  throw new HugwireError('invalid_arguments', `There is no profile "${name}" in the config.`, {
    hint: names.length > 0 ? `There are: ${names.join(', ')}.` : PROFILES_HINT,
  });
}

const PROFILES_HINT = 'Make one, such as: hugwire config set profiles.work.tools.readOnly true';
