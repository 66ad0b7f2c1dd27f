import { HugwireError } from '../errors.js';
import { redact } from '../text/redact.js';
import { readProxies } from './proxy.js';

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
  if (!proxies) return fetch;
  const { createProxiedFetch } = await import('./proxied-fetch.js');
  return createProxiedFetch(proxies);
}

/** Causes that mean: this machine has no way to the server now. Asking again at once is no use. */
const UNREACHABLE = new Set([
  'ENOTFOUND',
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
]);
const CERTIFICATE = /CERT|UNABLE_TO_VERIFY|SELF_SIGNED|ERR_TLS/;
/** What `fetch` says, without a code, of a port that the standard keeps from it: those of mail, SSH and the like. */
const BAD_PORT = 'bad port';
/** The code of `proxied-fetch.ts` for a proxy that does not open the way. */
const PROXY_REFUSAL = /^PROXY_REFUSED_(\d{3})$/;

/**
 * Explains why a request brought no answer.
 * @param error what `fetch` threw
 * @param host the server, for the message
 */
export function explainNoAnswer(error: unknown, host: string): HugwireError {
  if (error instanceof HugwireError) return error;
  const code = causeCode(error);
  if (UNREACHABLE.has(code)) {
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
  if (code.includes('TIMEOUT') || code === 'ETIMEDOUT') return timedOut(host, error);
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
  if (innermost(error).message === BAD_PORT) return false;
  const refusal = Number(PROXY_REFUSAL.exec(code)?.[1] ?? 500);
  return !UNREACHABLE.has(code) && !CERTIFICATE.test(code) && refusal >= 500;
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
