import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type {
  Implementation,
  JSONRPCMessage,
  JSONRPCRequest,
  JSONRPCResponse,
  MessageExtraInfo,
  RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import { isObject } from '../lib/json.js';
import { cleanLine } from '../lib/text.js';
import type { SessionClient } from '../sessions/recorder.js';
import { RETRY, type Retry } from './rounds.js';
import { capabilitiesOf, MODERN, meta, Subscriptions } from './subscriptions.js';

/** How long a client may keep the tool list: short, since a change of the config changes it. */
const TTL_MS = 60_000;
/** A session goes on while it is read. */
const RESOURCE_TTL_MS = 1000;
const CACHEABLE = /\/list$|^resources\/read$/;

interface EraOptions {
  serverInfo: Implementation;
  instructions: string;
  /** Whether there is anything to read beside the tools. */
  resources?: unknown;
  /** Told who is on the line: with `initialize`, and with every request of revision 2026-07-28. */
  onClient?(client: SessionClient): void;
}

/**
 * Serves protocol revision 2026-07-28 beside all earlier ones on one transport. The SDK (v1) knows only revisions that
 * begin with `initialize`, but answers requests that come without it; so it is enough to answer `server/discover` and
 * `subscriptions/listen` here and to add to every modern result the fields that the revision demands.
 * @see https://modelcontextprotocol.io/specification/2026-07-28
 */
export class EraTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage, extra?: MessageExtraInfo) => void;
  readonly #inner: Transport;
  readonly #options: EraOptions;
  /** Modern requests that the SDK has not answered yet, with their methods. */
  readonly #open = new Map<RequestId, string>();
  readonly #subscriptions: Subscriptions;
  /** An `initialize` that the SDK has not answered yet: the answer has the revision that both agree on. */
  #initialize?: JSONRPCRequest;
  /** Whether a client of an earlier revision is on the line: only such a one may be told without having subscribed. */
  #legacy = false;

  /**
   * @param inner the transport that carries the lines
   * @param options what `server/discover` tells
   */
  constructor(inner: Transport, options: EraOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#subscriptions = new Subscriptions((message) => this.#inner.send(message));
  }

  async start(): Promise<void> {
    this.#inner.onclose = () => this.onclose?.();
    this.#inner.onerror = (error) => this.onerror?.(error);
    this.#inner.onmessage = (message, extra) => this.#receive(message, extra);
    await this.#inner.start();
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if ('method' in message) {
      const changed = message.method === 'notifications/tools/list_changed';
      if (changed) await this.#subscriptions.toolsChanged();
      return changed && !this.#legacy ? undefined : this.#inner.send(message);
    }
    this.#meet(message);
    const method = message.id === undefined ? undefined : this.#open.get(message.id);
    if (method === undefined || message.id === undefined) return this.#inner.send(message);
    this.#open.delete(message.id);
    if (!('result' in message)) return this.#inner.send(message);
    const { _meta, ...fields } = message.result;
    // The SDK adds it to every answer of a tool, also to one that is none yet.
    if (fields.resultType === 'input_required') delete fields.content;
    const result = {
      resultType: 'complete',
      ...(CACHEABLE.test(method) ? { ttlMs: ttlOf(method), cacheScope: 'private' } : {}),
      ...fields,
      _meta: { ...(_meta as object | undefined), [meta('serverInfo')]: this.#options.serverInfo },
    };
    return this.#inner.send({ ...message, result });
  }

  /** Ends the open subscriptions, then the transport. */
  async close(): Promise<void> {
    await this.#subscriptions.close();
    await this.#inner.close();
  }

  #receive(message: JSONRPCMessage, extra?: MessageExtraInfo): void {
    if (!('method' in message)) return this.onmessage?.(message, extra);
    if (!('id' in message)) {
      if (message.method === 'notifications/cancelled') {
        const id = message.params?.requestId as RequestId;
        // The SDK sends no answer to a cancelled request, so nothing else would forget it.
        this.#open.delete(id);
        if (this.#subscriptions.end(id)) return;
      }
      return this.onmessage?.(message, extra);
    }
    const envelope = message.params?._meta as Record<string, unknown> | undefined;
    const version = envelope?.[meta('protocolVersion')];
    if (version === undefined) {
      if (message.method === 'initialize') {
        this.#legacy = true;
        this.#initialize = message;
      }
      return this.onmessage?.(message, extra);
    }
    if (version !== MODERN) {
      return this.#fail(message, -32022, 'Unsupported protocol version', { supported: [MODERN], requested: version });
    }
    if (envelope?.[meta('clientCapabilities')] === undefined) {
      return this.#fail(message, -32602, `Missing ${meta('clientCapabilities')} in _meta`);
    }
    this.#options.onClient?.(readEnvelope(envelope));
    if (message.method === 'server/discover') return this.#discover(message);
    if (message.method === 'subscriptions/listen') return this.#subscriptions.open(message);
    this.#open.set(message.id, message.method);
    this.onmessage?.(keepRetry(message), extra);
  }

  /** Tells of the client whose `initialize` is being answered. */
  #meet(answer: JSONRPCResponse): void {
    if (this.#initialize === undefined || answer.id !== this.#initialize.id) return;
    if ('result' in answer) this.#options.onClient?.(readInitialize(this.#initialize.params, answer.result));
    this.#initialize = undefined;
  }

  #discover({ id }: JSONRPCRequest): void {
    const result = {
      resultType: 'complete',
      supportedVersions: [MODERN],
      capabilities: capabilitiesOf(this.#options),
      instructions: this.#options.instructions,
      ttlMs: TTL_MS,
      cacheScope: 'private',
      _meta: { [meta('serverInfo')]: this.#options.serverInfo },
    };
    void this.#inner.send({ jsonrpc: '2.0', id, result });
  }

  #fail({ id }: JSONRPCRequest, code: number, message: string, data?: unknown): void {
    void this.#inner.send({ jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } });
  }
}

