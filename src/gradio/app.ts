import { cancelled, HugwireError } from '../lib/errors.js';
import { readBody, Watch } from '../lib/http.js';
import { isObject } from '../lib/json.js';
import { readJson } from '../lib/large-json.js';
import { systemCode } from '../lib/system-errors.js';
import { cleanLine, cleanText } from '../lib/text.js';
import { countOmitted, describeEndpoints, type ParameterDocs } from './endpoints.js';
import { loginError, networkError } from './errors.js';
import type { App, AppSite, Endpoint } from './types.js';

/** Some apps carry pictures in their description. */
const MAX_BYTES = 32 * 1024 * 1024;
const STEP_SECONDS = 30;
const DOCS_SECONDS = 5;
const PREFIX = '/gradio_api';

type Json = Record<string, unknown>;

interface Answer {
  status: number;
  type: string;
  /** Undefined when the body is neither a JSON object nor a list. */
  json?: Json;
}

/**
 * Asks a running app what it can do: `/config` and `/info` at once, and the docstrings where it serves MCP.
 * @param net a fetch that cannot leave the app's origin
 * @param site where the app is
 * @throws HugwireError and nothing else, whatever the app answers
 */
export async function loadApp(net: typeof fetch, site: AppSite, signal?: AbortSignal): Promise<App> {
  const ask = (path: string, seconds = STEP_SECONDS) => request(net, site, path, seconds, signal);
  // Both fail for the same reason when one does, and `/config` tells it best.
  const [configAnswer, early] = await Promise.all([ask('/config'), settle(ask(`${PREFIX}/info`))]);
  const config = readConfig(site, configAnswer);
  const apiPrefix = readPrefix(config);
  const version = cleanLine(config.version, 30);
  refuseOldVersion(site, config, version);

  const [info, docs] = await Promise.all([
    apiPrefix === PREFIX ? early : settle(ask(`${apiPrefix}/info`)),
    config.mcp_server === true ? loadDocs(() => ask(`${apiPrefix}/mcp/schema`, DOCS_SECONDS)) : undefined,
  ]);
  // Some Gradio 4 apps fail on /info; /config then has to do.
  const described = info?.status === 200 && info.json ? info.json : {};
  const title = cleanLine(config.title, 120);
  const endpoints = describe({ site, apiPrefix }, config, described, docs);
  const omitted = countOmitted(config, endpoints);
  return {
    site,
    version,
    title: title && title !== 'Gradio' ? title : undefined,
    apiPrefix,
    endpoints,
    ...(omitted > 0 ? { omitted } : {}),
    maxFileSize: readSize(config.max_file_size),
    config,
  };
}

function readSize(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

// Nothing that an app says of itself is hugwire's own fault, not even what no rule of ours foresaw.
function describe(
  { site, apiPrefix }: Pick<App, 'site' | 'apiPrefix'>,
  config: Json,
  info: Json,
  docs?: ParameterDocs,
): Endpoint[] {
  try {
    return describeEndpoints(config, info, docs, `${site.base}${apiPrefix}`);
  } catch (cause) {
    throw new HugwireError('space_broken', `${site.id} describes itself in a way that hugwire cannot read.`, { cause });
  }
}

const DROPPED = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

async function request(
  net: typeof fetch,
  site: AppSite,
  path: string,
  seconds: number,
  signal?: AbortSignal,
): Promise<Answer> {
  const watch = new Watch(seconds * 1000, signal);
  try {
    const ask = () => net(`${site.base}${path}`, { headers: { accept: 'application/json' }, signal: watch.signal });
    // An app closes a connection that it kept just as it is used again, after an error of its own for one.
    const response = await ask().catch((error) => {
      if (watch.signal.aborted || !DROPPED.has(systemCode((error as Error).cause))) throw error;
      return ask();
    });
    const { bytes } = await readBody(response, { maxBytes: MAX_BYTES, what: `The description of ${site.id}` });
    const json = await parseJson(new TextDecoder().decode(bytes), `The description of ${site.id}`);
    return { status: response.status, type: response.headers.get('content-type') ?? '', json };
  } catch (error) {
    if (signal?.aborted) throw cancelled(error);
    if (watch.expired) {
      throw new HugwireError('timeout', `${site.id} did not describe itself within ${seconds} s.`, {
        hint: 'It may be starting up or overloaded; try again in a minute.',
        cause: error,
      });
    }
    throw networkError(site, error);
  } finally {
    watch.stop();
  }
}

async function settle<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch {
    return undefined;
  }
}

// Docstrings are worth a short wait, never a failure.
async function loadDocs(ask: () => Promise<Answer>): Promise<ParameterDocs | undefined> {
  const answer = await settle(ask());
  return answer?.status === 200 ? readParameterDocs(answer.json) : undefined;
}

