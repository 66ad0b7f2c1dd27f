import { isDeepStrictEqual } from 'node:util';
import { prepareArguments } from '../gradio/arguments.js';
import { callEndpoint, leaveInQueue } from '../gradio/call.js';
import { chooseEndpoint } from '../gradio/choose.js';
import { componentOf } from '../gradio/components.js';
import { withChanges } from '../gradio/endpoints.js';
import { allChoices } from '../gradio/refine.js';
import type { ComponentChanges, Endpoint, PreparedArguments } from '../gradio/types.js';
import { nameInput, readInputs, sendFiles } from '../gradio/upload.js';
import { fetchGpuQuota, type GpuQuota } from '../hub/account/account.js';
import type { HubClient } from '../hub/types.js';
import { HugwireError, toHugwireError } from '../lib/errors.js';
import { formatDuration } from '../lib/format.js';
import { isObject } from '../lib/json.js';
import { showValue } from '../lib/json-schema.js';
import { writeCommand } from '../lib/platform.js';
import { showName } from '../lib/text.js';
import { openInputFile } from './files-in.js';
import { saveOutputs } from './files-out.js';
import type { JobContext } from './jobs.js';
import { holdsTokenInUse } from './local-files.js';
import type { AppLogins } from './logins.js';
import { type PinOptions, pinFetch } from './origin.js';
import { explainChange } from './pinned.js';
import { argumentHoldsToken } from './secrets.js';
import type { Session, SessionTable } from './sessions.js';
import type { LeftCall } from './shared-jobs.js';
import { saveLongValues, saveRaw } from './shown-values.js';
import type { SavedFileRecords, SpaceApp, SpaceCall, SpaceOutcome, SpacePlan, SpaceSite } from './types.js';

/** What calls run with, besides the Space itself. */
export interface CallAccess {
  /** Bound to the call's signal. */
  hub: HubClient;
  /** A plain fetch; every use is pinned to the Space. */
  net: typeof fetch;
  /** `files.readFrom` */
  readFrom: readonly string[];
  /** Where the files of the answer go: `files.saveTo`; "" leaves them at the Space. */
  saveTo: string;
  /** Bytes of a picture at most that is shown where nothing is saved: `files.inlineImageBytes`. */
  imageBytes: number;
  /** The index of what was saved. */
  savedFiles?(): Promise<SavedFileRecords>;
  /** The logins of apps. */
  logins?: AppLogins;
  /** Whether a person named the files, in a terminal. */
  typed?: boolean;
  /** Whether others than the user of this machine call. */
  shared?: boolean;
  /** Bytes of one file at most, either way: `files.maxMegabytes`. */
  maxBytes: number;
  signal?: AbortSignal;
}

interface RunAccess extends CallAccess {
  /** Seconds that a run may take, where the call does not say. */
  maxSeconds: number;
  sessions: SessionTable;
}

/**
 * Runs a call on an app from its arguments to the files on disk.
 * @param app described and awake
 * @param call what is wanted
 * @param context the job's signal and its ear for events
 * @param access to the Hub, the network and the disk
 * @param left the call was left at the Space earlier: it is only listened to
 * @returns nothing when the call is to be left at the Space
 * @throws HugwireError whatever goes wrong on the way
 */
