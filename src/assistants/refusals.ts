import { readRetryAfter } from '../hub/client/limits.js';
import { type ErrorCode, HugwireError } from '../lib/errors.js';
import { isObject, parseJson } from '../lib/json.js';
import { explainStrayPage, isWebPage } from '../lib/network.js';
import { cleanLine, showWords } from '../lib/text.js';

/** What a server answered in place of a completion. */
export interface Refusal {
  /** The model that was asked for, and its server for people. */
  model: string;
  where: string;
  host: string;
  isRouter: boolean;
  /** Where the token or key that was sent came from. */
  credential?: string;
  /** Whether tools went with the request. */
  hadTools: boolean;
  status: number;
  headers: Headers;
  /** Without the key. */
  body: string;
}

/** What a refusal means. */
export interface Judgement {
  error: HugwireError;
  /** Whether the same request may succeed in a moment: `loading` takes longer. */
  passes?: 'busy' | 'loading';
  /** What the names of other models would help with. */
  wants?: 'model' | 'tools';
}

/** For what no server of models answers. */
export const CHECK_ADDRESS =
  'Check the address: it mostly ends in /v1, such as http://127.0.0.1:8080/v1. `hugwire config get assistants.endpointUrl` shows it.';

interface Facts extends Refusal {
  /** The server's own words, on one line. */
  said: string;
  /** The words, with the code and the type of the error. */
  all: string;
  /** Tokens of the window, where it is told. */
  window?: number;
}

interface Rule extends Pick<Judgement, 'passes' | 'wants'> {
  when(facts: Facts): boolean;
  code: ErrorCode;
  message(facts: Facts): string;
  hint?(facts: Facts): string;
}

/** Where a token for the router is made. */
export const TOKEN_PAGE =
  'https://huggingface.co/settings/tokens/new?ownUserPermissions=inference.serverless.write&tokenType=fineGrained';
const NEW_TOKEN = `Make one with the permission "Make calls to Inference Providers" at ${TOKEN_PAGE}, then run \`hf auth login\`, or set HF_TOKEN.`;
const OTHER_KEY =
  'Name where its key is: `hugwire config set assistants.apiKey \'{"source":"env","name":"MY_KEY"}\'`, or "apiKey" in the agent.json of the assistant.';

const OVERFLOW =
  /exceed_context|context[ _]?(?:length|size|window)|maximum context|max_model_len|prompt is too long|too many (?:input )?tokens|input (?:is )?too long|inputs? tokens? .{0,60}must/i;
const TOOLS = /tool|function[ _-]?call/i;
const UNABLE =
  /not support|n.t support|unsupported|requires?|without|disabled|not (?:enabled|available|allowed|permitted)|no endpoints|unknown field|extra inputs/i;
const UNKNOWN_MODEL =
  /not supported by any provider|model_not_(?:found|supported)|model .{0,120}(?:not found|not exist|n.t exist|not available|not loaded|unknown)|(?:no such|unknown|invalid) model|try pulling/i;
const CREDITS = /insufficient_quota|exceeded your .{0,60}(?:credit|quota)|included credits|payment required|billing/i;

