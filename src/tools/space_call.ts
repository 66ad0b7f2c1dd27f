import * as z from 'zod';
import type { Config } from '../config/schema.js';
import { componentOf } from '../gradio/components.js';
import { plainText } from '../gradio/errors.js';
import { cancelled, HugwireError } from '../lib/errors.js';
import { formatBytes, formatDuration } from '../lib/format.js';
import { cleanLine, cleanText, cutText, fence, quote, splitAt } from '../lib/text.js';
import { placeFiles } from '../spaces/files-out.js';
import { readInlineImage } from '../spaces/save-file.js';
import { innerFiles, type ShownValue, shownLength, showRead, showValues } from '../spaces/shown-values.js';
import type { Job, JobAnswer, SavedFile, SpaceCall, SpaceOutcome } from '../spaces/types.js';
import { askForApp, withFileConsent } from './consent.js';
import { planSpace } from './dry-run.js';
import { defineTool, type Question, type ToolContext, type ToolImage, type ToolResult } from './tool.js';

export const spaceCall = defineTool({
  name: 'space_call',
  title: 'Run a Space',
  toolset: 'spaces',
  effect: 'run',
  description:
    'Run a Gradio Space: make or edit images, audio, video, 3D; transcribe, translate and more. ' +
    'Returned files are saved locally; file arguments take local paths or URLs. A long run answers with a job id.',
  guestDescription:
    'Run a Gradio Space: make or edit images, audio, video, 3D; transcribe, translate and more. ' +
    'Returned pictures are shown and files linked; file arguments take URLs. A long run answers with a job id.',
  input: z.object({
    space: z.string().describe('owner/name, or URL of a local Gradio app'),
    endpoint: z.string().optional().describe('Such as /infer; the main one if left out'),
    arguments: z.record(z.string(), z.unknown()).optional().describe('By name, as space_info shows them'),
    wait_seconds: z.number().min(0).max(600).optional(),
    session: z.string().optional().describe('Any word: calls with the same one share state'),
  }),
  aliases: {
    names: {
      id: 'space',
      repo: 'space',
      url: 'space',
      args: 'arguments',
      inputs: 'arguments',
      apiname: 'endpoint',
      wait: 'wait_seconds',
    },
  },
  rest: 'arguments',
  plan({ space, endpoint, arguments: args = {}, session }, ctx) {
    return planSpace({ space, endpoint, arguments: args, session }, ctx);
  },
  async run({ space, endpoint, arguments: args = {}, wait_seconds, session }, ctx) {
    const seconds = wait_seconds ?? ctx.config.spaces.waitSeconds;
    const next = session && `the Space keeps the state of session="${cleanLine(session, 60)}" for further calls.`;
    return runSpace({ space, endpoint, arguments: args, session }, ctx, { seconds, next });
  },
});

/** The same where other instances of the server can go on with a run. */
export const detachableSpaceCall = defineTool({
  ...spaceCall,
  input: spaceCall.input.extend({
    detach: z.boolean().optional().describe('Answer with a job at once; the run survives this server'),
  }),
  async run({ detach, ...input }, ctx) {
    if (!detach) return spaceCall.run(input, ctx);
    const { space, endpoint, arguments: args = {}, session } = input;
    if (session) {
      throw new HugwireError('invalid_arguments', 'A call that shares a session cannot run detached.', {
        hint: 'Leave out session or detach.',
      });
    }
    return runSpace({ space, endpoint, arguments: args, detach }, ctx, { seconds: TO_THE_END });
  },
});

/** Seconds that no job outlives: a wait for its own end. */
const TO_THE_END = 86_400;

interface AwaitOptions {
  /** How long to wait before the job is handed off. */
  seconds: number;
  /** Added to the text of a result: what can be done with it. */
  next?: string;
}

/**
 * Starts a call of a Space and answers with its result, or with a job when it takes longer. A client that cancels this
 * first call knows of no job yet, and nobody else could stop it: so the run is cancelled at the Space.
 * @param call what is wanted
 * @param ctx of the tool's call
 * @throws HugwireError the run's own failure; `cancelled`
 */
export async function runSpace(call: SpaceCall, ctx: ToolContext, options: AwaitOptions): Promise<ToolResult> {
  await askForApp(call.space, ctx);
  const { ask } = ctx;
  let isOver = false;
  // A job that outlives its call has nobody to ask.
  const gone = () => Promise.reject(new HugwireError('unavailable', 'The call that could ask has ended.'));
  const asking = { ...ctx, ask: ask && ((question: Question) => (isOver ? gone() : ask(question))) };
  const job = ctx.spaces.start(withFileConsent(call, asking));
  const result = await awaitJob(job, ctx, options).finally(() => {
    isOver = true;
  });
  if (!ctx.signal.aborted) return result;
  await job.cancel();
  // That may have come too late for one that is left at its Space, where nobody would know of it.
  if (job.state === 'left') await (await findJob(job.id, ctx)).cancel();
  throw cancelled();
}

