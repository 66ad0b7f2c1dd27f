import { setTimeout as sleep } from 'node:timers/promises';
import { cancelled, type ErrorCode, HugwireError, toHugwireError } from '../../lib/errors.js';
import { mayHaveToken, readBody, Watch } from '../../lib/http.js';
import { parseJsonObject } from '../../lib/json.js';
import { explainNoAnswer, explainStrayPage, isWebPage, timedOut } from '../../lib/network.js';
import { redact } from '../../lib/text.js';
import { count, line } from '../fields.js';

/** The right to read, to gated repositories too, and nothing else: every default tool works with it. */
const SCOPES = 'openid profile read-repos gated-repos';
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const MAX_BYTES = 64 * 1024;
/** What RFC 8628 says where the server says nothing. */
const DEFAULT_INTERVAL_SECONDS = 5;
const SLOW_DOWN_SECONDS = 5;
const MAX_INTERVAL_SECONDS = 60;
const MAX_LIFETIME_SECONDS = 1800;

export interface DeviceWire {
  /** The Hub. */
  endpoint: string;
  /** Of an OAuth app of the Hub: public, no secret belongs to it. */
  clientId: string;
  network: typeof fetch;
  userAgent: string;
  /** Time limit of one request, milliseconds. */
  timeoutMs: number;
  signal: AbortSignal;
  now?(): number;
  sleep?(milliseconds: number, signal: AbortSignal): Promise<unknown>;
}

/** What the person has to do, and what to ask with meanwhile. */
export interface DeviceCode {
  deviceCode: string;
  /** To be typed at `url`. */
  userCode: string;
  url: string;
  /** The same page with the code already in it. */
  urlWithCode?: string;
  intervalSeconds: number;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

export interface DeviceToken {
  value: string;
  /** ISO 8601; missing when the Hub did not say. */
  expiresAt?: string;
}

/**
 * Begins a login in the browser.
 * @param wire the Hub and how to ask it
 * @throws HugwireError `blocked` when the Hub is not asked over https, `invalid_arguments` when it does not know the app
 * @see https://www.rfc-editor.org/rfc/rfc8628#section-3.1
 */
export async function requestDeviceCode(wire: DeviceWire): Promise<DeviceCode> {
  const { status, body } = await post('/oauth/device', { client_id: wire.clientId, scope: SCOPES }, wire);
  if (status >= 400) throw explainRefusal(status, body);
  const [deviceCode, userCode, url] = [body.device_code, line(body.user_code, 40), webAddress(body.verification_uri)];
  if (typeof deviceCode !== 'string' || !deviceCode || !userCode || !url) {
    throw new HugwireError('unavailable', 'The Hub gave no code to log in with.');
  }
  const lifetime = clamp(count(body.expires_in) ?? 900, 1, MAX_LIFETIME_SECONDS);
  return {
    deviceCode,
    userCode,
    url,
    urlWithCode: webAddress(body.verification_uri_complete),
    intervalSeconds: clamp(count(body.interval) ?? DEFAULT_INTERVAL_SECONDS, 1, MAX_INTERVAL_SECONDS),
    expiresAt: clock(wire) + lifetime * 1000,
  };
}

/**
 * Waits until the person has agreed in the browser. A network that fails meanwhile is asked again, ever more slowly.
 * @param code from `requestDeviceCode`
 * @param wire the Hub and how to ask it
 * @throws HugwireError `unauthorized` when the person refused, `timeout` when the code has expired, `cancelled`
 * @see https://www.rfc-editor.org/rfc/rfc8628#section-3.4
 */
export async function awaitDeviceToken(code: DeviceCode, wire: DeviceWire): Promise<DeviceToken> {
  const form = { grant_type: GRANT, device_code: code.deviceCode, client_id: wire.clientId };
  let pause = code.intervalSeconds;
  while (clock(wire) + pause * 1000 < code.expiresAt) {
    await rest(pause, wire);
    const answer = await post('/oauth/token', form, wire).catch(toHugwireError);
    if (answer instanceof HugwireError) {
      if (!PASSING.has(answer.code)) throw answer;
      pause = Math.min(pause * 2, MAX_INTERVAL_SECONDS);
      continue;
    }
    const { status, body } = answer;
    if (status < 300) return readDeviceToken(body, clock(wire));
    if (body.error === 'slow_down' || status === 429 || status >= 500) pause += SLOW_DOWN_SECONDS;
    else if (body.error !== 'authorization_pending') throw explainRefusal(status, body);
  }
  throw explainRefusal(400, { error: 'expired_token' });
}

const PASSING = new Set<ErrorCode>(['offline', 'timeout', 'unavailable']);

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

async function post(path: string, form: Record<string, string>, wire: DeviceWire): Promise<Answer> {
  const url = new URL(`${wire.endpoint}${path}`);
  if (!mayHaveToken(url, wire.endpoint)) {
    throw new HugwireError('blocked', `${url.host} is not reached over https, so hugwire does not log in there.`);
  }
  const watch = new Watch(wire.timeoutMs, wire.signal);
  try {
    const response = await wire.network(url, {
      method: 'POST',
      redirect: 'manual',
      signal: watch.signal,
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': wire.userAgent,
      },
      body: new URLSearchParams(form).toString(),
    });
    const { bytes } = await readBody(response, { maxBytes: MAX_BYTES, truncate: true, from: url.host });
    const { status, headers } = response;
    const body = new TextDecoder().decode(bytes);
    // Nothing of this protocol is a web page; what breaks down may answer with one.
    if (status < 500 && isWebPage(headers)) throw explainStrayPage({ asked: url.host, host: url.host, status, body });
    return { status, body: parseJsonObject(body) ?? {} };
  } catch (error) {
    if (error instanceof HugwireError) throw error;
    if (wire.signal.aborted) throw cancelled(error);
    throw watch.expired ? timedOut(url.host, error) : explainNoAnswer(error, url.host);
  } finally {
    watch.stop();
  }
}