// An array counts as well: `/mcp/schema` is one.
async function parseJson(text: string, what: string): Promise<Json | undefined> {
  const value = await readJson(text, { what, deep: 'cut' }).catch((error: unknown) => {
    if (error instanceof HugwireError) throw error;
  });
  return typeof value === 'object' && value !== null ? (value as Json) : undefined;
}

function readConfig(site: AppSite, { status, type, json }: Answer): Json {
  if (status === 200 && isObject(json) && Array.isArray(json.dependencies)) return json;
  if (status === 401 && json) {
    throw loginError(site, json.detail);
  }
  if (status === 401 || status === 403 || (status === 404 && site.private)) {
    throw new HugwireError('not_visible', `${site.id} refused access (HTTP ${status}).`, {
      hint: site.private
        ? 'The Space is private: hub_whoami tells whose token is used and whether it may read it.'
        : 'Access to the running app may be limited to its members.',
    });
  }
  if (status >= 500) {
    throw new HugwireError('unavailable', `${site.id} is not answering (HTTP ${status}).`, {
      hint: 'It may be starting up; try again in a minute.',
      retryAfterSeconds: 30,
    });
  }
  if (status === 429) {
    throw new HugwireError('rate_limited', `${site.id} answered that there are too many requests.`, {
      hint: 'Try again in a few minutes.',
      retryAfterSeconds: 60,
    });
  }
  throw new HugwireError('space_broken', `${site.id} ${describeOther(site, status, type)}.`, {
    hint:
      status === 200 && type.includes('html') && site.sdk === 'gradio'
        ? 'The Hub says that it is a Gradio app: the login page of this network may answer in its place (open any website in a browser and log in); else look for another Space with hub_search kinds=["space"].'
        : 'hugwire can only call Gradio apps; hub_search with kinds=["space"] finds others.',
  });
}

function describeOther(site: AppSite, status: number, type: string): string {
  const sdk = site.sdk && site.sdk !== 'gradio' ? ` (the Hub says: ${cleanLine(site.sdk, 20)})` : '';
  if (status !== 200) return `has no Gradio app${sdk}: /config answered HTTP ${status}`;
  return type.includes('html')
    ? `serves a web page, not a Gradio app${sdk}`
    : `answers something that is not a Gradio app${sdk}`;
}

function readPrefix(config: Json): string {
  const prefix = config.api_prefix;
  if (typeof prefix !== 'string') return '';
  const path = prefix.replace(/(?<!\/)\/+$/, '');
  return /^(?:\/[\w-]+)*$/.test(path) ? path : PREFIX;
}

function refuseOldVersion(site: AppSite, config: Json, version: string): void {
  const major = Number.parseInt(version, 10);
  if (config.protocol !== 'ws' && !(major < 4)) return;
  throw new HugwireError('space_broken', `${site.id} runs Gradio ${version || '3'}, which is too old to be called.`, {
    hint: 'hugwire calls Gradio 4 and later; its author has to update it, or look for another Space with hub_search.',
  });
}

const MAX_TEXT = 400;

/**
 * Reads what docstrings say of parameters from the tool list of an app that serves MCP; `/info` does not have it.
 * @param schema answer of `/mcp/schema`: a list of tools, or an object from tool name to input schema
 */
export function readParameterDocs(schema: unknown): ParameterDocs {
  const docs: ParameterDocs = new Map();
  for (const { name, inputs } of listTools(schema)) {
    if (!isObject(inputs) || !isObject(inputs.properties)) continue;
    const texts = new Map<string, string>();
    for (const [parameter, property] of Object.entries(inputs.properties)) {
      const text = isObject(property) && typeof property.description === 'string' ? property.description : '';
      if (text.trim()) texts.set(parameter, cleanText(text, MAX_TEXT).trim());
    }
    if (texts.size > 0) docs.set(name, texts);
  }
  return docs;
}

function listTools(schema: unknown): { name: string; inputs: unknown }[] {
  if (!Array.isArray(schema)) {
    return isObject(schema) ? Object.entries(schema).map(([name, inputs]) => ({ name, inputs })) : [];
  }
  return schema.filter(isObject).flatMap((tool) => {
    // A tool is named after its Python function; `meta` knows the endpoint.
    const endpoint = isObject(tool.meta) ? tool.meta.endpoint_name : undefined;
    const name = typeof endpoint === 'string' ? endpoint : tool.name;
    return typeof name === 'string' ? [{ name: name.replace(/^\/+/, ''), inputs: tool.inputSchema }] : [];
  });
}
