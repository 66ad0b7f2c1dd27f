import { HugwireError } from '../errors.js';
import { redact } from '../text/redact.js';

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

/**
 * The `fetch` that every request of hugwire goes through: the platform's own, or, where the environment names a proxy,
 * undici's with the proxy (Node 20's own fetch knows none). Nothing is loaded before the first request.
 * @param env the environment: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY
 */
export function createNetwork(env: NodeJS.ProcessEnv): typeof fetch {
  const all = env.ALL_PROXY ?? env.all_proxy;
  if (!PROXY_VARIABLES.some((name) => env[name])) return (input, init) => fetch(input, init);
  let proxied: Promise<typeof fetch> | undefined;
  const load = async (): Promise<typeof fetch> => {
    const undici = await import('undici');
    const dispatcher = new undici.EnvHttpProxyAgent({
      httpProxy: env.http_proxy ?? env.HTTP_PROXY ?? all,
      httpsProxy: env.https_proxy ?? env.HTTPS_PROXY ?? all,
      noProxy: [env.no_proxy ?? env.NO_PROXY, 'localhost', '127.0.0.1', '::1'].filter(Boolean).join(','),
    });
    return ((input: string | URL, init?: RequestInit) =>
      undici.fetch(input, { ...(init as object), dispatcher })) as unknown as typeof fetch;
  };
  return async (input, init) => {
    proxied ??= load();
    return (await proxied)(input, init);
  };
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
  if (code.includes('TIMEOUT')) return timedOut(host, error);
  const words = error instanceof Error ? error.message : String(error);
  return new HugwireError('unavailable', `The connection to ${host} broke off (${code || redact(words)}).`, {
    cause: error,
  });
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

/** The code of the innermost cause: fetch wraps the socket's error, and happy eyeballs wraps several. */
function causeCode(error: unknown): string {
  for (
    let at = error;
    at instanceof Error;
    at = at.cause ?? (at instanceof AggregateError ? at.errors[0] : undefined)
  ) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return '';
}