export async function runSpaceCall(
  app: SpaceApp,
  call: SpaceCall,
  { signal, onEvent, leave }: JobContext,
  { hub, maxSeconds, sessions, ...access }: RunAccess,
  left?: LeftCall,
): Promise<SpaceOutcome | undefined> {
  const { site } = app;
  const { saveTo, savedFiles, imageBytes } = access;
  const { value: known } = await hub.token();
  const token = site.sendToken ? known : undefined;
  const sentToken = token !== undefined;
  const run = async ({ hash: sessionHash, route, changes }: Session): Promise<SpaceOutcome | undefined> => {
    // What is taken may depend on the answers before.
    const fitted = left ? findLeft(app, left) : await fitCall(app, call, known, changes);
    const { endpoint, prepared, given, notes } = fitted;
    try {
      // Files, call and answers must meet the same replica of the Space.
      const wire = { app, net: await netFor(site, access, { token, route }), signal, onEvent };
      const rules = { ...access, token: known, consent: call.consent, command: writeCall(site, endpoint, given) };
      const read = (source: string) => openInputFile(source, { ...access, rules, hub, app, net: wire.net });
      const { data, sent: sentNow } = await sendFiles(prepared, { ...wire, read });
      const { sent, prompt } = left ?? { sent: sentNow, prompt: firstText(endpoint, data) };
      const seconds = call.maxSeconds ?? maxSeconds;
      const calling = { ...wire, endpoint, data, sessionHash, joined: left?.event, sentToken, maxSeconds: seconds };
      if (call.detach && leave) {
        const { name, fnIndex } = endpoint;
        const about = { base: site.base, endpoint: name, fnIndex, session: sessionHash, pinned: call.pinned };
        const keep = (event: string) => leave({ ...about, event, replica: route.replica, sent, notes, prompt });
        await leaveInQueue(calling, keep);
        return undefined;
      }
      const answer = await callEndpoint(calling).catch(async (error) => {
        throw await explainQuota(error, hub, sentToken);
      });
      const { changes: told = new Map() } = answer;
      notes.push(...tellChoices(app, told, changes, call.session));
      const next = nextSteps(app, endpoint, call);
      for (const [id, change] of told) changes.set(id, { ...changes.get(id), ...change });
      if (answer.raw !== undefined) {
        const raw = await saveRaw(answer.raw, { ...access, app, endpoint });
        return {
          ...answer,
          raw: undefined,
          site,
          endpoint,
          files: raw.files,
          sent,
          notes: [...notes, ...raw.notes, ...next],
        };
      }
      const media = await saveOutputs(answer.data, {
        ...wire,
        endpoint,
        saveTo,
        savedFiles,
        imageBytes,
        route,
        maxBytes: access.maxBytes,
        prompt,
        onProgress: (done, total) => onEvent({ kind: 'saving', done, total }),
      });
      const outcome = { ...answer, site, endpoint, data: media.data, files: media.files };
      const long = await saveLongValues(outcome, { ...access, app, endpoint });
      const files = [...media.files, ...long.files];
      return { ...outcome, files, sent, notes: [...notes, ...media.notes, ...long.notes, ...next] };
    } catch (error) {
      throw explainChange(error, notes);
    }
  };
  return left
    ? run({ hash: left.session, route: { replica: left.replica }, changes: new Map() })
    : sessions.run(site.id, call.session, signal, run);
}

const MAX_CHOICES = 40;

/**
 * Tells of the choices that came with an answer, where they are others than before.
 * @param app that answered
 * @param told by the answer
 * @param known from earlier answers of the session
 * @param session the caller's word for it, if there is one
 */
function tellChoices(app: SpaceApp, told: ComponentChanges, known: ComponentChanges, session?: string): string[] {
  const lines = [...told].flatMap(([id, { choices }]) => {
    const owner = app.endpoints.find(
      (one) => !one.hidden && one.parameters.some(({ componentId }) => componentId === id),
    );
    const parameter = owner?.parameters.find(({ componentId }) => componentId === id);
    if (!owner || !parameter || choices === undefined) return [];
    const values = (props: Record<string, unknown>) => allChoices(props).map(([, value]) => value);
    const { schema } = parameter;
    const listed = isObject(schema.items) ? schema.items.enum : schema.enum;
    const before = known.get(id);
    if (isDeepStrictEqual(values({ choices }), before?.choices ? values(before) : listed)) return [];
    const now = allChoices({ choices });
    const shown = now.slice(0, MAX_CHOICES).map(([label, value]) => {
      const text = showValue(value, 60);
      return label === String(value) ? text : `${text} (${showValue(label, 60)})`;
    });
    const more = now.length - shown.length;
    return [
      `${showName(parameter.name)} of ${showName(owner.name)} now takes ${shown.join(', ') || 'no choice'}${more > 0 ? ` and ${more} more, which it takes as well` : ''}.`,
    ];
  });
  if (lines.length === 0 || session) return lines;
  return [...lines, 'That holds within a session only: make this call and the next with the same session="WORD".'];
}

