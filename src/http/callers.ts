import { createHash } from 'node:crypto';
import type { LoadedConfig } from '../config/load.js';
import { readHubEnvironment } from '../config/paths.js';
import { applyProfile, type Config } from '../config/schema.js';
import { readToken, type TokenReader } from '../config/token.js';
import { openPrompts } from '../engine/assistants.js';
import { CallLimits } from '../engine/limits.js';
import { type CallerHost, narrow, type Selection } from '../engine/narrow.js';
import { createRuntime, hubEndpoint, type Runtime, type RuntimeOptions, userAgent } from '../engine/runtime.js';
import { createService, type RunningService, writeInstructions } from '../engine/service.js';
import { HugwireError, toHugwireError } from '../lib/errors.js';
import { mayHaveToken, readBody } from '../lib/http.js';
import { isObject } from '../lib/json.js';
import { createNetwork, isWebPage } from '../lib/network.js';
import { cleanLine, holdsToken, showName } from '../lib/text.js';
import type { Job, SpaceCall, Spaces, StartedJob } from '../spaces/types.js';
import type { AnyTool } from '../tools/tool.js';
import { readChoice, readSelection } from './customise.js';
import { refuse } from './guard.js';
import { findKey, type Key, readKeys } from './keys.js';
import type { State } from './state/types.js';
import type { Seen } from './traffic.js';

/** Who sent a request. */
export interface Caller {
  /** `key:<hash>`, `u:<id>` or `anon`: whose jobs and sessions these are. */
  owner: string;
  /** For the log. */
  name?: string;
  /** Where strangers call: whose open streams are counted together, so that one of them does not take all there are. */
  place?: string;
  /** Of the config, laid over it for this caller. */
  profile?: string;
  /** The tools and what they run with, narrowed to what this caller may. */
  host: CallerHost;
  /** Whether this caller may agree to what an assistant asks. */
  mayApprove?: boolean;
  /** Names of the assistants that this caller may talk to; unset: all. */
  assistants?: readonly string[];
  /** A guest's own token of the Hub: nobody else's is used for them. */
  token?: TokenReader;
  /** What is told of the request. */
  seen?: Seen;
  /** Lets more messages through that came within the request, or gives the answer that turns them away. */
  admitMore?(count: number): Promise<Response | undefined>;
  /** Asked before an answer goes out: what to answer in its place, where the Hub has turned the caller's token down meanwhile. */
  recheck?(): Promise<Response | undefined>;
}

/**
 * Tells who sent a request, or gives the answer that turns it away.
 * @param address where it comes from, as `callerAddress` has it
 */
export type Authenticate = (request: Request, address?: string) => Promise<Caller | Response>;

/** Everybody who calls, and what each of them runs with. */
export interface Callers {
  authenticate: Authenticate;
  /** Says to clients where to log in (RFC 9728); undefined where the path is another one, or there is nothing to log in to. */
  describe(request: Request): Response | undefined;
  /**
   * Takes another state of the config over, for everybody.
   * @returns whether the tool list of anybody is another one now
   */
  update(loaded: LoadedConfig): boolean;
  /** Resolves once no job of a Space runs here any more. */
  settled(): Promise<void>;
  close(): Promise<void>;
  /** Writes what is still to be recorded at once, in a process that exits. */
  settleNow?(): void;
}

export interface CallersOptions extends Omit<RuntimeOptions, 'recording' | 'guest' | 'typed' | 'jobs'> {
  /** `local` unless told. */
  auth?: Config['http']['auth'];
  /** Holds the rates of calls, and the jobs of everybody. */
  state: State;
}

/**
 * Makes the callers of a server.
 * @param options the config, where it came from, and who may call
 */
export function createCallers(options: CallersOptions): Callers {
  const { auth = 'local' } = options;
  return { local: localCallers, anonymous: anonymousCallers, 'hub-token': tokenCallers }[auth](options);
}

const MINUTE_MS = 60_000;

