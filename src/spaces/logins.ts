import { readFile } from 'node:fs/promises';
import type { Config } from '../config/schema.js';
import type { AppSite } from '../gradio/types.js';
import { HugwireError } from '../lib/errors.js';
import { changeSecretFile, decodeText } from '../lib/files.js';
import { isObject, parseJsonObject } from '../lib/json.js';
import { appKey } from './local-apps.js';
import { isSpace } from './lock.js';

/** What an app with `auth=` asks for. */
export interface Credentials {
  username: string;
  password: string;
}

/** A login that the user has given, without its password. */
export interface KnownLogin {
  /** Id of the Space, or the app's address. */
  space: string;
  username?: string;
  /** hugwire's own file, or a command of the config. */
  from: 'file' | 'command';
}

type Listed = Config['spaces']['logins'];

interface AppLoginsOptions {
  /** hugwire's own file. */
  path: string;
  /** `spaces.logins` as it is now. */
  listed(): Listed;
  env: NodeJS.ProcessEnv;
  /** Told of every password and cookie, so that they are written nowhere. */
  onSecret?(value: string): void;
}

interface Session {
  /** Whose cookies these are. */
  owner: string;
  /** By name: each replica of a Space has its own. */
  cookies: Map<string, Cookie>;
  /** Changes with every login. */
  age: number;
  renewing?: Promise<void>;
  /** What the app has turned down. */
  refused?: string;
}

const COMMAND_MS = 15_000;
const LOGIN_MS = 30_000;

/**
 * The logins of apps that ask for a name and a password of their own, and the sessions that they opened in this process. Name
 * and password go to the app that they were given for, at its `/login`, and nowhere else; its cookies go to its origin alone.
 */
export class AppLogins {
  readonly #sessions = new Map<string, Session>();

  constructor(private readonly options: AppLoginsOptions) {}

  /** hugwire's own file, whether or not it is there. */
  get path(): string {
    return this.options.path;
  }

  /**
   * A fetch that is logged in to an app, where the user has given a login for it: what the app refuses for want of one is
   * sent again after a login, once.
   * @param net a fetch that cannot leave the app's origin
   * @param site of the app
   */
  async through(net: typeof fetch, site: AppSite): Promise<typeof fetch> {
    const key = appKey(site.base);
    const login = await this.#find(site);
    const owner = JSON.stringify([login?.from, login?.username]);
    if (!login || this.#sessions.get(key)?.owner !== owner) this.#sessions.delete(key);
    if (!login) return net;
    const session: Session = this.#sessions.get(key) ?? { owner, cookies: new Map(), age: 0 };
    this.#sessions.set(key, session);
    return async (input, init = {}) => {
      const { age } = session;
      const send = () => net(input, { ...init, headers: withCookies(init.headers, session, site) });
      const response = await send();
      if (response.status !== 401 || !response.headers.get('content-type')?.includes('json')) return response;
      // Somebody else may have logged in meanwhile.
      if (session.age === age) {
        session.renewing ??= this.#renew(session, login, net, site).finally(() => {
          session.renewing = undefined;
        });
        await session.renewing.catch(async (error) => {
          await response.body?.cancel();
          throw error;
        });
      }
      // A stream has been read.
      if (init.body instanceof ReadableStream) return response;
      await response.body?.cancel();
      return send();
    };
  }

  /** The logins that the user has given, those of the config first. */
  async list(): Promise<KnownLogin[]> {
    const listed = this.options
      .listed()
      .map(({ space, username }): KnownLogin => ({ space, username, from: 'command' }));
    const stored = Object.values(await readLogins(this.options.path));
    return [...listed, ...stored.map(({ space, username }): KnownLogin => ({ space, username, from: 'file' }))];
  }

  /**
   * Name and password of a command in the config.
   * @returns undefined where the config has none for the app
   * @throws HugwireError `unavailable` when the command fails
   */
  async fromCommand(site: AppSite): Promise<Credentials | undefined> {
    const listed = this.options.listed().find(({ space }) => isMeant(space, site));
    return listed && runCommand(listed, this.options.env);
  }

  /** Keeps a login that the app has taken. */
  async store(site: AppSite, { username, password }: Credentials): Promise<void> {
    await changeSecretFile(this.options.path, (text) => {
      const logins = { ...parseJsonObject(text ?? '{}') };
      logins[appKey(site.base)] = { space: site.id, username, password };
      return `${JSON.stringify(logins, null, 2)}\n`;
    });
  }

  /**
   * Removes what is stored for an app.
   * @param space its id, or its address
   * @returns what was removed
   */
  async remove(space: string): Promise<KnownLogin[]> {
    const removed: KnownLogin[] = [];
    await changeSecretFile(this.options.path, (text) => {
      const kept = Object.entries(readStored(text ?? '')).filter(([key, login]) => {
        const isGone = key === appKey(space) || isSpace(login.space, space);
        if (isGone) removed.push({ space: login.space, username: login.username, from: 'file' });
        return !isGone;
      });
      return removed.length > 0 ? `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n` : text;
    });
    return removed;
  }

  async #find(site: AppSite): Promise<Login | undefined> {
    const { listed, path, env } = this.options;
    const known = listed().find(({ space }) => isMeant(space, site));
    if (known) return { from: 'command', username: known.username, read: () => runCommand(known, env) };
    const { username, password } = (await readLogins(path))[appKey(site.base)] ?? {};
    if (username === undefined || password === undefined) return undefined;
    return { from: 'file', username, read: async () => ({ username, password }) };
  }

  async #renew(session: Session, login: Login, net: typeof fetch, site: AppSite): Promise<void> {
    const credentials = await login.read();
    const tried = JSON.stringify(credentials);
    this.options.onSecret?.(credentials.password);
    if (tried === session.refused) throw notTaken(site);
    try {
      for (const cookie of await logInTo(net, site, credentials)) {
        this.options.onSecret?.(cookie.value);
        // The newest last; those of an app that was restarted go in the end.
        session.cookies.delete(cookie.name);
        session.cookies.set(cookie.name, cookie);
        const [oldest] = session.cookies.keys();
        if (session.cookies.size > MAX_COOKIES && oldest !== undefined) session.cookies.delete(oldest);
      }
      session.age += 1;
    } catch (error) {
      if (!(error instanceof HugwireError) || error.code !== 'unauthorized') throw error;
      // Asking again and again would lock the account.
      session.refused = tried;
      throw notTaken(site);
    }
  }
}

