import { type Paths, readHubEnvironment } from '../config/paths.js';
import type { Config } from '../config/schema.js';
import { createTokenReader, type FoundToken, type TokenReader } from '../config/token.js';
import { userAgent } from '../engine/runtime.js';
import { HugwireError } from '../lib/errors.js';
import { hostScope, isLoopback } from '../lib/hosts.js';
import { createNetwork } from '../lib/network.js';
import { showName } from '../lib/text.js';
import { ScriptedModel } from './demo-model.js';
import { type ListedModel, listModels, type ModelServer, openModel } from './model.js';
import { TOKEN_PAGE } from './refusals.js';
import type { Model, ModelChoice } from './types.js';

export interface FindOptions {
  config: Config;
  env: NodeJS.ProcessEnv;
  paths: Paths;
  /** Of a guest who calls with a token of the Hub: it alone is used, and only for the router. */
  token?: TokenReader;
  /** The network; the environment's unless told. */
  network?: typeof fetch;
  /**
   * Whether the user lets the router be asked, which gets the token; asked where nothing else answers. Missing: nobody is
   * there to say so.
   * @param source where the token comes from
   */
  mayUseRouter?(source: string): Promise<boolean>;
}

/** A model that was found, and what its server is shown. */
export interface FoundModel {
  model: Model;
  /** `token` of the Hub for the router, `key` for another server; with where it comes from. Unset: nothing is sent. */
  credential?: { kind: 'token' | 'key'; source: string };
  /** All models of that server. @throws when it does not answer with a list */
  list(signal: AbortSignal): Promise<ListedModel[]>;
}

/** @param found where the token or key of the server comes from */
function open(id: string, server: ModelServer, found?: FoundToken): FoundModel {
  const credential =
    found?.value === undefined
      ? undefined
      : ({ kind: server.isRouter ? 'token' : 'key', source: found.source } as const);
  return { model: openModel(id, server), credential, list: (signal) => listModels(server, signal) };
}

const ROUTER = 'https://router.huggingface.co/v1';
/** Taken where nobody names one, if the router has it. */
const ROUTER_MODEL = 'Qwen/Qwen3-32B';
/** Policies of the router that need not be said. */
const UNSAID = new Set(['auto', 'fastest']);

/** Where servers of models listen on this machine unless they are told otherwise. */
const LOCAL_SERVERS: readonly [program: string, port: number][] = [
  ['llama.cpp', 8080],
  ['Ollama', 11434],
  ['LM Studio', 1234],
  ['vLLM', 8000],
];
/** Whoever listens on this machine and has a list answers at once. */
const LOCAL_MS = 1500;

/**
 * Finds the model that is to answer: the one that the assistant names, else the config's, else what runs on this machine,
 * else the router, if the user lets it have the token.
 * @param choice of the assistant, or of the command line
 * @param options the config and environment
 * @param signal ends the search
 * @throws HugwireError `not_found` with what to do for a model; `offline`, `blocked`, `invalid_arguments`
 */
export async function findModel(choice: ModelChoice, options: FindOptions, signal: AbortSignal): Promise<FoundModel> {
  const { assistants } = options.config;
  const said = { ...choice, ...readShorthand(choice) };
  if ((said.model ?? assistants.model) === 'demo') return { model: new ScriptedModel(), list: async () => [] };
  const own = said.endpointUrl !== undefined || said.provider !== undefined;
  const model = said.model ?? (own ? undefined : assistants.model);
  const place = own ? said : assistants;
  if (place.endpointUrl !== undefined) {
    const key = own ? constantKey(said.apiKey) : undefined;
    return openEndpoint(place.endpointUrl, model, key, options, signal);
  }
  if (place.provider !== undefined) return openRouter(place.provider, model, options, signal);
  const local = await findLocal(model, options, signal);
  if (local.found) return local.found;
  const token = await readHubToken(options);
  const offline = isOffline(options);
  if (!offline && token.value !== undefined && (await options.mayUseRouter?.(token.source))) {
    return openRouter('auto', model, options, signal);
  }
  throw nothingFound({ model, local: local.listed, token, offline });
}