/**
 * Checks all of a call that can be checked without making it: the endpoint, the arguments, and every file that it would
 * send, which is opened.
 * @param app described and running
 * @param call what is wanted
 * @param access to the Hub, the network and the disk
 * @throws HugwireError whatever the call itself would fail with before anything is sent
 */
export async function planCall(app: SpaceApp, call: SpaceCall, access: CallAccess): Promise<SpacePlan> {
  const { site } = app;
  const { value: known } = await access.hub.token();
  const { endpoint, prepared, given, notes } = await fitCall(app, call, known);
  const token = site.sendToken ? known : undefined;
  const net = await netFor(site, access, { token });
  const rules = { ...access, token: known, consent: call.consent, command: writeCall(site, endpoint, given) };
  const inputs = await readInputs(prepared, app, (source) => openInputFile(source, { ...access, rules, app, net }));
  const named = endpoint.parameters.map(({ name, slot }): [string, unknown] => [name, prepared.data[slot]]);
  const values = Object.fromEntries(named.filter(([, value]) => value !== null));
  const files = inputs.map((input, at) => ({
    parameter: prepared.files[at]?.parameter ?? '',
    source: nameInput(input),
  }));
  return { site, endpoint, values, files, sentToken: token !== undefined, notes };
}

/** What an answer leaves to do, as the app's own page would go on. */
function nextSteps(app: SpaceApp, { name, followedBy = [] }: Endpoint, { session }: SpaceCall): string[] {
  const list = (names: string[]) =>
    names
      .slice(0, 5)
      .map((one) => showName(one))
      .join(', ');
  const users = app.endpoints.filter(({ stateFrom }) => stateFrom?.includes(name)).map((one) => one.name);
  return [
    ...(users.length > 0 && session === undefined
      ? [
          `What it left for ${list(users)} is lost, as no session was given: name the same session in the calls of both.`,
        ]
      : []),
    ...(followedBy.length > 0 ? [`The page now runs ${list(followedBy)}: call that for the rest of the work.`] : []),
  ];
}

/** A fetch for the app alone, logged in where the user has given a login. */
async function netFor(site: SpaceSite, { net, logins }: Pick<CallAccess, 'net' | 'logins'>, options: PinOptions) {
  const pinned = pinFetch(net, site, options);
  return logins ? logins.through(pinned, site) : pinned;
}

/** A call whose arguments fit the app as it is now. */
interface FittedCall {
  endpoint: Endpoint;
  prepared: PreparedArguments;
  /** The arguments as they were given. */
  given: unknown;
  /** What had to be changed for it. */
  notes: string[];
}

/**
 * Chooses the endpoint of a call and makes its arguments ready, without sending anything.
 * @param token in use: it goes out in no argument
 * @param changes of the session
 */
async function fitCall(
  app: SpaceApp,
  call: SpaceCall,
  token: string | undefined,
  changes: ComponentChanges = new Map(),
): Promise<FittedCall> {
  const { arguments: given, notes } = (await call.adapt?.(app)) ?? { arguments: call.arguments, notes: [] };
  try {
    const chosen = chooseEndpoint(app, call.endpoint, isObject(given) ? Object.keys(given) : []);
    const endpoint = withChanges(chosen, app, changes);
    const prepared = await prepareArguments(endpoint, given);
    for (const { name, slot } of endpoint.parameters) {
      const sources = prepared.files.filter(({ parameter }) => parameter === name).map(({ source }) => source);
      if (argumentHoldsToken([prepared.data[slot], sources], token)) throw holdsTokenInUse(`The argument "${name}"`);
    }
    if (argumentHoldsToken(call.session, token)) throw holdsTokenInUse('The argument "session"');
    return { endpoint, prepared, given, notes };
  } catch (error) {
    throw explainChange(error, notes);
  }
}

/**
 * What there is to be known again of a call that was left at its Space.
 * @throws HugwireError `space_broken` when the app is not the one that was called
 */
function findLeft(app: SpaceApp, { base, endpoint: called, fnIndex, notes }: LeftCall): FittedCall {
  const endpoint = app.endpoints.find((one) => one.name === called && one.fnIndex === fnIndex);
  if (endpoint && app.site.base === base) return { endpoint, prepared: { data: [], files: [] }, given: {}, notes };
  const message = `${app.site.id} has changed since the call was left there, and has dropped it.`;
  throw new HugwireError('space_broken', message, { hint: 'Call the Space again.' });
}