interface Login extends Pick<KnownLogin, 'from' | 'username'> {
  read(): Promise<Credentials>;
}

function notTaken({ id }: AppSite): HugwireError {
  return new HugwireError(
    'unauthorized',
    `${id} did not accept the name and password that the user gave hugwire for it.`,
    {
      hint: `Only the user can change them, in a terminal: \`hugwire spaces login ${id}\`. Then call again.`,
    },
  );
}

const isMeant = (space: string, site: AppSite) => isSpace(space, site.id) || appKey(space) === appKey(site.base);

async function runCommand({ username, command, space }: Listed[number], env: NodeJS.ProcessEnv): Promise<Credentials> {
  const { runShell } = await import('../lib/children.js');
  // Neither its output nor its text: both may hold secrets.
  const printed = await runShell(command, { env, timeout: COMMAND_MS }).catch(() => '');
  const lines = printed.replace(/^\uFEFF/, '').split(/\r?\n/);
  const [name, password] = username === undefined ? lines : [username, ...lines];
  if (name && password) return { username: name, password };
  throw new HugwireError('unavailable', `The command of the config that gives the password for ${space} gave none.`, {
    hint: 'The user can check it: `hugwire config get spaces.logins`.',
  });
}

type Stored = Record<string, Credentials & { space: string }>;

/** What is broken is read as nothing: an app then says that it wants a login. */
async function readLogins(path: string): Promise<Stored> {
  return readStored(await readFile(path).then(decodeText, () => ''));
}

function readStored(text: string): Stored {
  const entries = Object.entries(parseJsonObject(text) ?? {}).filter(
    ([, one]) => isObject(one) && [one.space, one.username, one.password].every((value) => typeof value === 'string'),
  );
  return Object.fromEntries(entries) as Stored;
}

interface Cookie {
  name: string;
  value: string;
  /** For https only. */
  secure: boolean;
}

const MAX_COOKIES = 20;
/** What may stand in a header, and what a cookie may be. */
const COOKIE = /^([\w!#$%&'*+.^`|~-]{1,200})=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,4000})$/;

/**
 * Logs in to an app, as Gradio's own clients do.
 * @param net a fetch that cannot leave the app's origin
 * @returns its cookies
 * @throws HugwireError `unauthorized` when it does not take name and password, `space_broken` when it has no such login
 */
export async function logInTo(net: typeof fetch, site: AppSite, credentials: Credentials): Promise<Cookie[]> {
  const response = await net(`${site.base}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: String(new URLSearchParams({ ...credentials })),
    signal: AbortSignal.timeout(LOGIN_MS),
  });
  await response.body?.cancel();
  const { status } = response;
  if ([400, 401, 403, 422].includes(status)) {
    throw new HugwireError('unauthorized', `${site.id} did not accept this name and password.`);
  }
  if (status === 429) {
    throw new HugwireError('rate_limited', `${site.id} is not accepting logins for now.`, {
      hint: 'Wait a few minutes.',
    });
  }
  const cookies = response.headers.getSetCookie().flatMap(readCookie);
  if (status === 200 && cookies.length > 0) return cookies;
  throw new HugwireError(
    'space_broken',
    `${site.id} asks for a login, but offers none at its /login (HTTP ${status}).`,
    {
      hint: 'It uses a kind of login that hugwire does not support.',
    },
  );
}

function readCookie(text: string): Cookie[] {
  const [pair = '', ...attributes] = text.slice(0, 5000).split(';');
  const [, name, value] = COOKIE.exec(pair.trim()) ?? [];
  const secure = attributes.some((one) => one.trim().toLowerCase() === 'secure');
  return name && value ? [{ name, value, secure }] : [];
}

function withCookies(given: RequestInit['headers'], { cookies }: Session, { origin }: AppSite): Headers {
  const headers = new Headers(given);
  const sent = [...cookies.values()].filter(({ secure }) => !secure || origin.startsWith('https:'));
  if (sent.length > 0) headers.set('cookie', sent.map(({ name, value }) => `${name}=${value}`).join('; '));
  return headers;
}
