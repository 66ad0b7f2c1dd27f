import { type LookupAllOptions, type LookupOptions, lookup } from 'node:dns';
import { lookup as lookUp } from 'node:dns/promises';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeStream } from 'node:stream/web';
import { setFlagsFromString } from 'node:v8';
import type { HttpsProxyAgent } from 'https-proxy-agent';
import type { BodyInit as SentBody } from 'node-fetch';
import { HugwireError } from './errors.js';
import { hostScope } from './hosts.js';
import { explainSystemError } from './system-errors.js';
import { redact } from './text.js';

/**
 * The `fetch` that every request of hugwire goes through: the platform's own, or, where the environment names a proxy,
 * one that goes through it (Node 20's own knows none). Nothing is loaded before the first request.
 * @param env the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY
 */
export function createNetwork(env: NodeJS.ProcessEnv): typeof fetch {
  let chosen: Promise<typeof fetch> | undefined;
  return async (input, init) => {
    chosen ??= chooseNetwork(env);
    return (await chosen)(input, init);
  };
}

async function chooseNetwork(env: NodeJS.ProcessEnv): Promise<typeof fetch> {
  const proxies = readProxies(env);
  if (proxies) return createProxiedFetch(proxies);
  if (process.versions.node.startsWith('20.')) keepParserSmall();
  return fetch;
}

/**
 * What Node 20's fetch reads HTTP with is WebAssembly. Optimising it takes V8 28 MiB and 80 ms of CPU, and no request is
 * the faster for it.
 */
function keepParserSmall(): void {
  // Loads the code of fetch. With other flags than Node was built with, V8 would compile it anew.
  void globalThis.Headers;
  setFlagsFromString('--liftoff-only');
}

type Dispatcher = NonNullable<RequestInit['dispatcher']>;

let outward: Dispatcher | undefined;

/**
 * What a redirect to another host is followed with: connections that a public name cannot lead to this machine or its
 * network, decided on the address that is connected to. Without it where the redirecting server is itself there, as a
 * company's mirror is.
 * @param from the server that was asked first
 */
export async function redirectDispatcher(from: URL): Promise<Dispatcher | undefined> {
  if (hostScope(from.hostname) !== 'public' || (await leadsInside(from.hostname))) return undefined;
  if (outward) return outward;
  // Node does not export the class that its own fetch is made of; the dispatcher that is in use is one.
  const inUse: unknown = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
  const Agent = (inUse as { constructor: new (options: object) => Dispatcher } | undefined)?.constructor;
  if (Agent?.name === 'Agent') outward = new Agent({ connect: { lookup: lookUpOutside } });
  return outward;
}

/**
 * Whether a name resolves to this machine or its network. One that does not resolve at all does not.
 * @param hostname without brackets
 */
export async function leadsInside(hostname: string): Promise<boolean> {
  const found = await lookUp(hostname, { all: true }).catch(() => []);
  return found.some(({ address }) => isInside(address));
}

/** Names are given addresses for benchmarks by VPN programs that resolve them elsewhere ("fake IP"). */
function isInside(address: string): boolean {
  return hostScope(address) !== 'public' && !/^198\.1[89]\./.test(address);
}

type Found = (error: Error | null, address: unknown, family?: number) => void;

/** `dns.lookup` without the addresses inside. */
function lookUpOutside(hostname: string, options: LookupOptions, done: Found): void {
  lookup(hostname, { ...options, all: true } satisfies LookupAllOptions, (error, found) => {
    if (error) return done(error, []);
    const outside = found.filter(({ address }) => !isInside(address));
    const [first] = outside;
    if (options.all && first) return done(null, outside);
    if (first) return done(null, first.address, first.family);
    const message = `${hostname} leads to this machine or its network, where no redirect is followed.`;
    done(new HugwireError('blocked', message), []);
  });
}

/** The proxies that an environment names. */
export interface ProxySettings {
  http?: string;
  https?: string;
  /** Hosts that are asked directly: `hub.example`, with its subdomains; a port may follow. */
  direct: string[];
}

const THIS_MACHINE = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Reads HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in small letters first, as curl does.
 * @param env the environment
 * @returns undefined when no proxy is to be used at all
 * @throws HugwireError `offline` when a variable holds no address; the value is not told, since it may hold a password
 */