/** Lets requests of one caller through, as many as the config says; the store being away stops nobody. */
async function admit({ state, loaded }: CallersOptions, who: string, more = 1): Promise<Response | undefined> {
  const { perMinute } = loaded.config.http;
  const count = await state.hit(`rate:${who}`, MINUTE_MS, more).catch(() => 0);
  if (count <= perMinute) return undefined;
  return refuse(429, `More than ${perMinute} requests within a minute.`, {
    hint: 'Wait a minute.',
    headers: { 'Retry-After': '60' },
  });
}

const hash = (text: string) => createHash('sha256').update(text).digest('base64url');
/** Enough to tell owners apart, and short. */
const shortHash = (text: string) => hash(text).slice(0, 22);

/** The narrowed hosts of a caller: clients send the same address each time. */
class Views {
  readonly #views = new Map<string, CallerHost>();

  /** @param host of the caller, the same each time */
  view(host: CallerHost, selection: Selection, instructions: string): CallerHost {
    const key = JSON.stringify([selection, instructions]);
    const known = this.#views.get(key);
    if (known) return known;
    const made = narrow(host, selection, instructions);
    if (this.#views.size >= MAX_VIEWS) this.#views.clear();
    this.#views.set(key, made);
    return made;
  }
}

const MAX_VIEWS = 50;

const selectionOf = (request: Request, chosen?: readonly string[]) =>
  readSelection(new URL(request.url), request.headers, chosen);

/** The credentials of a request: undefined when it brings none, "" when they are no bearer token. */
function readBearer({ headers }: Request): string | undefined {
  const given = headers.get('authorization');
  if (given === null) return undefined;
  return /^Bearer[ \t]+(\S+)[ \t]*$/i.exec(given.slice(0, 10_000))?.[1] ?? '';
}

// --- Holders of a key: the user and whoever the user gives one to.

function localCallers(options: CallersOptions): Callers {
  let { loaded } = options;
  let keys = readKeys(options.paths.state, loaded.config);
  const services = new Map<string, { service: RunningService; host: CallerHost; views: Views }>();
  // A profile makes it a role: what others did on this machine, the user's assistants, and what the user is asked, are not for it.
  const serve = (service: RunningService, { profile }: Key) => ({
    service,
    host:
      profile === undefined
        ? { ...service, prompts: openPrompts(options.loaded.path) }
        : { ...service, resources: undefined, prompts: undefined, isForOthers: true },
    views: new Views(),
  });
  const configFor = ({ profile, limits }: Key): LoadedConfig => {
    const config = applyProfile(loaded.config, profile);
    return { ...loaded, config: { ...config, limits: { ...config.limits, ...limits } } };
  };
  const ownerOf = ({ sha256 }: Key) => `key:${sha256.slice(0, 22)}`;
  const open = (key: Key) => {
    const owner = ownerOf(key);
    const known = services.get(owner);
    if (known) return known;
    const jobs = { store: options.state, owner };
    const made = serve(createService({ ...options, loaded: configFor(key), jobs }), key);
    services.set(owner, made);
    return made;
  };
  return {
    async authenticate(request) {
      const given = readBearer(request);
      const key = given ? findKey(given, keys) : undefined;
      if (!key) return askForKey(given);
      const owner = ownerOf(key);
      const admitMore = (count?: number) => admit({ ...options, loaded }, owner, count);
      const refusal = await admitMore();
      if (refusal) return refusal;
      try {
        const { service, host, views } = open(key);
        const view = views.view(host, selectionOf(request), service.instructions);
        const { name, profile, assistants, approve: mayApprove = profile === undefined } = key;
        return { owner, name, profile, host: view, mayApprove, assistants, admitMore };
      } catch (error) {
        // Its profile is gone from the config: to let it have more would be wrong.
        return refuse(403, `The key ${key.name} cannot be used: ${toHugwireError(error).message}`);
      }
    },
    describe: () => undefined,
    settleNow() {
      for (const { service } of services.values()) service.settleNow();
    },
    update(next) {
      loaded = next;
      keys = readKeys(options.paths.state, loaded.config);
      const changes = keys.map((key) => {
        const owner = ownerOf(key);
        const service = services.get(owner)?.service;
        if (!service) return false;
        try {
          services.set(owner, serve(service, key));
          return service.update(configFor(key));
        } catch {
          // The same as above: the next request says it.
          void service.close();
          return services.delete(owner);
        }
      });
      return changes.includes(true);
    },
    async settled() {
      await Promise.all([...services.values()].map(({ service }) => service.settled()));
    },
    async close() {
      const all = [...services.values()].map(async ({ service }) => {
        await service.close();
        await service.end('the server stopped');
      });
      await Promise.all(all);
    },
  };
}

function askForKey(given: string | undefined): Response {
  const advice = 'Whoever runs it makes one with `hugwire http keys add NAME`; send it as "Authorization: Bearer KEY".';
  if (given === undefined) return unauthorized(`This server requires a key. ${advice}`);
  const what = /^(?:hf_|api_org_)/.test(given)
    ? 'This server takes its own keys, not Hugging Face tokens'
    : 'This is not a key of this server';
  return unauthorized(`${what}. ${advice}`, { error: 'invalid_token' });
}

/** What a challenge says beside why. */
interface Challenge {
  /** Left out where no credentials came, as RFC 6750 has it. */
  error?: 'invalid_token' | 'insufficient_scope';
  scope?: string;
  resource_metadata?: string;
}

function unauthorized(description: string, challenge: Challenge = {}): Response {
  const said = { ...challenge, error_description: description.replace(/["\\]/g, "'") };
  const parameters = Object.entries(said)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"`);
  return Response.json(
    { error: challenge.error ?? 'unauthorized', error_description: description },
    {
      status: challenge.error === 'insufficient_scope' ? 403 : 401,
      headers: { 'WWW-Authenticate': `Bearer ${parameters.join(', ')}`, 'Cache-Control': 'no-store' },
    },
  );
}

// --- Guests: people who are not the user of this machine.

/** What guests are told beside the rest. */
const GUEST_NOTE =
  '- This server has no local files: give web addresses, hf:// paths or data: URLs; what Spaces make comes as pictures and links.';

function guestInstructions({ dryRun = false, loaded }: CallersOptions, ...more: string[]): string {
  return [writeInstructions(dryRun || loaded.config.tools.dryRun), GUEST_NOTE, ...more].join('\n');
}

/** Every runtime would say the same of the config. */
function once(log: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    if (said.has(line) || said.size >= MAX_LINES) return;
    said.add(line);
    log(line);
  };
}

const MAX_LINES = 1_000;

/** A host that asks for its runtime anew each time: one that was idle may have been let go of meanwhile. */
function hostOf(runtime: () => Runtime): CallerHost {
  return {
    isForOthers: true,
    tools: () => runtime().tools(),
    knownTools: () => runtime().knownTools(),
    context: (signal, progress) => runtime().context(signal, progress),
    admit: (tool) => runtime().admit(tool),
    secrets: () => runtime().secrets(),
  };
}

// --- Anybody, without any token.

const ANYBODY = 'anon';

function anonymousCallers(options: CallersOptions): Callers {
  let { loaded } = options;
  const source = 'none (this server uses no token)';
  const advice = 'This server answers without a token: what needs one has to be asked elsewhere.';
  const guest = { token: async () => ({ source, advice }), everybody: true };
  const jobs = { store: options.state, owner: ANYBODY };
  const runtime = createRuntime({ ...options, log: once(options.log), guest, jobs });
  const host = hostOf(() => runtime);
  const views = new Views();
  const places = new Places();
  return {
    async authenticate(request, address = 'unknown') {
      const place = shortHash(address);
      const admitMore = (count?: number) => admit({ ...options, loaded }, `anon:${place}`, count);
      const refusal = await admitMore();
      if (refusal) return refusal;
      const unused = request.headers.has('authorization')
        ? ['- No token is used here: the one that was sent was left out.']
        : [];
      const view = views.view(host, selectionOf(request), guestInstructions({ ...options, loaded }, ...unused));
      return { owner: ANYBODY, place, host: places.apart(view, place), admitMore };
    },
    describe: () => undefined,
    update(next) {
      loaded = next;
      return runtime.update(next);
    },
    settled: () => runtime.settled(),
    close: () => runtime.close(),
  };
}

/** Of one address: it must not take what there is from all others. */
const MAX_JOBS = 4;
/** As long as the record of a job is kept, with which anybody could go on with a run that was left at its Space. */
const LEFT_MS = 3_600_000;

/** What addresses must have apart: the states at Spaces, for which people choose the same few words, and how much they run. */
class Places {
  /** By address: the jobs that run here, and those that were left at their Space and not followed to their end. */
  readonly #jobs = new Map<string, Map<string, 'here' | 'left'>>();

  apart(host: CallerHost, place: string): CallerHost {
    return {
      ...host,
      context: (signal, progress) => {
        const ctx = host.context(signal, progress);
        const job: Spaces['job'] = async (id) => {
          const found = await ctx.spaces.job(id);
          if (found && this.#jobs.get(place)?.get(id) === 'left') this.#follow(found, place);
          return found;
        };
        return { ...ctx, spaces: { ...ctx.spaces, job, start: (call) => this.#start(ctx.spaces, call, place) } };
      },
    };
  }

  #start(spaces: Spaces, { session, ...call }: SpaceCall, place: string): StartedJob {
    const running = this.#jobs.get(place)?.size ?? 0;
    if (running >= MAX_JOBS) {
      throw new HugwireError('rate_limited', `${running} Space calls are already running for this address.`, {
        hint: 'Wait for one of them with space_result, or cancel one.',
      });
    }
    const job = spaces.start({ ...call, session: session && `${place} ${session}` });
    this.#follow(job, place);
    return job;
  }

  #follow(job: Job, place: string): void {
    const jobs = this.#jobs.get(place) ?? new Map<string, 'here' | 'left'>();
    this.#jobs.set(place, jobs);
    jobs.set(job.id, 'here');
    const forget = () => {
      jobs.delete(job.id);
      if (jobs.size === 0) this.#jobs.delete(place);
    };
    void job.wait(TO_THE_END).then((state) => {
      if (state !== 'left') return forget();
      jobs.set(job.id, 'left');
      setTimeout(() => jobs.get(job.id) === 'left' && forget(), LEFT_MS).unref();
    });
  }
}

/** Seconds that no job outlives. */
const TO_THE_END = 86_400;

// --- Who brings a token of the Hub.

/** All that the tools need: to read what the account can see, and to run Spaces on its quota. */
const SCOPES = ['openid', 'profile', 'read-repos', 'gated-repos', 'inference-api'];
const METADATA = '/.well-known/oauth-protected-resource';
const GOOD_MS = 5 * MINUTE_MS;
const BAD_MS = 30_000;
const CHECK_MS = 5_000;
/** What an account has chosen is worth less of a wait. */
const CHOICE_MS = 2_000;
const MAX_CHECKS = 10_000;
const MAX_ANSWER = 1_000_000;
/** Bad tokens that one address may have looked at within a minute: the Hub limits who asks it for too many. */
const BAD_PER_MINUTE = 30;
/** Tokens of one address that are looked at together; the others wait to see whether those are bad. */
const CHECKS_AT_ONCE = 10;
const IDLE_MS = 10 * MINUTE_MS;
const MAX_MEMBERS = 1_000;
/** Runtimes of one account: a client that renews its token leaves the old one's behind. */
const MAX_TOKENS = 4;
const SOURCE = 'the Authorization header of the request';
const ADVICE = 'Log in again in the MCP client, or have it send another token; whoever runs this server cannot.';

const CHOSEN_NOTE =
  '- The tools are those that were chosen at huggingface.co/settings/mcp; with ?toolsets=all in the address all are there.';

/** Whose token it is. */
interface Account {
  owner: string;
  name: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
  /** Names of tools that the account has chosen at the Hub, if it can be known. */
  chosen?: readonly string[];
}

/** Why the Hub does not say whose token it is. */
type Fault = 'invalid_token' | 'insufficient_scope';

interface Check {
  /** Until when it holds, milliseconds since the epoch. */
  until: number;
  found: Promise<Account | Fault>;
}

/** What runs for one token. */
interface Opened {
  runtime: Runtime;
  host: CallerHost;
  views: Views;
}

/** What runs for the tokens of one account. */
interface Member {
  runtimes: Map<string, Opened>;
  /** Counts the calls of all its tokens together. */
  limits: CallLimits;
  usedAt: number;
}

function tokenCallers(options: CallersOptions): Callers {
  const { env, log, state } = options;
  let { loaded } = options;
  const network = createNetwork(env);
  const warn = once(log);
  /** By the hash of the token, whose value is kept by the runtime alone that sends it. */
  const checks = new Map<string, Check>();
  const members = new Map<string, Member>();
  const runtimes = () => [...members.values()].flatMap((member) => [...member.runtimes.values()]);
  /** Tokens that the Hub has turned down in the middle of a call. */
  const doubted = new Set<string>();
  /** Addresses that have sent too many bad tokens, and until when they are not listened to. */
  const blocked = new Map<string, number>();
  /** By address: the looks at its tokens that are under way. */
  const looking = new Map<string, Set<Promise<void>>>();
  const sweep = setInterval(() => letGo(members, Date.now() - IDLE_MS), MINUTE_MS).unref();

  const ask = async (token: string, path: string, milliseconds = CHECK_MS): Promise<Response> => {
    const said = readHubEnvironment(env);
    if (said.offline || loaded.config.hub.offline) throw new HugwireError('offline', 'hugwire is set to offline.');
    const url = new URL(`${hubEndpoint(loaded.config, said).replace(/(?<!\/)\/+$/, '')}${path}`);
    if (!mayHaveToken(url, url.origin)) throw new HugwireError('blocked', `${url.host} is not asked over https.`);
    const headers = { authorization: `Bearer ${token}`, 'user-agent': userAgent(said), accept: 'application/json' };
    const response = await network(url, { headers, redirect: 'manual', signal: AbortSignal.timeout(milliseconds) });
    if (isWebPage(response.headers)) throw new HugwireError('unavailable', `${url.host} answered with a web page.`);
    return response;
  };
  const readJson = async (response: Response) =>
    JSON.parse(new TextDecoder().decode((await readBody(response, { maxBytes: MAX_ANSWER })).bytes)) as unknown;

  const identify = async (token: string): Promise<Account | Fault> => {
    const choosing = ask(token, '/api/settings/mcp', CHOICE_MS)
      .then(async (response) => (response.ok ? readChoice(await readJson(response)) : undefined))
      .catch(() => undefined);
    const response = await ask(token, '/api/whoami-v2');
    if (response.ok) return readAccount(await readJson(response), await choosing);
    await response.body?.cancel();
    if (response.status === 401) return 'invalid_token';
    if (response.status === 403) return 'insufficient_scope';
    throw new HugwireError('unavailable', `the Hub answered with status ${response.status}.`);
  };

  /** @throws whatever keeps the Hub from telling */
  const check = (token: string, key: string, place: string): Promise<Account | Fault> => {
    const known = checks.get(key);
    if (known && known.until > Date.now()) return known.found;
    const made: Check = { until: Number.POSITIVE_INFINITY, found: identify(token) };
    checks.delete(key);
    checks.set(key, made);
    const [oldest] = checks.keys();
    if (checks.size > MAX_CHECKS && oldest !== undefined) checks.delete(oldest);
    const looks = looking.get(place) ?? new Set();
    looking.set(place, looks);
    const look = made.found.then(
      async (found) => {
        made.until = typeof found === 'string' ? Date.now() + BAD_MS : Math.min(Date.now() + GOOD_MS, found.expiresAt);
        if (found !== 'invalid_token') return;
        const count = await state.hit(`bad:${place}`, MINUTE_MS).catch(() => 0);
        if (blocked.size > MAX_CHECKS) blocked.clear();
        if (count >= BAD_PER_MINUTE) blocked.set(place, Date.now() + MINUTE_MS);
      },
      () => {
        if (checks.get(key) === made) checks.delete(key);
      },
    );
    looks.add(look);
    void look.finally(() => {
      looks.delete(look);
      if (looks.size === 0 && looking.get(place) === looks) looking.delete(place);
    });
    return made.found;
  };

  const open = (owner: string, key: string, token: string): Opened => {
    const member = members.get(owner) ?? {
      runtimes: new Map(),
      limits: new CallLimits(() => loaded.config.limits),
      usedAt: 0,
    };
    member.usedAt = Date.now();
    members.delete(owner);
    members.set(owner, member);
    const known = member.runtimes.get(key);
    if (known) return known;
    if (members.size > MAX_MEMBERS) letGo(members, Number.POSITIVE_INFINITY, 1);
    const found = { value: token, source: SOURCE, advice: ADVICE };
    const [sibling] = member.runtimes.values();
    const runtime = createRuntime({
      ...options,
      log: warn,
      loaded,
      jobs: { store: state, owner },
      guest: {
        async token(rejected) {
          if (rejected !== undefined) doubted.add(key);
          return found;
        },
        everybody: false,
        sibling: sibling?.runtime,
      },
    });
    const host = {
      ...hostOf(() => open(owner, key, token).runtime),
      admit: (tool: AnyTool) => member.limits.begin(tool),
    };
    const made: Opened = { runtime, host, views: new Views() };
    member.runtimes.set(key, made);
    const [oldest] = member.runtimes.keys();
    // Not closed: its jobs are those of the others.
    if (member.runtimes.size > MAX_TOKENS && oldest !== undefined) member.runtimes.delete(oldest);
    return made;
  };

  /** The account of a token, or what to answer in its place. */
  const find = async (request: Request, token: string, key: string, place: string): Promise<Account | Response> => {
    const isUnknown = () => (checks.get(key)?.until ?? 0) <= Date.now();
    for (let looks = looking.get(place); isUnknown() && looks && looks.size >= CHECKS_AT_ONCE; ) {
      await Promise.race(looks);
      looks = looking.get(place);
    }
    if (isUnknown() && (blocked.get(place) ?? 0) > Date.now()) {
      return refuse(429, 'Too many bad tokens came from this address.', {
        hint: 'Wait a minute.',
        headers: { 'Retry-After': '60' },
      });
    }
    try {
      const found = await check(token, key, place);
      if (typeof found !== 'string') return found;
      const why = {
        invalid_token: 'The Hub does not know this token: it is invalid, revoked or expired.',
        insufficient_scope: 'The Hub does not let this token say whose it is.',
      };
      return challenge(request, why[found], found);
    } catch (error) {
      log(`a token could not be checked: ${toHugwireError(error).message}`);
      return refuse(503, 'The Hub could not be asked whose token this is.', {
        hint: 'Try again in a moment.',
        headers: { 'Retry-After': '5' },
      });
    }
  };

  /** Where clients reach the server; the Host of the request has been checked. */
  const baseOf = (request: Request) =>
    new URL((loaded.config.http.publicUrl ?? originOf(request)).replace(/(?:\/mcp)?\/?$/, ''));
  const pathOf = (base: URL) => `${base.pathname.replace(/^\/$/, '')}/mcp`;

  const challenge = (request: Request, description: string, error?: Fault): Response => {
    const base = baseOf(request);
    const resource_metadata = `${base.origin}${METADATA}${pathOf(base)}${queryOf(request)}`;
    return unauthorized(description, { error, scope: SCOPES.join(' '), resource_metadata });
  };

  return {
    async authenticate(request, address = 'unknown') {
      const given = readBearer(request);
      if (given === undefined) {
        const isMisplaced = holdsToken(new URL(request.url).search, undefined);
        return challenge(
          request,
          isMisplaced
            ? 'A token belongs in the Authorization header, never in the address, which is logged on its way: replace it.'
            : 'Log in with Hugging Face, or send a token of it.',
        );
      }
      const look = readToken(given);
      if (look.state !== 'found' || !/^(?:hf_|api_org_)/.test(look.value)) {
        return challenge(request, 'This is not a Hugging Face token: those begin with hf_.', 'invalid_token');
      }
      const key = hash(look.value);
      const place = shortHash(address);
      const account = await find(request, look.value, key, place);
      if (account instanceof Response) return account;
      const { owner, name, chosen } = account;
      const admitMore = (count?: number) => admit({ ...options, loaded }, owner, count);
      const refusal = await admitMore();
      if (refusal) return refusal;
      const { host, views } = open(owner, key, look.value);
      const selection = selectionOf(request, chosen);
      const notes = [
        `- What is asked of the Hub is asked as ${showName(name, 80)}.`,
        ...(chosen && selection.chosen ? [CHOSEN_NOTE] : []),
      ];
      return {
        owner,
        place: owner,
        name,
        host: views.view(host, selection, guestInstructions({ ...options, loaded }, ...notes)),
        mayApprove: true,
        token: async () => ({ value: look.value, source: SOURCE, advice: ADVICE }),
        admitMore,
        async recheck() {
          if (!doubted.delete(key)) return undefined;
          checks.delete(key);
          const again = await find(request, look.value, key, place);
          return again instanceof Response ? again : undefined;
        },
      };
    },
    describe(request) {
      const base = baseOf(request);
      const { pathname } = new URL(request.url);
      if (![METADATA, `${METADATA}/mcp`, `${METADATA}${pathOf(base)}`].includes(pathname)) return undefined;
      if (request.method !== 'GET') return refuse(405, 'Use GET.', { headers: { Allow: 'GET' } });
      return Response.json({
        resource: `${base.origin}${pathOf(base)}${queryOf(request)}`,
        authorization_servers: [new URL(hubEndpoint(loaded.config, readHubEnvironment(env))).origin],
        scopes_supported: SCOPES,
        bearer_methods_supported: ['header'],
        resource_name: 'hugwire',
      });
    },
    update(next) {
      loaded = next;
      checks.clear();
      return runtimes()
        .map(({ runtime }) => runtime.update(next))
        .includes(true);
    },
    async settled() {
      await Promise.all(runtimes().map(({ runtime }) => runtime.settled()));
    },
    async close() {
      clearInterval(sweep);
      await Promise.all(runtimes().map(({ runtime }) => runtime.close()));
    },
  };
}

/**
 * Lets go of what runs for accounts that have not called of late; not while it has a job, or keeps the result of one.
 * @param members those that called last come last
 * @param before whose last call was before that, milliseconds since the epoch
 * @param most that are let go of
 */
function letGo(members: Map<string, Member>, before: number, most = Number.POSITIVE_INFINITY): void {
  let left = most;
  for (const [owner, { usedAt, runtimes }] of members) {
    if (usedAt >= before || left <= 0) return;
    const all = [...runtimes.values()];
    if (all.some(({ runtime }) => runtime.spaces.hasJobs())) continue;
    members.delete(owner);
    left -= 1;
    for (const { runtime } of all) void runtime.close();
  }
}

/** The query as it was typed; without what holds a token, which would be passed on. */
function queryOf({ url }: Request): string {
  const { search } = new URL(url);
  return holdsToken(search, undefined) ? '' : search.slice(0, 2_000);
}

function originOf({ url, headers }: Request): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${headers.get('host') ?? host}`;
}

/** @throws HugwireError when the Hub does not say whose token it is */
function readAccount(answer: unknown, chosen: readonly string[] | undefined): Account {
  const { id, name, auth } = isObject(answer) ? answer : {};
  // Mirrors of the Hub may leave the id out.
  const owner = [id, typeof name === 'string' && name !== '' ? `@${name}` : undefined].find(
    (one): one is string => typeof one === 'string' && one !== '',
  );
  if (owner === undefined) throw new HugwireError('unavailable', 'the Hub did not say whose token it is.');
  const end = isObject(auth) && typeof auth.expiresAt === 'string' ? Date.parse(auth.expiresAt) : Number.NaN;
  const expiresAt = Number.isNaN(end) ? Number.POSITIVE_INFINITY : end;
  return { owner: `u:${cleanLine(owner, 80)}`, name: cleanLine(name, 80) || '?', expiresAt, chosen };
}