/** Longer ones nobody copies. */
const MAX_COMMAND = 2000;

/** A call as a command for a terminal; undefined where it cannot be copied safely. */
function writeCall({ id }: SpaceSite, { name }: Endpoint, given: unknown): string | undefined {
  const words = ['hugwire', 'call', 'space_call', `space=${id}`, `endpoint=${name}`];
  const whole = JSON.stringify(given ?? {});
  if (whole.length > MAX_COMMAND) return undefined;
  const pairs = isObject(given) ? Object.entries(given) : [['', '']];
  const isPlain = pairs.every(([key, value]) => /^[\w.-]+$/.test(String(key)) && typeof value !== 'object');
  const write = ([key, value]: unknown[]) => (typeof value === 'string' ? `${key}=${value}` : `${key}:=${value}`);
  // Quotation marks within a word are not for every shell.
  return (
    writeCommand([...words, `arguments:=${whole}`]) ??
    (isPlain ? writeCommand([...words, ...pairs.map(write)]) : undefined)
  );
}

/** The first text that the call was given: it names the files. */
function firstText({ parameters }: Endpoint, data: unknown[]): string | undefined {
  const texts = parameters.filter(({ component }) => componentOf(component).isText).map(({ slot }) => data[slot]);
  return texts.find((text): text is string => typeof text === 'string' && text !== '');
}

/**
 * Says whose ZeroGPU quota a refusal is about. A Space may itself call another one with its author's token, so the words of
 * the refusal alone do not tell; the account's own figures do.
 * @param error what the call failed with; anything but `quota_exceeded` is handed back as it is
 * @param hub asked for the account's quota
 * @param sentToken whether the call carried the account's token
 */
export async function explainQuota(error: unknown, hub: HubClient, sentToken: boolean): Promise<unknown> {
  if (!(error instanceof HugwireError) || error.code !== 'quota_exceeded' || !sentToken) return error;
  const { code, message, cause, retryAfterSeconds } = error;
  const quota = await fetchGpuQuota(hub).catch(toHugwireError);
  if (quota instanceof HugwireError && quota.code === 'unauthorized') {
    const hint = `${error.hint} Whether it is the quota of your account cannot be told: ${quota.hint}`;
    return new HugwireError(code, message, { hint, cause, retryAfterSeconds });
  }
  if (!quota || quota instanceof HugwireError) return error;
  const usedRuns = quota.runsRemaining !== undefined && quota.runsRemaining <= 0;
  return new HugwireError(code, message, {
    hint: describeQuota(quota, /\((\d+)s requested/.exec(message)?.[1]),
    cause,
    retryAfterSeconds: retryAfterSeconds ?? secondsUntil(usedRuns ? quota.runsResetAt : quota.resetsAt),
  });
}

function describeQuota({ base, remaining, paid = 0, runsRemaining, runsLimit }: GpuQuota, requested?: string): string {
  if (runsRemaining !== undefined && runsRemaining <= 0) {
    return `Your account has used its ${runsLimit ?? ''} ZeroGPU runs; wait, or use a Space on other hardware.`;
  }
  const left = `Your account has ${formatDuration(Math.max(0, remaining))} of ${formatDuration(base)} ZeroGPU time left`;
  if (remaining > Number(requested ?? 0)) {
    return `${left}, so this refusal is likely about another account, such as one that the Space itself uses. Try another Space.`;
  }
  const beyond = paid > 0 ? `, and has used ${formatDuration(paid)} of paid time` : '';
  const credits = paid > 0 ? ', add credits at https://huggingface.co/settings/billing' : '';
  return `${left}${beyond}. Wait until it resets${credits}, or use a Space on other hardware.`;
}

function secondsUntil(date: string | undefined): number | undefined {
  const milliseconds = date === undefined ? Number.NaN : Date.parse(date) - Date.now();
  return milliseconds > 0 ? Math.ceil(milliseconds / 1000) : undefined;
}