/**
 * Waits for a job and answers with its result, or with its id when the time is up. Who waits as long as a run may take hears
 * how it ended: it has to start, and to save its files, besides.
 * @param job running or over
 * @param ctx of the call that waits; its progress is fed
 * @throws HugwireError the job's own failure
 */
export async function awaitJob(job: Job, ctx: ToolContext, { seconds, next }: AwaitOptions): Promise<ToolResult> {
  const patience = seconds >= ctx.config.spaces.maxSeconds ? TO_THE_END : seconds;
  await job.wait(patience, { signal: ctx.signal, onProgress: ctx.progress });
  const { error, outcome } = job;
  if (error) throw error;
  const answer = job.answer ?? (outcome && (await answerOf(outcome, ctx.config)));
  if (!answer) return handOff(job);
  return {
    text: next ? `${answer.text}\nNext: ${next}` : answer.text,
    images: ctx.config.files.inlineImageBytes > 0 ? answer.images : [],
    data: { job: job.id, state: job.state, ...(outcome ? outcomeData(outcome) : { space: job.space }) },
  };
}

/**
 * A finished call as the assistant gets it.
 * @param outcome of a job
 * @param config the configuration in force
 */
export async function answerOf(outcome: SpaceOutcome, { files }: Pick<Config, 'files'>): Promise<JobAnswer> {
  const { images, ...seen } = await inlineImages(outcome.files, files.inlineImageBytes);
  return { text: renderOutcome(outcome, seen), images };
}

/** Tells of a job that is still running, and how to go on. */
function handOff({ id, state, space, endpoint, status, startedAt }: Job): ToolResult {
  const seconds = Math.max(0, (Date.now() - startedAt) / 1000);
  if (state === 'left') {
    const text = `Started, detached: ${cleanLine(space, 120)}${endpoint ? ` ${cleanLine(endpoint, 120)}` : ''}.`;
    return {
      text: `${text}\nNext: call space_result with job="${id}" to wait for the result; cancel=true stops it.`,
      data: { job: id, state, space, endpoint, status, seconds },
    };
  }
  return {
    text: [
      `Still running after ${formatDuration(seconds)}: ${cleanLine(space, 120)}${endpoint ? ` ${cleanLine(endpoint, 120)}` : ''}.`,
      `Status: ${cleanLine(status, 200)}`,
      `Next: call space_result with job="${id}" to wait for the result; cancel=true stops it.`,
    ].join('\n'),
    data: { job: id, state, space, endpoint, status, seconds },
  };
}

/**
 * The job of an id.
 * @throws HugwireError `not_found`
 */
export async function findJob(id: string, { spaces }: Pick<ToolContext, 'spaces'>): Promise<Job> {
  const job = await spaces.job(id.trim());
  if (job) return job;
  throw new HugwireError('not_found', `There is no job ${cleanLine(id, 60)}.`, {
    hint: "Results are kept for an hour and end with hugwire's process. Files that were saved are still there; else call the Space again.",
  });
}

/** Up to here a value stands on the line of its label. */
const MAX_LINE = 300;
const MAX_LOGS = 5;
/** Characters of all values together; those that come after get little: an app may have hundreds of outputs. */
const MAX_TEXT = 24_000;
/** Hosts drop results beyond about a million characters. */
const MAX_BASE64 = 700_000;

/** An answer as `--json` prints it: files are paths on this machine. */
interface OutcomeData {
  space: string;
  endpoint: string;
  seconds: number;
  values: { label: string; component: string; value: unknown }[];
  files: SavedFile[];
  sent: string[];
  logs: string[];
  notes: string[];
}

/**
 * What an endpoint answered, as data.
 * @param outcome of a finished job
 */
export function outcomeData(outcome: SpaceOutcome): OutcomeData {
  const { site, endpoint, seconds, files, sent, logs, notes } = outcome;
  const data = placeFiles(outcome);
  const values = endpoint.returns.map(({ label, component }, at) => ({ label, component, value: data[at] ?? null }));
  const named = files.map(({ image: _, ...file }) => file);
  return { space: site.id, endpoint: endpoint.name, seconds, values, files: named, sent, logs, notes };
}

/** What came of showing the files of an answer. */
interface Seen {
  /** Those that go along as images. */
  shown?: readonly SavedFile[];
  /** Pictures that are cut off or otherwise broken. */
  damaged?: readonly SavedFile[];
}

/**
 * The same as text for the assistant. All that the Space said is cleaned, cut, and fenced where it is long.
 * @param outcome of a finished job
 * @param seen which of its files are shown
 */
