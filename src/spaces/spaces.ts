import type { Config } from '../config/schema.js';
import { prepareArguments } from '../gradio/arguments.js';
import { callEndpoint } from '../gradio/call.js';
import { chooseEndpoint } from '../gradio/choose.js';
import { type Clock, systemClock } from '../gradio/clock.js';
import type { CallLimits } from '../gradio/guard.js';
import { pinFetch } from '../gradio/origin.js';
import type {
  AdaptedCall,
  App,
  CallEvent,
  Endpoint,
  FindOptions,
  PreparedArguments,
  SpaceCall,
  SpaceOutcome,
  SpacePlan,
  SpaceSite,
  Spaces,
} from '../gradio/types.js';
import { nameInput, readInputs, sendFiles } from '../gradio/upload.js';
import type { HubClient } from '../hub/types.js';
import { HugwireError } from '../lib/errors.js';
import { isObject } from '../lib/json-schema.js';
import { AppShelf } from './apps.js';
import { openInputFile } from './files-in.js';
import { saveLongValues, saveOutputs } from './files-out.js';
import { type JobContext, type JobLimits, JobTable } from './jobs.js';
import { isOn } from './lock.js';
import { explainChange } from './pinned-call.js';
import { explainQuota } from './quota.js';
import { SessionTable } from './sessions.js';
import { readinessOf, refuseDown } from './stages.js';

interface SpacesOptions {
  /** The Hub as it is now; not bound to any call, since jobs outlive the one that started them. */
  hub(): HubClient;
  /** A plain fetch, aware of proxies; every use is pinned to one Space. */
  net: typeof fetch;
  /** The configuration as it is now. */
  config(): Config;
  clock?: Clock;
  limits?: Partial<JobLimits & CallLimits>;
}

/** Bytes, as sizes are shown. */
const MEGABYTE = 1_000_000;
/** After these the app may not be what it was when it was described. */
const STALE_AFTER = new Set(['space_broken', 'unavailable', 'space_asleep', 'not_found', 'internal']);

/**
 * Ties together finding, describing and calling Spaces, and the jobs that do it.
 * @param options the way to the Hub, to Spaces, and the user's configuration
 */
export function createSpaces({ hub, net, config, clock = systemClock, limits }: SpacesOptions): Spaces {
  const jobs = new JobTable(clock, limits);
  const sessions = new SessionTable();
  const pinnedAs = (id: string) =>
    config().spaces.pinned.find((pin) => isOn(pin) && pin.space.toLowerCase() === id.toLowerCase());
  const apps = new AppShelf({ hub, net, clock, tokenMode: (id) => pinnedAs(id)?.token ?? 'auto' });

  /** Looks the Space of a call up, provided that it may be called. */
  async function findAllowed({ space, pinned }: SpaceCall, signal: AbortSignal | undefined): Promise<SpaceSite> {
    const { others } = config().spaces;
    if (!pinned && others === 'off') checkAllowed('off', false, space);
    const site = await apps.find(space, { signal });
    if (!pinned) checkAllowed(others, pinnedAs(site.id) !== undefined, site.id);
    return site;
  }

  async function plan(call: SpaceCall, options: FindOptions = {}): Promise<SpacePlan> {
    const { signal } = options;
    const site = await findAllowed(call, signal);
    refuseDown(site);
    if (readinessOf(site) !== 'up') return { site, files: [], sentToken: site.sendToken, notes: [] };
    const { readFrom, saveTo, maxMegabytes } = config().files;
    const bound = signal ? hub().withSignal(signal) : hub();
    const app = await apps.open(call.space, options);
    return planCall(app, call, {
      hub: bound,
      net,
      roots: [...readFrom, saveTo],
      maxBytes: maxMegabytes * MEGABYTE,
      signal,
    });
  }

  async function work(call: SpaceCall, context: JobContext): Promise<SpaceOutcome> {
    const { spaces, files } = config();
    const { signal } = context;
    const onEvent = (event: CallEvent) => {
      if (event.kind === 'log') call.onLog?.(event.message);
      context.onEvent(event);
    };
    const site = await findAllowed(call, signal);
    const options = {
      hub: hub(),
      net,
      clock,
      sessions,
      maxSeconds: spaces.maxSeconds,
      readFrom: files.readFrom,
      saveTo: files.saveTo,
      maxBytes: files.maxMegabytes * MEGABYTE,
      limits,
    };
    try {
      return await runCall(await apps.open(call.space, { signal, onEvent }), call, { signal, onEvent }, options);
    } catch (error) {
      if (error instanceof HugwireError && STALE_AFTER.has(error.code)) apps.forget(site);
      throw error;
    }
  }

  return {
    find: (space, options) => apps.find(space, options),
    open: (space, options) => apps.open(space, options),
    plan,
    start: (call) => jobs.start(call, (context) => work(call, context)),
    job: (id) => jobs.get(id),
    hasJobs: () => jobs.hasAny(),
    close: () => jobs.close(),
  };
}

interface RunOptions {
  hub: HubClient;
  net: typeof fetch;
  clock: Clock;
  sessions: SessionTable;
  maxSeconds: number;
  /** Directories whose files may be sent. */
  readFrom: readonly string[];
  /** Where the files of the answer go. */
  saveTo: string;
  /** Bytes of one file at most, either way. */
  maxBytes: number;
  limits?: Partial<CallLimits>;
}

