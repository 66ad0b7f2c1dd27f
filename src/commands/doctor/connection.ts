import { lookup } from 'node:dns/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { explainStranger } from '../../hub/client/failures.js';
import { readWindow } from '../../hub/client/limits.js';
import type { RateWindow } from '../../hub/types.js';
import { type HugwireError, toHugwireError } from '../../lib/errors.js';
import { readBody } from '../../lib/http.js';
import { explainNoAnswer, isWebPage, type ProxySettings, proxyFor, timedOut } from '../../lib/network.js';

/** The steps to an answer, in order. Through a proxy, name and connection are the proxy's. */
export type ConnectionStep = 'name' | 'connection' | 'TLS' | 'answer';

/** How far a request gets, and how long each step takes. */
export interface ConnectionTrace {
  /** Milliseconds by step, as far as it came. */
  steps: Partial<Record<ConnectionStep, number>>;
  /** The step that failed, and why. */
  failed?: ConnectionStep;
  error?: HugwireError;
  /** Host and port of the proxy that was used; never its password. */
  proxy?: string;
  /** HTTP status of the answer. */
  status?: number;
  /** Why it is not the Hub's. */
  stranger?: HugwireError;
  /** Where the server redirected the request, if elsewhere. */
  redirect?: URL;
  /** Milliseconds by which the server's clock is behind this one; a second means nothing. */
  skewMs?: number;
  window?: RateWindow;
}

interface TraceOptions {
  network: typeof fetch;
  proxies?: ProxySettings;
  userAgent: string;
  /** Time limit of each step, milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** A small page that the Hub serves to everybody. */
const PATH = '/api/models?limit=1';
const MAX_PAGE_BYTES = 64 * 1024;

/**
 * Connects to the Hub step by step, without any token, to tell apart what keeps it from being reached.
 * @param endpoint the Hub
 * @param options the network and its limits
 * @returns also when a step fails; never throws
 */
export async function traceConnection(endpoint: string, options: TraceOptions): Promise<ConnectionTrace> {
  const url = new URL(`${endpoint.replace(/(?<!\/)\/+$/, '')}${PATH}`);
  let proxy: string | undefined;
  try {
    proxy = options.proxies && proxyFor(url, options.proxies);
  } catch (error) {
    return { steps: {}, failed: 'connection', error: toHugwireError(error) };
  }
  const first = proxy === undefined ? url : new URL(proxy);
  const trace: ConnectionTrace = { steps: {}, proxy: proxy === undefined ? undefined : first.host };
  let socket: Socket | undefined;
  const step = async <Result>(
    name: ConnectionStep,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> => {
    trace.failed = name;
    const begun = performance.now();
    const result = await limited(work, first.host, options);
    trace.steps[name] = performance.now() - begun;
    return result;
  };
  try {
    const host = first.hostname.replace(/^\[|\]$/g, '');
    await step('name', () => lookup(host));
    // By name, so that all addresses are tried, as a request does.
    socket = await step('connection', (signal) => openSocket(host, portOf(first), signal));
    const plain = socket;
    if (first.protocol === 'https:') await step('TLS', (signal) => secure(plain, host, signal));
    const answer = await step('answer', async (signal) => {
      const headers = { 'user-agent': options.userAgent };
      return readAnswer(await options.network(url, { redirect: 'manual', signal, headers }), url);
    });
    return { ...trace, failed: undefined, ...answer };
  } catch (error) {
    return { ...trace, error: toHugwireError(error) };
  } finally {
    socket?.destroy();
  }
}

async function readAnswer(response: Response, asked: URL): Promise<Partial<ConnectionTrace>> {
  const { status, headers } = response;
  const now = Date.now();
  const date = Date.parse(headers.get('date') ?? '');
  const { bytes } = await readBody(response, { maxBytes: MAX_PAGE_BYTES, truncate: true });
  const body = new TextDecoder().decode(bytes);
  const location = headers.get('location');
  const target = status < 400 && location && URL.canParse(location, asked.href) ? new URL(location, asked) : undefined;
  const isPage = status >= 400 || (status < 300 && isWebPage(headers));
  return {
    status,
    stranger: isPage
      ? explainStranger({ status, headers, ownHeaders: headers, url: asked.href, body }, asked)
      : undefined,
    redirect: target && target.origin !== asked.origin ? target : undefined,
    skewMs: Number.isNaN(date) ? undefined : now - date,
    window: readWindow(headers, now),
  };
}

/** Runs a step under its time limit; what it throws becomes words about the host. */
async function limited<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  host: string,
  { timeoutMs, signal: outer }: TraceOptions,
): Promise<Result> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  outer?.addEventListener('abort', abort);
  const timer = setTimeout(abort, timeoutMs);
  const { signal } = controller;
  try {
    if (outer?.aborted) throw timedOut(host);
    // Looking up a name cannot be stopped, so it is abandoned.
    const late = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(timedOut(host)));
    });
    return await Promise.race([work(signal), late]);
  } catch (error) {
    throw explainNoAnswer(error, host);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  }
}

function openSocket(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port });
    signal.addEventListener('abort', () => socket.destroy());
    socket.once('error', reject).once('connect', () => resolve(socket));
  });
}

function secure(socket: Socket, servername: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const secured = connectTls({ socket, servername: /^[\d.]+$|:/.test(servername) ? undefined : servername });
    signal.addEventListener('abort', () => secured.destroy());
    secured.once('error', reject).once('secureConnect', () => resolve());
  });
}

const portOf = ({ port, protocol }: URL) => Number(port || (protocol === 'https:' ? 443 : 80));