export function readProxies(env: NodeJS.ProcessEnv): ProxySettings | undefined {
  const read = (name: string) => (env[name.toLowerCase()] ?? env[name])?.trim() || undefined;
  const excluded = (read('NO_PROXY') ?? '').split(/[,\s]+/).filter(Boolean);
  const address = (name: string) => toAddress(name, read(name)) ?? toAddress('ALL_PROXY', read('ALL_PROXY'));
  const http = address('HTTP_PROXY');
  const https = address('HTTPS_PROXY') ?? http;
  if ((!http && !https) || excluded.includes('*')) return undefined;
  return { http, https, direct: [...excluded, ...THIS_MACHINE] };
}

/**
 * The proxy for an address.
 * @param url http or https
 * @param settings the proxies
 * @returns undefined when it is asked directly
 */
export function proxyFor(url: URL, { http, https, direct }: ProxySettings): string | undefined {
  const proxy = url.protocol === 'https:' ? https : http;
  return direct.some((entry) => covers(entry, url)) ? undefined : proxy;
}

/** `hub.example`, `.hub.example` and `*.hub.example` mean the same: the host and all below it. */
function covers(entry: string, { hostname, port, protocol }: URL): boolean {
  const [, host = '', itsPort] = /^(?:\*?\.)?(.+?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
  const asked = port || (protocol === 'https:' ? '443' : '80');
  return (hostname === host || hostname.endsWith(`.${host}`)) && (itsPort === undefined || itsPort === asked);
}

/** Many write `proxy.corp:3128`, which is no URL. */
function toAddress(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (URL.canParse(address) && /^https?:/i.test(address)) return address;
  throw new HugwireError('offline', `${name} is not the address of a proxy.`, {
    hint: `Write it as http://host:port in the env block of the MCP client, or leave ${name} out.`,
  });
}

/** A `Response` of these may not have a body, not even an empty one. */
const BODILESS = new Set([101, 204, 205, 304]);

/**
 * A `fetch` that goes through proxies, which Node 20's own cannot: a tunnel (CONNECT) for http and https alike. It takes
 * addresses, not `Request` objects.
 * @param settings the proxies
 */
export async function createProxiedFetch(settings: ProxySettings): Promise<typeof fetch> {
  const [{ default: send }, { HttpsProxyAgent: Tunnel }] = await Promise.all([
    import('node-fetch'),
    import('https-proxy-agent'),
  ]);
  const tunnels = new Map<string, HttpsProxyAgent<string>>();
  const open = (proxy: string): HttpsProxyAgent<string> => {
    const tunnel = new Tunnel(proxy, { keepAlive: true });
    // Else the proxy's refusal would pass for an answer of the server.
    tunnel.on('proxyConnect', refuseUnlessOpen);
    tunnels.set(proxy, tunnel);
    return tunnel;
  };
  return async (input, { signal, body, headers, method, redirect } = {}) => {
    signal?.throwIfAborted();
    try {
      const answer = await send(String(input), {
        method,
        redirect,
        signal,
        body: toSentBody(body),
        headers: Object.fromEntries(new Headers(headers)),
        agent: (url) => {
          const proxy = proxyFor(url, settings);
          return proxy === undefined ? undefined : (tunnels.get(proxy) ?? open(proxy));
        },
      });
      return toResponse(answer);
    } catch (error) {
      signal?.throwIfAborted();
      throw new TypeError('fetch failed', { cause: error });
    }
  };
}

/** A body as node-fetch takes it: it knows the streams of Node only, and reads those as fast as they are sent. */
function toSentBody(body: RequestInit['body']): SentBody | undefined {
  if (body instanceof ReadableStream) return Readable.fromWeb(body as NodeStream);
  return body as SentBody | undefined;
}

function refuseUnlessOpen({ statusCode }: { statusCode: number }): void {
  if (statusCode === 200) return;
  // Of this error node-fetch keeps the code and nothing else.
  throw Object.assign(new Error('The proxy refused'), { code: `PROXY_REFUSED_${statusCode}` });
}

/** The platform's `Response`, which the rest of hugwire and its libraries read. */
function toResponse(answer: Awaited<ReturnType<typeof import('node-fetch')['default']>>): Response {
  const { status, statusText, url } = answer;
  const bodiless = BODILESS.has(status) || answer.body === null;
  if (bodiless) answer.body?.resume();
  const stream = bodiless ? null : (Readable.toWeb(answer.body as Readable) as NodeStream<Uint8Array>);
  const response = new Response(stream, { status, statusText, headers: [...answer.headers] });
  Object.defineProperty(response, 'url', { value: url });
  return response;
}

const CERTIFICATE = /CERT|UNABLE_TO_VERIFY|SELF_SIGNED|ERR_TLS/;
/** What `fetch` says, without a code, of a port that the standard keeps from it: those of mail, SSH and the like. */
const BAD_PORT = 'bad port';
/** The code of `createProxiedFetch` for a proxy that does not open the way. */
const PROXY_REFUSAL = /^PROXY_REFUSED_(\d{3})$/;

/**
 * Explains why a request brought no answer.
 * @param error what `fetch` threw
 * @param host the server, for the message
 */
export function explainNoAnswer(error: unknown, host: string): HugwireError {
  const ours = causes(error).find((one) => one instanceof HugwireError);
  if (ours instanceof HugwireError) return ours;
  const code = causeCode(error);
  const kind = explainSystemError(code)?.kind;
  if (kind === 'unreachable') {
    return new HugwireError('offline', `${host} cannot be reached (${code}).`, {
      hint: 'Check the network, or HTTPS_PROXY in the env block of the MCP client: clients do not pass it on by themselves.',
      cause: error,
    });
  }
  if (CERTIFICATE.test(code)) {
    return new HugwireError('unavailable', `The certificate of ${host} is not trusted here (${code}).`, {
      hint: 'Behind a company proxy, set NODE_EXTRA_CA_CERTS in the env block of the MCP client.',
      cause: error,
    });
  }
  if (code.includes('TIMEOUT') || kind === 'timeout') return timedOut(host, error);
  if (innermost(error).message === BAD_PORT) {
    return new HugwireError('blocked', `${host} has a port that belongs to another service: nothing was sent.`, {
      hint: 'Give the port that the web server listens on.',
      cause: error,
    });
  }
  const refusal = PROXY_REFUSAL.exec(code)?.[1];
  if (refusal) return explainProxyRefusal(Number(refusal), host, error);
  const words = code || redact(innermost(error).message);
  return new HugwireError('unavailable', `The connection to ${host} broke off (${words}).`, { cause: error });
}

/**
 * Whether another try may bring an answer. What cannot be reached now cannot be reached in a second, and a certificate
 * does not become good.
 * @param error what `fetch` threw
 */
export function mayPass(error: unknown): boolean {
  const code = causeCode(error);
  if (innermost(error).message === BAD_PORT || causes(error).some((one) => one instanceof HugwireError)) return false;
  const refusal = Number(PROXY_REFUSAL.exec(code)?.[1] ?? 500);
  return explainSystemError(code)?.kind !== 'unreachable' && !CERTIFICATE.test(code) && refusal >= 500;
}

/**
 * The error for a server that does not answer in time.
 * @param host the server
 * @param cause what was thrown, if anything
 */
export function timedOut(host: string, cause?: unknown): HugwireError {
  return new HugwireError('timeout', `${host} did not answer in time.`, {
    hint: 'Try again; hub.timeoutSeconds in the config gives it longer.',
    cause,
  });
}

function explainProxyRefusal(status: number, host: string, cause: unknown): HugwireError {
  const hint =
    status === 407
      ? 'The proxy wants a name and a password: HTTPS_PROXY=http://name:password@host:port.'
      : `Ask whoever runs the proxy to let ${host} through, or add it to NO_PROXY.`;
  const code = status >= 500 ? 'unavailable' : 'offline';
  return new HugwireError(code, `The proxy does not open the way to ${host} (${status}).`, { hint, cause });
}

/** The first code along the causes: fetch wraps the socket's error, and happy eyeballs wraps several. */
function causeCode(error: unknown): string {
  for (const { code } of causes(error)) if (typeof code === 'string') return code;
  return '';
}

function innermost(error: unknown): Error {
  return causes(error).at(-1) ?? new Error(String(error));
}

function causes(error: unknown): (Error & { code?: unknown })[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && !chain.includes(at); ) {
    chain.push(at);
    at = at.cause ?? (at instanceof AggregateError ? at.errors[0] : undefined);
  }
  return chain;
}
