import type { TokenReader } from '../config/token.js';
import { cancelled, HugwireError } from '../lib/errors.js';
import { formatDuration } from '../lib/format.js';
import { isLoopback } from '../lib/hosts.js';
import { readBody, Watch } from '../lib/http.js';
import { isObject, parseJsonObject } from '../lib/json.js';
import { nearest } from '../lib/nearest.js';
import { explainNoAnswer, isWebPage, MISLED, mayPass } from '../lib/network.js';
import { readEvents } from '../lib/sse.js';
import { cleanText, hide, showName } from '../lib/text.js';
import { sleep } from '../lib/time.js';
import { Deltas } from './deltas.js';
import { atStart, CHECK_ADDRESS, type Judgement, judgeEvent, judgeRefusal, type Refusal } from './refusals.js';
import type { Model, ModelInfo, ModelPiece, ModelRequest, ModelTool } from './types.js';

/** A server that speaks chat completions, and what is sent there. */
export interface ModelServer {
  /** Base address, mostly with /v1 at its end. */
  base: URL;
  /** For people. */
  where: string;
  isRouter: boolean;
  /** Looks the token of the router, or the key of the server up, for every request; unset: nothing is sent. */
  key?: TokenReader;
  /** More headers. */
  headers?: Record<string, string>;
  /** Silence that ends a request. */
  silenceMs: number;
  network: typeof fetch;
  userAgent: string;
}

/** A model as its server lists it. */
export interface ListedModel extends ModelInfo {
  id: string;
  /** The server program, where it says so. */
  program?: string;
}

/** Nobody reads an answer that is longer. */
const LIMITS = { maxMessage: 8 * 1024 * 1024, maxStream: 256 * 1024 * 1024 };
const MAX_REFUSAL_BYTES = 64 * 1024;
const MAX_LIST_BYTES = 16 * 1024 * 1024;
const LIST_MS = 5000;
/** Between the tries, in seconds: loading takes a while. */
const PAUSES = { busy: [1, 3], loading: [1, 2, 4, 8, 15, 30] } as const;
/** Longer one does not wait in silence. */
const MAX_PAUSE_SECONDS = 30;

/**
 * Makes a model of a server.
 * @param id as the server calls it
 * @param server where it runs
 */
export function openModel(id: string, server: ModelServer): Model {
  return new ServedModel(id, server);
}

class ServedModel implements Model {
  readonly id: string;
  readonly where: string;
  readonly #server: ModelServer;
  /** Parameters that the server has refused. */
  readonly #refused = new Set<string>();

  constructor(id: string, server: ModelServer) {
    this.id = id;
    this.where = server.where;
    this.#server = server;
  }

