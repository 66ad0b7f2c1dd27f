import { HugwireError } from '../errors.js';
import type { HubClient } from '../hub/types.js';
import { callEndpoint } from './call.js';
import type { Clock } from './clock.js';
import { openInputFile } from './files-in.js';
import { saveOutputs } from './files-out.js';
import type { JobContext } from './jobs.js';
import type { CallLimits } from './limits.js';
import { saveLongValues } from './long-values.js';
import { pinFetch } from './origin.js';
import { explainChange } from './pinned-call.js';
import { fitCall } from './plan.js';
import { explainQuota } from './quota.js';
import type { SessionTable } from './sessions.js';
import type { App, Endpoint, SpaceCall, SpaceOutcome } from './types.js';
import { sendFiles } from './upload.js';

export interface RunOptions {
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
export async function runCall(
  app: App,
  call: SpaceCall,
  context: JobContext,
  options: RunOptions,
): Promise<SpaceOutcome> {
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
export function checkAllowed(others: 'allow' | 'pinned-only' | 'off', pinned: boolean, space: string): void {
  if (others === 'allow' || (others === 'pinned-only' && pinned)) return;
  const what = others === 'off' ? 'Calling Spaces by name is' : `${space} is not pinned, and calling other Spaces is`;
  throw new HugwireError('disabled', `${what} turned off in hugwire’s config (spaces.others).`, {
    hint:
      others === 'off'
        ? 'Use the tools of the pinned Spaces.'
        : `Use the tool of a pinned Space. The user can pin this one: \`hugwire spaces add ${space}\`.`,
  });
}