/** An address in place of a model's name, and a name with the router's suffix. */
function readShorthand({ model = '', provider, endpointUrl }: ModelChoice): Partial<ModelChoice> {
  if (/^https?:\/\//.test(model)) return { model: undefined, endpointUrl: model };
  // `owner/name:policy`; names of Ollama have a tag there, but mostly no owner.
  const [, id, suffix] = /^([\w.-]{1,100}\/[\w.-]{1,100}):([a-z][\w-]{0,40})$/.exec(model) ?? [];
  if (id === undefined || endpointUrl !== undefined || provider !== undefined) return {};
  return ROUTER_POLICIES.has(suffix ?? '') ? { model: id, provider: suffix } : {};
}

const ROUTER_POLICIES = new Set(['auto', 'fastest', 'cheapest', 'preferred']);

function isOffline({ env, config }: FindOptions): boolean {
  return readHubEnvironment(env).offline || config.hub.offline;
}

async function readHubToken({ config, env, paths, token }: FindOptions): Promise<FoundToken> {
  return (token ?? createTokenReader(config.token, env, paths))();
}

function serverOptions({ config, env, network }: FindOptions) {
  return {
    silenceMs: config.assistants.timeoutSeconds * 1000,
    network: network ?? createNetwork(env),
    userAgent: userAgent(readHubEnvironment(env)),
  };
}

async function openRouter(
  provider: string,
  model: string | undefined,
  options: FindOptions,
  signal: AbortSignal,
): Promise<FoundModel> {
  const where = 'the Hugging Face router';
  if (isOffline(options)) throw offline(where);
  const { config, env, paths } = options;
  const key = options.token ?? createTokenReader(config.token, env, paths);
  const found = await key();
  if (found.value === undefined) {
    throw new HugwireError(
      'unauthorized',
      `The Hugging Face router wants a token, and there is none: ${found.source}.`,
      {
        hint: found.advice ?? `Make one at ${TOKEN_PAGE}, then run \`hf auth login\`, or set HF_TOKEN.`,
      },
    );
  }
  const { billTo } = config.assistants;
  const server: ModelServer = {
    ...serverOptions(options),
    base: new URL(ROUTER),
    where,
    isRouter: true,
    key,
    headers: billTo === undefined ? {} : { 'x-hf-bill-to': billTo },
  };
  const id = model ?? (await chooseRouterModel(server, signal));
  const name = UNSAID.has(provider) || id.includes(':') ? id : `${id}:${provider}`;
  return open(name, server, found);
}

async function chooseRouterModel(server: ModelServer, signal: AbortSignal): Promise<string> {
  const able = (await listModels(server, signal).catch(() => [])).filter(({ callsTools }) => callsTools);
  return able.some(({ id }) => id === ROUTER_MODEL) ? ROUTER_MODEL : (able[0]?.id ?? ROUTER_MODEL);
}

/** @param key of the assistant; the config's where it is undefined and the address is the config's */
async function openEndpoint(
  address: string,
  model: string | undefined,
  key: TokenReader | undefined,
  options: FindOptions,
  signal: AbortSignal,
): Promise<FoundModel> {
  const base = readBase(address);
  if (isOffline(options) && !isLoopback(base)) throw offline(base.origin);
  const { config, env, paths } = options;
  const isOurs = address === config.assistants.endpointUrl;
  const { apiKey } = config.assistants;
  const reader = key ?? (isOurs && apiKey.source !== 'none' ? createTokenReader(apiKey, env, paths) : undefined);
  const found = await reader?.();
  if (found?.value !== undefined) await refuseHubToken(found, base, options, key === undefined);
  const server: ModelServer = {
    ...serverOptions(options),
    base,
    where: `${base.origin}${base.pathname}`,
    isRouter: false,
    key: reader,
  };
  return open(model ?? (await firstModel(server, signal)), server, found);
}

const constantKey = (value: string | undefined): TokenReader | undefined =>
  value === undefined ? undefined : async () => ({ value, source: 'the assistant' });

/** Without a path the usual one is meant; people paste the whole address of a request, too. */
function readBase(address: string): URL {
  const base = URL.canParse(address) ? new URL(address) : undefined;
  if (!base || !/^https?:$/.test(base.protocol) || base.username || base.password) {
    throw new HugwireError('invalid_arguments', 'The address of the model is not one that can be asked.', {
      hint: 'Write it as http://127.0.0.1:8080/v1, without a name and a password.',
    });
  }
  if (hostScope(base.hostname) === 'reserved') {
    throw new HugwireError('blocked', `${base.host} is an address that no server of models has: nothing was sent.`);
  }
  base.hash = '';
  base.pathname = base.pathname.replace(/\/{1,10}$/, '').replace(/\/chat\/completions$/, '') || '/v1';
  return base;
}

/**
 * The token of the Hub goes to the router alone. Endpoints that a user rents of Hugging Face take it too, where the user's own
 * config says so.
 */
async function refuseHubToken(
  { value, source }: FoundToken,
  base: URL,
  options: FindOptions,
  isOwnConfig: boolean,
): Promise<void> {
  const isRented = base.protocol === 'https:' && base.hostname.endsWith('.endpoints.huggingface.cloud');
  if (isRented && isOwnConfig) return;
  const hubToken = (await readHubToken(options)).value;
  if (value !== hubToken && !/^hf_/.test(value ?? '')) return;
  throw new HugwireError(
    'blocked',
    `The key from ${source} is a token of the Hub, which ${base.host} does not get: nothing was sent.`,
    {
      hint: 'Give that server a key of its own, or use the router: `hugwire config set assistants.provider auto`.',
    },
  );
}

async function firstModel(server: ModelServer, signal: AbortSignal): Promise<string> {
  const listed = await listModels(server, signal).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new HugwireError('unavailable', `${server.where} does not say which models it has.`, {
      hint: 'Check that the server runs there, or name the model: `hugwire config set assistants.model NAME`.',
      cause,
    });
  });
  const [first] = listed.filter(isForChat);
  if (first) return first.id;
  throw new HugwireError('not_found', `${server.where} has no model to talk to.`, {
    hint: 'Load one there, or name it: `hugwire config set assistants.model NAME`.',
  });
}