/**
 * Runs a call on an app from its arguments to the files on disk.
 * @param app described and awake
 * @param call what is wanted
 * @param context the job's signal and its ear for events
 * @throws HugwireError whatever goes wrong on the way
 */
async function runCall(app: App, call: SpaceCall, context: JobContext, options: RunOptions): Promise<SpaceOutcome> {
  const { site } = app;
  const { signal, onEvent } = context;
  const { net: open, clock, sessions, readFrom, saveTo, maxBytes, limits } = options;
  const hub = options.hub.withSignal(signal);
  const { endpoint, prepared, notes } = await fitCall(app, call);
  const token = site.sendToken ? (await hub.token()).value : undefined;
  const running = sessions.run(site.id, call.session, signal, async ({ hash: sessionHash, route }) => {
    // Files, call and answers must meet the same replica of the Space.
    const net = pinFetch(open, site, { token, route });
    const roots = [...readFrom, saveTo];
    const read = (source: string) => openInputFile(source, { app, hub, net, roots, maxBytes, signal });
    const { data, sent } = await sendFiles(prepared, { app, net, read, signal, onEvent, clock, limits });
    const maxSeconds = call.maxSeconds ?? options.maxSeconds;
    const sentToken = token !== undefined;
    const wire = { app, endpoint, data, net, signal, sessionHash, sentToken };
    const answer = await callEndpoint({ ...wire, maxSeconds, onEvent, clock, limits }).catch(async (error) => {
      throw await explainQuota(error, hub, sentToken);
    });
    const onProgress = (done: number, total: number): void => onEvent({ kind: 'saving', done, total });
    const prompt = firstText(endpoint, data);
    const saving = { app, endpoint, net, saveTo, maxBytes, prompt, signal, onProgress };
    const media = await saveOutputs(answer.data, saving);
    const long = await saveLongValues(answer.data, media.files, { app, endpoint, saveTo });
    const files = [...media.files, ...long.files];
    return { ...answer, site, endpoint, files, sent, notes: [...notes, ...media.notes, ...long.notes] };
  });
  return running.catch((error) => {
    throw explainChange(error, notes);
  });
}

/** The first text that the call was given: it names the files. */
function firstText({ parameters }: Endpoint, data: unknown[]): string | undefined {
  const texts = parameters.filter(({ component }) => component === 'textbox').map(({ slot }) => data[slot]);
  return texts.find((text): text is string => typeof text === 'string' && text !== '');
}

/**
 * Refuses a Space that the configuration does not let be called.
 * @param others `spaces.others`
 * @param pinned whether the Space is pinned
 * @throws HugwireError `disabled`
 */
function checkAllowed(others: 'allow' | 'pinned-only' | 'off', pinned: boolean, space: string): void {
  if (others === 'allow' || (others === 'pinned-only' && pinned)) return;
  const what = others === 'off' ? 'Calling Spaces by name is' : `${space} is not pinned, and calling other Spaces is`;
  throw new HugwireError('disabled', `${what} turned off in hugwire’s config (spaces.others).`, {
    hint:
      others === 'off'
        ? 'Use the tools of the pinned Spaces.'
        : `Use the tool of a pinned Space. The user can pin this one: \`hugwire spaces add ${space}\`.`,
  });
}

/** A call whose arguments fit the app as it is now. */
interface FittedCall {
  endpoint: Endpoint;
  prepared: PreparedArguments;
  /** What had to be changed for it. */
  notes: string[];
}

/**
 * Chooses the endpoint of a call and makes its arguments ready, without sending anything.
 * @param app described
 * @param call what is wanted
 * @throws HugwireError for an endpoint that is not there, or arguments that it does not take
 */
async function fitCall(app: App, call: SpaceCall): Promise<FittedCall> {
  const asIs: AdaptedCall = { arguments: call.arguments, notes: [] };
  const { arguments: given, notes } = (await call.adapt?.(app)) ?? asIs;
  try {
    const endpoint = chooseEndpoint(app, call.endpoint, isObject(given) ? Object.keys(given) : []);
    return { endpoint, prepared: await prepareArguments(endpoint, given), notes };
  } catch (error) {
    throw explainChange(error, notes);
  }
}

interface PlanOptions {
  hub: HubClient;
  net: typeof fetch;
  /** Directories whose files may be sent. */
  roots: readonly string[];
  /** Bytes of one file at most. */
  maxBytes: number;
  signal?: AbortSignal;
}

/**
 * Checks all of a call that can be checked without making it: the endpoint, the arguments, and every file that it would
 * send, which is opened.
 * @param app described and running
 * @param call what is wanted
 * @throws HugwireError whatever the call itself would fail with before anything is sent
 */
async function planCall(app: App, call: SpaceCall, options: PlanOptions): Promise<SpacePlan> {
  const { hub, roots, maxBytes, signal } = options;
  const { site } = app;
  const { endpoint, prepared, notes } = await fitCall(app, call);
  const token = site.sendToken ? (await hub.token()).value : undefined;
  const net = pinFetch(options.net, site, { token });
  const access = { app, hub, net, roots, maxBytes, signal };
  const inputs = await readInputs(prepared, app, (source) => openInputFile(source, access));
  const named = endpoint.parameters.map(({ name, slot }): [string, unknown] => [name, prepared.data[slot]]);
  const values = Object.fromEntries(named.filter(([, value]) => value !== null));
  const files = inputs.map((input, at) => ({
    parameter: prepared.files[at]?.parameter ?? '',
    source: nameInput(input),
  }));
  return { site, endpoint, values, files, sentToken: token !== undefined, notes };
}