function readDeviceToken(body: Record<string, unknown>, now: number): DeviceToken {
  if (typeof body.access_token !== 'string' || !body.access_token) {
    throw new HugwireError('unavailable', 'The Hub agreed, but gave no token.', { hint: 'Log in again.' });
  }
  const seconds = count(body.expires_in);
  const expiresAt = seconds && seconds > 0 && seconds < 1e9 ? new Date(now + seconds * 1000).toISOString() : undefined;
  return { value: body.access_token, expiresAt };
}

const REFUSALS: Record<string, [code: ErrorCode, message: string, hint: string]> = {
  access_denied: ['unauthorized', 'The login was refused in the browser.', 'Run `hugwire auth login` again.'],
  expired_token: ['timeout', 'The code expired before anybody agreed.', 'Run `hugwire auth login` again.'],
  invalid_client: [
    'invalid_arguments',
    'The Hub does not know this OAuth app.',
    'Check token.oauthClientId in the config, or HF_DEVICE_CODE_OAUTH_CLIENT_ID.',
  ],
  unauthorized_client: [
    'invalid_arguments',
    'This OAuth app may not log in with a code.',
    'Switch the device flow on in the settings of the app, or use `hugwire auth login --paste`.',
  ],
};

/** Only the words that the protocol has for it: the rest of the body may hold secrets. */
function explainRefusal(status: number, { error, error_description }: Record<string, unknown>): HugwireError {
  const [code, message, hint] = (typeof error === 'string' && REFUSALS[error]) || [];
  if (code && message) return new HugwireError(code, message, { hint });
  const words = [line(error, 60), line(error_description, 200)].filter(Boolean).join(': ');
  return new HugwireError(
    'unavailable',
    redact(`The Hub does not support this way of logging in (${words || status}).`),
    {
      hint: 'Use a token instead: `hugwire auth login --paste`.',
    },
  );
}

function webAddress(value: unknown): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return /^https?:$/.test(url.protocol) && !url.username && !url.password ? url.href : undefined;
}

async function rest(seconds: number, { signal, sleep: wait = pauseFor }: DeviceWire): Promise<void> {
  await wait(seconds * 1000, signal).catch((cause: unknown) => {
    throw cancelled(cause);
  });
}

const pauseFor = (milliseconds: number, signal: AbortSignal) => sleep(milliseconds, undefined, { signal });
const clock = ({ now = Date.now }: DeviceWire) => now();
const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value, least), most);