function ttlOf(method: string): number {
  return method.startsWith('resources/') ? RESOURCE_TTL_MS : TTL_MS;
}

/** Moves the answer to a question where the SDK leaves it alone. */
function keepRetry(request: JSONRPCRequest): JSONRPCRequest {
  const { requestState, inputResponses, ...params } = request.params ?? {};
  const { [RETRY]: _, ..._meta } = params._meta as Record<string, unknown>;
  const retry: Retry | undefined = requestState === undefined ? undefined : { requestState, inputResponses };
  return { ...request, params: { ...params, _meta: { ..._meta, ...(retry ? { [RETRY]: retry } : {}) } } };
}

/**
 * Who has asked to begin, as revisions up to 2025-11-25 have it.
 * @param params of `initialize`
 * @param result its answer, which names the revision
 */
function readInitialize(params: unknown, result: unknown): SessionClient {
  const { clientInfo, capabilities } = isObject(params) ? params : {};
  return describe(clientInfo, capabilities, isObject(result) ? result.protocolVersion : undefined);
}

/**
 * Who sent a request, as revision 2026-07-28 has it.
 * @param envelope `_meta` of the request
 */
function readEnvelope(envelope: Record<string, unknown>): SessionClient {
  const read = (name: string) => envelope[meta(name)];
  return describe(read('clientInfo'), read('clientCapabilities'), read('protocolVersion'));
}

function describe(info: unknown, capabilities: unknown, protocol: unknown): SessionClient {
  const said = isObject(info) ? info : {};
  const read = (value: unknown, length: number) => cleanLine(value, length) || undefined;
  const name = read(said.name, 80);
  const abilities = isObject(capabilities) ? Object.keys(capabilities).slice(0, 20) : undefined;
  return {
    client: name === undefined ? undefined : { name, version: read(said.version, 40), title: read(said.title, 80) },
    protocol: read(protocol, 40),
    capabilities: abilities?.map((ability) => cleanLine(ability, 60)),
  };
}