/** The more telling sign first. */
const RULES: readonly Rule[] = [
  {
    when: ({ status, all }) => status === 413 || (status !== 429 && OVERFLOW.test(all)),
    code: 'too_large',
    message: ({ model, window }) =>
      `The conversation does not fit into the window of ${model}${window ? ` (${window.toLocaleString('en')} tokens)` : ''}.`,
    hint: ({ isRouter }) =>
      isRouter
        ? 'Begin a new conversation, or choose a model with a larger window.'
        : 'Begin a new conversation, or start the server with a larger window (llama-server -c 16384, OLLAMA_CONTEXT_LENGTH=16384).',
  },
  {
    when: ({ hadTools, status, all }) =>
      hadTools && status !== 401 && status !== 403 && status !== 429 && TOOLS.test(all) && UNABLE.test(all),
    // Another try would not help.
    code: 'invalid_arguments',
    message: ({ model, where, said }) => `${model} cannot call tools at ${where}: ${showWords(said)}`,
    hint: ({ isRouter, all }) =>
      /jinja/i.test(all)
        ? 'Start llama-server with --jinja.'
        : /enable-auto-tool-choice/.test(all)
          ? 'Start vLLM with --enable-auto-tool-choice and the --tool-call-parser of the model.'
          : isRouter
            ? 'Choose another model: hub_search finds models, and https://huggingface.co/inference/models says which call tools.'
            : 'Choose a model that does, such as a recent Qwen or Llama with instructions.',
    wants: 'tools',
  },
  {
    when: ({ status, all }) => status === 402 || ((status === 429 || status === 403) && CREDITS.test(all)),
    code: 'quota_exceeded',
    message: ({ where, said }) => `The credits at ${where} are used up${said && `: ${showWords(said)}`}`,
    hint: ({ isRouter }) =>
      isRouter
        ? 'Buy some at https://huggingface.co/settings/billing, bill an organisation (`hugwire config set assistants.billTo NAME`), or use a model on this machine, which costs nothing: start llama-server, Ollama or LM Studio, and run `hugwire config unset assistants.provider`.'
        : 'Look at your account there, or use a model on this machine, which costs nothing.',
  },
  {
    when: ({ status }) => status === 401 || status === 403,
    code: 'unauthorized',
    message: ({ status, where, credential, said }) =>
      credential === undefined
        ? `${atStart(where)} wants a token or key, and none was sent.`
        : status === 401
          ? `${atStart(where)} rejected the ${credential}${said && `: ${showWords(said)}`}`
          : `${atStart(where)} does not let the ${credential} call models${said && `: ${showWords(said)}`}`,
    hint: ({ isRouter }) => (isRouter ? NEW_TOKEN : OTHER_KEY),
  },
  {
    when: ({ status, all }) => status !== 429 && status < 500 && UNKNOWN_MODEL.test(all),
    code: 'not_found',
    message: ({ model, where, all }) =>
      /any provider you have enabled/.test(all)
        ? `No provider that is enabled in your account at ${where} has the model ${model}.`
        : `There is no model ${model} at ${where}.`,
    hint: ({ all, model, isRouter }) =>
      /try pulling|ollama/i.test(all)
        ? `Fetch it with \`ollama pull ${model}\`, or choose another one.`
        : isRouter
          ? 'Choose another one: https://huggingface.co/inference/models lists them, and https://huggingface.co/settings/inference-providers says which providers are enabled.'
          : 'Choose another one.',
    wants: 'model',
  },
  {
    when: ({ status }) => status === 404 || status === 405,
    code: 'not_found',
    message: ({ where, status }) => `Nothing answers chat completions at ${where} (${status}).`,
    hint: () => 'Check the address: it mostly ends in /v1, such as http://127.0.0.1:8080/v1.',
  },
  {
    when: ({ status }) => status === 429,
    code: 'rate_limited',
    message: ({ where }) => `${atStart(where)} takes no more requests for now.`,
    passes: 'busy',
  },
  {
    when: ({ status, all }) => status === 503 && /load/i.test(all),
    code: 'unavailable',
    message: ({ model, where }) => `${atStart(where)} is still loading ${model}.`,
    hint: () => 'Try again when it is ready.',
    passes: 'loading',
  },
  {
    when: ({ status }) => status === 408 || status === 502 || status === 503 || status === 504,
    code: 'unavailable',
    message: ({ where, status, said }) =>
      `${atStart(where)} is not available now (${status})${said && `: ${showWords(said)}`}`,
    hint: () => 'Try again in a minute.',
    passes: 'busy',
  },
  {
    when: ({ status }) => status >= 500,
    code: 'unavailable',
    message: ({ where, status, said }) => `${atStart(where)} failed (${status})${said && `: ${showWords(said)}`}`,
    hint: () => 'Try again, or choose another model.',
  },
  {
    when: () => true,
    code: 'invalid_arguments',
    message: ({ where, status, said }) =>
      `${atStart(where)} refused the request (${status})${said && `: ${showWords(said)}`}`,
    hint: () => 'Choose another model or server.',
  },
];

/**
 * What an answer without a completion means.
 * @param refusal its status, headers and body
 */
export function judgeRefusal(refusal: Refusal): Judgement {
  const { status, headers, body, host, isRouter } = refusal;
  if (isWebPage(headers, body)) {
    const error = explainStrayPage({ asked: host, host, status, body });
    return { error: isRouter ? error : new HugwireError(error.code, error.message, { hint: CHECK_ADDRESS }) };
  }
  const facts = { ...refusal, ...readWords(body) };
  // The last one holds for all.
  const rule = RULES.find(({ when }) => when(facts)) as Rule;
  const retryAfterSeconds = rule.passes && readRetryAfter(headers.get('retry-after'), Date.now());
  const { passes, wants } = rule;
  return {
    passes,
    wants,
    error: new HugwireError(rule.code, rule.message(facts), { hint: rule.hint?.(facts), retryAfterSeconds }),
  };
}

/**
 * What an error within a stream means. Its code is a status, or a word.
 * @param error as the server sent it
 * @param refusal who was asked
 */
export function judgeEvent(error: unknown, refusal: Omit<Refusal, 'status' | 'headers' | 'body'>): Judgement {
  const { code, status } = isObject(error) ? error : {};
  const told = [code, status].map(Number).find((one) => one >= 400 && one < 600) ?? 500;
  return judgeRefusal({ ...refusal, status: told, headers: new Headers(), body: JSON.stringify({ error }) });
}

/** What servers say, in all the places where they say it. */
function readWords(body: string): Pick<Facts, 'said' | 'all' | 'window'> {
  const answer = parseJson(body);
  const error = isObject(answer) ? (answer.error ?? answer) : answer;
  const fields = isObject(error) ? error : {};
  const detail = Array.isArray(fields.detail)
    ? fields.detail.map((one) => (isObject(one) ? one.msg : one))
    : fields.detail;
  const said =
    [error, fields.message, fields.error, detail, Array.isArray(detail) ? detail.join('; ') : undefined].find(
      (one) => typeof one === 'string' && one !== '',
    ) ?? (answer === undefined ? body : '');
  const words = cleanLine(said, 300);
  const codes = [fields.code, fields.type, fields.param].filter((one) => typeof one === 'string');
  const window = Number(fields.n_ctx ?? /(?:context|maximum)[^\d]{0,40}?(\d{3,8})/i.exec(words)?.[1]);
  return { said: words, all: [words, ...codes].join(' '), ...(window > 0 ? { window } : {}) };
}

/**
 * The name of a server at the start of a sentence.
 * @param where such as `the Hugging Face router`, or an address
 */
export const atStart = (where: string): string => where.replace(/^the /, 'The ');