/** Servers list what makes vectors, sounds and texts of sounds beside it. */
const isForChat = ({ id }: ListedModel) => !/embed|rerank|whisper|(?:^|[-_/])tts|bge-|minilm|clip-/i.test(id);

interface LocalSearch {
  found?: FoundModel;
  /** All models of all servers. */
  listed: string[];
}

/** The first server of this machine that has the model, or any where none is named. */
async function findLocal(model: string | undefined, options: FindOptions, signal: AbortSignal): Promise<LocalSearch> {
  const shared = serverOptions(options);
  const servers = LOCAL_SERVERS.map(([program, port]): ModelServer => {
    const base = new URL(`http://127.0.0.1:${port}/v1`);
    return { ...shared, base, where: `${program} at ${base.origin}${base.pathname}`, isRouter: false };
  });
  const lists = await Promise.all(servers.map((server) => listModels(server, signal, LOCAL_MS).catch(() => [])));
  const answers = servers.map((server, at) => ({ server, models: (lists[at] ?? []).filter(isForChat) }));
  const fits = ({ models }: { models: ListedModel[] }) =>
    models.find(({ id }) => model === undefined || id === model || id === `${model}:latest`);
  const first = answers.find(fits);
  const id = first && fits(first)?.id;
  return {
    found: first && id !== undefined ? open(id, first.server) : undefined,
    listed: answers.flatMap(({ models }) => models.map((one) => one.id)),
  };
}

function offline(where: string): HugwireError {
  return new HugwireError('offline', `hugwire is set to offline, so ${where} was not asked.`, {
    hint: 'A model on this machine still answers: start llama-server, Ollama or LM Studio, and name it: `hugwire config set assistants.endpointUrl http://127.0.0.1:8080/v1`.',
  });
}

interface Nothing {
  model?: string;
  /** What the servers of this machine have. */
  local: string[];
  token: FoundToken;
  offline: boolean;
}

/** Says how to come by a model; the ways that cost nothing first. */
function nothingFound({ model, local, token, offline: isOff }: Nothing): HugwireError {
  const name = model === undefined ? 'a model' : showName(model);
  const servers = LOCAL_SERVERS.map(([program, port]) => `${program} (${port})`).join(', ');
  const message =
    local.length > 0
      ? `No server of models on this machine has ${name}.`
      : `No model is set up, and none answers on this machine: ${servers}.`;
  const ways = [
    local.length > 0 && `Take one that is there: \`-m ${local[0]}\`.`,
    local.length === 0 && 'Start one, such as `ollama run qwen3` or `llama-server -hf ggml-org/Qwen3-4B-GGUF --jinja`.',
    !isOff &&
      (token.value === undefined
        ? `Or let Hugging Face run it: make a token at ${TOKEN_PAGE}, run \`hf auth login\` and \`hugwire config set assistants.provider auto\`.`
        : `Or let Hugging Face run it, with the token from ${token.source}: \`hugwire config set assistants.provider auto\`.`),
    'To see how it works without a model: `hugwire chat --demo`.',
  ];
  return new HugwireError('not_found', message, { hint: ways.filter(Boolean).join('\n') });
}