export function renderOutcome(outcome: SpaceOutcome, seen: Seen = {}): string {
  const { site, endpoint, seconds, files, sent, logs, notes } = outcome;
  const values = showValues(outcome);
  const limit = shownLength(values);
  let room = MAX_TEXT;
  const isRaw = files.some(({ at }) => at.length === 0);
  const lines = (isRaw ? [] : endpoint.returns).map(({ label, component }, at) => {
    const name = nameValue(label, at);
    const file = files.find((one) => one.at.length === 1 && one.at[0] === at && !one.within);
    if (file && !file.whole) return `${name}: ${nameFile(file, seen)}`;
    const { isChat = false } = componentOf(component);
    const value = renderValue(values[at], Math.min(limit, room), isChat);
    const entry = renderEntry(name, value, site.id);
    room = Math.max(100, room - entry.length);
    return file ? `${entry}\nWhole: ${nameFile(file, seen)}\n${readOn(file, value)}` : entry;
  });
  return [
    `${site.id} ${nameEndpoint(endpoint.name)} answered in ${seconds.toFixed(1)} s${lines.length === 0 && !isRaw ? ', without a value.' : '.'}`,
    ...lines,
    ...innerFiles(files).map((file, index) => `File ${index + 1}: ${nameFile(file, seen)}`),
    ...(logs.length > 0 ? [`Log: ${logs.slice(-MAX_LOGS).map(quoteLine).join(' / ')}`] : []),
    ...(sent.length > 0 ? [`Sent to ${site.id}: ${sent.join(', ')}`] : []),
    ...notes,
  ].join('\n');
}

/**
 * Picks the files that may go along as images, within the size for one and for all of them.
 * @param files of an outcome
 * @param maxBytes of one image
 */
async function inlineImages(files: readonly SavedFile[], maxBytes: number) {
  const [shown, damaged]: [SavedFile[], SavedFile[]] = [[], []];
  const images: ToolImage[] = [];
  let room = MAX_BASE64;
  for (const file of files) {
    if (Math.ceil(file.bytes / 3) * 4 > room) continue;
    const image = await readInlineImage(file, maxBytes);
    if (image === 'damaged') damaged.push(file);
    else if (image) {
      room -= image.data.length;
      shown.push(file);
      images.push(image);
    }
  }
  return { shown, damaged, images };
}

/** The name of an endpoint, in quotation marks where it reads like more than a name. */
function nameEndpoint(name: string): string {
  return /^\/[\p{L}\p{N}_.-]{1,80}$/u.test(name) ? name : quoteLine(name);
}

/** The label of a value, in quotation marks where it reads like more than a label. */
function nameValue(label: string, at: number): string {
  const name = plainText(label, 60);
  if (name === '') return `Output ${at + 1}`;
  return /^[\p{L}\p{N}][\p{L}\p{N} _()/,&+-]{0,39}$/u.test(name) ? name : quoteLine(name);
}

function renderEntry(label: string, { text, length, isEnd, isText }: Rendered, space: string): string {
  const part = `the ${isEnd ? 'last' : 'first'} ${text.length} of ${length} characters`;
  const count = length === undefined ? '' : ` (${part})`;
  if (text.length > MAX_LINE || text.includes('\n')) return `${label}${count}:\n${fence(text, `from ${space}`)}`;
  return `${label}${count}: ${isText ? quote(text) : text}`;
}

interface Rendered {
  text: string;
  /** Characters of the whole, where the text was cut. */
  length?: number;
  /** Whether it is the end of the whole. */
  isEnd?: boolean;
  /** Prose, which is to be told from ours by quotation marks. */
  isText?: boolean;
}

/** @param isEnd whether the end of a long value tells more than its beginning */
function renderValue({ text: whole, isProse }: ShownValue = NOTHING, max: number, isEnd: boolean): Rendered {
  // What is not shown need not be cleaned.
  const most = max * 4 + 1000;
  const part = isEnd ? whole.slice(splitAt(whole, Math.max(0, whole.length - most))) : whole.slice(0, most);
  const clean = isProse ? cleanText(part).trim() : cleanText(part);
  const length = clean.length + whole.length - part.length;
  if (length === 0) return { text: isProse ? '(empty)' : '(nothing)' };
  const text = isEnd ? clean.slice(splitAt(clean, Math.max(0, clean.length - max))) : cutText(clean, max);
  return { text, isText: isProse, ...(text.length < length ? { length, isEnd } : {}) };
}

const NOTHING: ShownValue = { text: '', isProse: false };

/** The call that gives the rest of a long value. */
function readOn({ path }: SavedFile, { text, isEnd }: Rendered): string {
  const offset = isEnd ? 0 : Buffer.byteLength(text.replace(/…$/, ''));
  return `${isEnd ? 'From its beginning' : 'Read on'}: ${showRead(path, offset)}`;
}

function nameFile(file: SavedFile, { shown = [], damaged = [] }: Seen): string {
  const seen = shown.includes(file) ? 'shown below' : damaged.includes(file) ? 'cut off or damaged' : undefined;
  const facts = [file.mimeType, file.bytes > 0 && formatBytes(file.bytes), seen];
  return `${file.path || 'a file'} (${facts.filter(Boolean).join(', ')})`;
}

const quoteLine = (line: string): string => quote(cleanLine(line));