  async info(signal: AbortSignal): Promise<ModelInfo> {
    const listed = (await listModels(this.#server, signal).catch(() => [])).find(({ id }) => id === bareId(this.id));
    const { id: _, program, ...known } = listed ?? { id: '' };
    const ask = program === undefined ? undefined : DETAILS[program];
    return ask ? { ...known, ...(await ask(this, this.#server, signal).catch(() => ({}))) } : known;
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelPiece> {
    let hasBegun = false;
    for (let tries = 0; ; ) {
      try {
        for await (const piece of this.#try(request, signal)) {
          hasBegun = true;
          yield piece;
        }
        return;
      } catch (caught) {
        if (signal.aborted) throw cancelled(caught);
        if (!(caught instanceof Failure)) throw caught;
        const { error, passes, wants, parameter } = caught;
        // What was said cannot be taken back.
        if (hasBegun) throw error;
        if (parameter !== undefined) {
          this.#refused.add(parameter);
          continue;
        }
        const pause = passes && (error.retryAfterSeconds ?? PAUSES[passes][tries]);
        if (pause === undefined || pause > MAX_PAUSE_SECONDS || tries >= PAUSES[passes ?? 'busy'].length) {
          throw wants ? await this.#suggest(error, wants, signal) : error;
        }
        tries += 1;
        await sleep(pause * 1000, signal).catch((cause: unknown) => {
          throw cancelled(cause);
        });
      }
    }
  }

  /** @throws Failure for what the server, or the way to it, gives in place of an answer */
  async *#try(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelPiece> {
    const { where, silenceMs } = this.#server;
    if (signal.aborted) throw cancelled();
    const watch = new Watch(silenceMs, signal);
    const deltas = new Deltas();
    let hasAnswered = false;
    try {
      const { response, asked } = await this.#ask(request, watch.signal);
      hasAnswered = true;
      for await (const chunk of readChunks(response, asked, () => watch.reset())) {
        if (chunk.error !== undefined && chunk.error !== null) throw new Failure(judgeEvent(chunk.error, asked));
        yield* deltas.add(chunk);
      }
    } catch (error) {
      if (signal.aborted || error instanceof Failure || error instanceof HugwireError) throw error;
      // What comes after the end is of no interest.
      if (deltas.finish === undefined) {
        if (watch.expired) throw tooQuiet(where, silenceMs);
        throw hasAnswered
          ? new Failure({ error: brokenOff(where, error), passes: 'busy' })
          : noAnswer(error, this.#server);
      }
    } finally {
      watch.stop();
    }
    yield* deltas.end();
    const { finish, usage } = deltas;
    if (finish === undefined) throw brokenOff(where);
    yield { type: 'end', finish, usage };
  }

  /** Sends the request, once more with another key where the first one was turned down. */
  async #ask(request: ModelRequest, signal: AbortSignal): Promise<{ response: Response; asked: Asked }> {
    const { base, where, isRouter, key, headers, network, userAgent } = this.#server;
    const body = JSON.stringify(this.#write(request));
    let found = await key?.();
    for (let isSecond = false; ; isSecond = true) {
      const value = found?.value;
      const response = await network(below(base, 'chat/completions'), {
        method: 'POST',
        redirect: 'manual',
        signal,
        headers: {
          'content-type': 'application/json',
          accept: 'text/event-stream, application/json',
          'user-agent': userAgent,
          ...headers,
          ...(value === undefined ? {} : { authorization: `Bearer ${value}` }),
        },
        body,
      });
      const credential = value === undefined ? undefined : `${isRouter ? 'token' : 'key'} from ${found?.source}`;
      const hadTools = request.tools.length > 0;
      const asked = { model: showName(this.id), where, host: base.host, isRouter, credential, hadTools };
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel().catch(() => {});
        throw new HugwireError('blocked', `${atStart(where)} redirected the request, which hugwire does not follow.`, {
          hint: isRouter
            ? MISLED
            : 'Give the address that it redirects to: `hugwire config set assistants.endpointUrl ADDRESS`.',
        });
      }
      if (response.ok) return { response, asked };
      if (response.status === 401 && value !== undefined && !isSecond) {
        // `hf auth login`, or a refresh in another process, may just have written a new one.
        found = await key?.(value);
        if (found?.value !== value) continue;
      }
      const { bytes } = await readBody(response, { maxBytes: MAX_REFUSAL_BYTES, truncate: true });
      const said = hide(new TextDecoder().decode(bytes), value);
      const { status } = response;
      const judgement = judgeRefusal({ ...asked, status, headers: response.headers, body: said });
      throw new Failure({ ...judgement, parameter: this.#refusedParameter(status, said, request) });
    }
  }

  /** What can be left out, and is named by a refusal. */
  #refusedParameter(status: number, said: string, request: ModelRequest): string | undefined {
    if (status !== 400 && status !== 422) return undefined;
    const sent = Object.keys(this.#write(request));
    return DISPENSABLE.find((name) => sent.includes(name) && new RegExp(`\\b${name}\\b`).test(said));
  }

  #write({ messages, tools, toolChoice = 'auto', ...request }: ModelRequest): Record<string, unknown> {
    const limit = this.#refused.has('max_tokens') ? 'max_completion_tokens' : 'max_tokens';
    const body = {
      model: this.id,
      messages,
      stream: true,
      stream_options: { include_usage: true },
      ...(tools.length > 0 && {
        tools: tools.map(writeTool),
        // `auto` is what all do unless told, and some servers refuse to be told.
        tool_choice:
          toolChoice === 'auto'
            ? undefined
            : typeof toolChoice === 'object'
              ? { type: 'function', function: { name: toolChoice.name } }
              : toolChoice,
        parallel_tool_calls: request.parallelToolCalls,
      }),
      [limit]: request.maxOutputTokens,
      temperature: request.temperature,
      top_p: request.topP,
      response_format: request.responseFormat,
      reasoning_effort: request.reasoningEffort,
    };
    const kept = Object.entries(body).filter(([name, value]) => value !== undefined && !this.#refused.has(name));
    return Object.fromEntries(kept);
  }

  /** The error, with the name of another model where the server has one that would do. */
  async #suggest(error: HugwireError, wants: 'model' | 'tools', signal: AbortSignal): Promise<HugwireError> {
    const listed = await listModels(this.#server, signal).catch(() => []);
    const able = listed.filter(({ callsTools }) => wants === 'model' || callsTools === true);
    const names = able.map(({ id }) => id).filter((id) => id !== bareId(this.id));
    // Of those with tools any will do; a name that is not there was likely mistyped.
    const other = nearest(bareId(this.id), names) ?? (wants === 'tools' || names.length <= 10 ? names[0] : undefined);
    if (other === undefined) return error;
    const hint = `${error.hint ?? ''} There is ${showName(other)}: \`hugwire config set assistants.model ${other}\`, or \`-m ${other}\`.`;
    return new HugwireError(error.code, error.message, { hint: hint.trim(), cause: error });
  }
}

type Asked = Omit<Refusal, 'status' | 'headers' | 'body'>;

/** Parameters that a request can do without, or that have another name elsewhere. */
const DISPENSABLE = [
  'stream_options',
  'parallel_tool_calls',
  'max_tokens',
  'temperature',
  'top_p',
  'reasoning_effort',
] as const;

/** An answer without a completion. Never leaves this file. */
class Failure {
  readonly error: HugwireError;
  readonly passes?: Judgement['passes'];
  readonly wants?: Judgement['wants'];
  /** What was sent and is refused. */
  readonly parameter?: string;

  constructor({ error, passes, wants, parameter }: Judgement & { parameter?: string }) {
    this.error = error;
    this.passes = passes;
    this.wants = wants;
    this.parameter = parameter;
  }
}

/** Servers want an object with properties, and some know no `$schema`. */
function writeTool({ name, description, parameters, strict }: ModelTool): Record<string, unknown> {
  const { $schema: _, ...schema } = parameters as Record<string, unknown>;
  const whole = { ...schema, type: 'object', properties: schema.properties ?? {} };
  const more = {
    ...(description === undefined ? {} : { description }),
    ...(typeof strict === 'boolean' ? { strict } : {}),
  };
  return { type: 'function', function: { name, ...more, parameters: whole } };
}

/** The chunks of a stream; of a server that does not stream the whole completion. */
async function* readChunks(
  response: Response,
  asked: Asked,
  onBytes: () => void,
): AsyncGenerator<Record<string, unknown>> {
  const type = response.headers.get('content-type') ?? '';
  if (!response.body) return;
  if (!type.includes('event-stream')) {
    const { bytes } = await readBody(response, { maxBytes: LIMITS.maxMessage, onProgress: onBytes });
    const text = new TextDecoder().decode(bytes);
    const whole = parseJsonObject(text);
    if (whole) return yield whole;
    if (isWebPage(response.headers, text))
      throw new Failure(judgeRefusal({ ...asked, status: 200, headers: response.headers, body: text }));
    throw notCompletion(asked);
  }
  for await (const data of readEvents(response.body, LIMITS, onBytes)) {
    if (data.trim() === '[DONE]') return;
    const chunk = parseJsonObject(data);
    if (chunk) yield chunk;
    // Between the chunks some send words of their own.
    else if (/^\s*[{[]/.test(data)) throw notCompletion(asked);
  }
}

function notCompletion({ where }: Asked): HugwireError {
  return new HugwireError('unavailable', `${atStart(where)} answered with something that is not a chat completion.`, {
    hint: CHECK_ADDRESS,
  });
}

function noAnswer(error: unknown, { base, where, isRouter }: ModelServer): Failure {
  const told = explainNoAnswer(error, base.host);
  const passes = mayPass(error) ? 'busy' : undefined;
  if (isRouter) return new Failure({ error: told, passes });
  const isThere = told.code !== 'offline';
  const first = isLoopback(base)
    ? 'Start the server of the model there (llama-server, Ollama, LM Studio, vLLM)'
    : 'Check the address and the network';
  const hint = `${first}, or choose another one: \`hugwire config unset assistants.endpointUrl\` looks for one on this machine.`;
  const own = new HugwireError(told.code, isThere ? told.message : `Nothing answers at ${where}.`, {
    hint,
    cause: error,
  });
  return new Failure({ error: own, passes });
}

function brokenOff(where: string, cause?: unknown): HugwireError {
  return new HugwireError('unavailable', `The answer of ${where} broke off before it was whole.`, {
    hint: 'Ask again. What has come so far is kept.',
    cause,
  });
}

function tooQuiet(where: string, silenceMs: number): HugwireError {
  return new HugwireError('timeout', `${atStart(where)} was silent for ${formatDuration(silenceMs / 1000)}.`, {
    hint: 'Ask again, or choose a smaller model; `hugwire config set assistants.timeoutSeconds 300` waits longer.',
  });
}

/** An address below the base, with the base's query. */
function below(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/{1,10}$/, '')}/${path}`;
  return url;
}

/** A model of the router without its provider or policy. */
const bareId = (id: string): string => id.replace(/:[a-z][\w-]{0,40}$/, '');

/**
 * The models of a server.
 * @param server asked with its key
 * @param signal ends the request; so does a short time limit
 * @throws whatever `fetch` throws; Error when the answer is not a list
 */
export async function listModels(server: ModelServer, signal: AbortSignal, limitMs = LIST_MS): Promise<ListedModel[]> {
  const answer = await askJson(below(server.base, 'models'), server, signal, limitMs);
  const list = Array.isArray(answer.data) ? answer.data : undefined;
  if (!list) throw new Error('no list of models');
  return list.filter(isObject).flatMap((model) => (typeof model.id === 'string' ? [readListed(model, model.id)] : []));
}

async function askJson(
  url: URL,
  { key, headers, network, userAgent }: ModelServer,
  signal: AbortSignal,
  limitMs: number,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const watch = new Watch(limitMs, signal);
  try {
    const value = (await key?.())?.value;
    const response = await network(url, {
      redirect: 'manual',
      signal: watch.signal,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...headers,
        ...(value === undefined ? {} : { authorization: `Bearer ${value}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    const { bytes } = await readBody(response, { maxBytes: MAX_LIST_BYTES, from: url.host });
    const answer = response.ok ? parseJsonObject(new TextDecoder().decode(bytes)) : undefined;
    if (!answer) throw new Error(`no answer of ${url.pathname}`);
    return answer;
  } finally {
    watch.stop();
  }
}

function readListed(model: Record<string, unknown>, id: string): ListedModel {
  const providers = Array.isArray(model.providers) ? model.providers.filter(isObject) : [];
  const live = providers.filter(({ status }) => status === undefined || status === 'live');
  const withTools = live.filter(({ supports_tools }) => supports_tools === true);
  const windows = (withTools.length > 0 ? withTools : live).map(({ context_length }) => size(context_length));
  const modalities = isObject(model.architecture) ? model.architecture.input_modalities : undefined;
  const program = typeof model.owned_by === 'string' ? model.owned_by : undefined;
  // The smallest, since the router chooses; vLLM and OpenRouter tell one.
  const told = windows.filter((one) => one !== undefined);
  const contextLength = told.length > 0 ? Math.min(...told) : (size(model.max_model_len) ?? size(model.context_length));
  return dropUnknown({
    id: cleanText(id, 200),
    program,
    contextLength,
    callsTools: providers.length > 0 ? withTools.length > 0 : undefined,
    readsImages: Array.isArray(modalities) ? modalities.includes('image') : undefined,
  });
}

const size = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : undefined;

function dropUnknown<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Value;
}

type AskDetails = (model: Model, server: ModelServer, signal: AbortSignal) => Promise<ModelInfo>;

/** What llama.cpp, Ollama and LM Studio tell of a model at addresses of their own, by what stands in their lists. */
const DETAILS: Record<string, AskDetails> = {
  async llamacpp(_, server, signal) {
    const { default_generation_settings, modalities, chat_template_caps } = await askJson(
      new URL('/props', server.base),
      server,
      signal,
      LIST_MS,
    );
    const tools = isObject(chat_template_caps) ? chat_template_caps.supports_tools : undefined;
    return dropUnknown({
      contextLength: isObject(default_generation_settings) ? size(default_generation_settings.n_ctx) : undefined,
      readsImages: isObject(modalities) ? modalities.vision === true : undefined,
      callsTools: typeof tools === 'boolean' ? tools : undefined,
    });
  },
  async library(model, server, signal) {
    const { capabilities } = await askJson(new URL('/api/show', server.base), server, signal, LIST_MS, {
      model: model.id,
    });
    // What it may take is not what Ollama gives it; that it says of what is running.
    const { models } = await askJson(new URL('/api/ps', server.base), server, signal, LIST_MS);
    const running = Array.isArray(models)
      ? models.filter(isObject).find(({ model: name, name: other }) => name === model.id || other === model.id)
      : undefined;
    const able = Array.isArray(capabilities) ? capabilities : undefined;
    return dropUnknown({
      contextLength: size(running?.context_length),
      callsTools: able?.includes('tools'),
      readsImages: able?.includes('vision'),
    });
  },
  async organization_owner(model, server, signal) {
    const path = `/api/v0/models/${model.id.split('/').map(encodeURIComponent).join('/')}`;
    const { loaded_context_length, type, capabilities } = await askJson(
      new URL(path, server.base),
      server,
      signal,
      LIST_MS,
    );
    return dropUnknown({
      contextLength: size(loaded_context_length),
      callsTools: Array.isArray(capabilities) ? capabilities.includes('tool_use') : undefined,
      readsImages: typeof type === 'string' ? type === 'vlm' : undefined,
    });
  },
};
