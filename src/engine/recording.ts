import type { Config } from '../config/schema.js';
import { ERROR_CODES } from '../lib/errors.js';
import { VERSION } from '../lib/version.js';
import type { TurnMark } from '../sessions/entries.js';
import type { History } from '../sessions/history.js';
import { type CallOutcome, type CallRecorder, Recorder } from '../sessions/recorder.js';
import type { Spaces, StartedJob } from '../spaces/types.js';
import type { AnyTool, ToolContext, ToolResult } from '../tools/tool.js';
import type { CallHost, CallRecording } from './call.js';
import type { Runtime, RuntimeOptions } from './runtime.js';
import type { Service } from './service.js';

/** What records a turn of an assistant. */
export interface TurnRecording extends Pick<Recorder, 'record'> {
  /** Records a call of one of hugwire's tools. */
  onCall: NonNullable<CallHost['record']>;
  /** Records a call of another server's tool. */
  call(tool: string, args: unknown): CallRecorder;
}

/** What ties the recorder of a session to the server and its tools. */
export interface Recording {
  recorder: Recorder;
  /** What tools get. */
  context: Pick<ToolContext, 'session' | 'history'>;
  /** What the server tells. */
  hooks: Pick<Service, 'onClient' | 'onRefusal' | 'record' | 'recordTurn' | 'resources'>;
  /** Takes another state of the config over. */
  update(config: Config): void;
}

/**
 * Begins to record the session of this process. Nothing is written before a client has called a tool or stayed a while.
 * @param options the config as it is now, and hugwire's directories
 * @param runtime the tools; asked for later
 */
export function createRecording(
  {
    loaded: { config, profile },
    paths,
    dryRun = false,
    log,
  }: Pick<RuntimeOptions, 'loaded' | 'paths' | 'dryRun' | 'log'>,
  runtime: () => Runtime,
): Recording {
  let current = config;
  const recorder = new Recorder({
    state: paths.state,
    enabled: config.sessions.record,
    version: VERSION,
    profile,
    tools: () =>
      runtime()
        .tools()
        .map(({ name }) => name),
    secrets: () => runtime().secrets(),
    log,
    keepDays: () => current.sessions.keepDays,
  });
  const history: History = {
    current: recorder.id,
    async search(query) {
      const { openHistory } = await import('../sessions/history.js');
      return openHistory(recorder.directory, recorder.id, () => recorder.settled()).search(query);
    },
  };
  const resources = async () => {
    const { openResources } = await import('../sessions/resources.js');
    return openResources({
      directory: recorder.directory,
      current: recorder.id,
      settled: () => recorder.settled(),
      enabled: () => current.sessions.record,
      files: await runtime().savedFiles(),
    });
  };
  const record = (tool: AnyTool, args: unknown, turn?: TurnMark) =>
    recordCall(recorder, tool, args, { dryRun: dryRun || current.tools.dryRun, turn });
  return {
    recorder,
    context: { session: recorder, history },
    hooks: {
      onClient: (client) => recorder.client(client),
      onRefusal: (message) => recorder.note('notice', message),
      // Declared as the process begins: turned on later, sessions are recorded but not served before the next start.
      ...(config.sessions.record ? { resources } : {}),
      record,
      recordTurn: (turn) => ({
        onCall: (tool, args) => record(tool, args, turn),
        call: (tool, args) => recorder.call(tool, args, false, turn),
        record: (entry) => recorder.record({ ...entry, ...turn }),
      }),
    },
    update(next) {
      current = next;
      recorder.enable(next.sessions.record);
    },
  };
}

/**
 * Records a call of a tool: its arguments, what it tells on the way, its result, and what is left of the Hub's limits.
 * @param recorder of the session
 * @param tool that is called
 * @param args as they came
 * @param about `dryRun`: whether tools that run or write only tell what they would do; `turn` of an assistant's that it belongs to
 */
function recordCall(
  recorder: Recorder,
  tool: AnyTool,
  args: unknown,
  { dryRun, turn }: { dryRun: boolean; turn?: TurnMark },
): CallRecording {
  const { name, effect } = tool;
  const record = recorder.call(name, tool.recorded?.(args) ?? args, dryRun && effect !== 'read', turn);
  let hub: ToolContext['hub'] | undefined;
  let answered = false;
  const follow = (job: StartedJob) =>
    void job.finished.then(() => {
      if (answered && job.state !== 'left') {
        record.jobEnded({ id: job.id, state: job.state, error: job.error?.code });
      }
    });
  return {
    observe(ctx) {
      if (record.id === undefined) return ctx;
      hub = ctx.hub;
      const progress: ToolContext['progress'] = (step) => {
        record.progress(step);
        ctx.progress(step);
      };
      return { ...ctx, progress, ...askAloud(ctx, record), spaces: withRecord(ctx.spaces, record, follow) };
    },
    end(result, milliseconds) {
      if (record.id === undefined) return;
      answered = true;
      record.end(readOutcome(result), milliseconds);
      recorder.limits({
        ...Object.fromEntries((hub?.limits() ?? []).map(({ bucket, ...window }) => [bucket, window])),
        ...readQuota(result.data),
      });
    },
  };
}

/** The same way to ask the user, which tells the record what was asked and whether it was agreed to; not what was typed. */
function askAloud({ ask }: ToolContext, record: CallRecorder): Pick<ToolContext, 'ask'> {
  if (!ask) return {};
  return {
    async ask(question) {
      const answer = await ask(question).catch((error: unknown) => {
        record.notice(`Asked the user, without an answer: ${question.message}`);
        throw error;
      });
      record.notice(`Asked the user (${answer.action}): ${question.message}`);
      return answer;
    },
  };
}

/** The same Spaces, which tell the record of a call what they log while it runs, and have the jobs followed that it starts. */
function withRecord(spaces: Spaces, record: CallRecorder, follow: (job: StartedJob) => void): Spaces {
  return {
    ...spaces,
    start(call) {
      const job = spaces.start({ ...call, onLog: (line) => record.log(line) });
      follow(job);
      return job;
    },
  };
}

function readOutcome({ text, images, data, isError }: ToolResult): CallOutcome {
  const { error, files } = (data ?? {}) as { error?: { code?: unknown }; files?: unknown };
  const job = readJob(data);
  return {
    summary: text,
    bytes: Buffer.byteLength(text),
    ...(images?.length ? { images: images.length } : {}),
    failed: isError === true,
    ...(isError ? { error: readCode(error?.code, text) } : {}),
    ...(Array.isArray(files) && files.length > 0 ? { files: files.flatMap(readFile) } : {}),
    ...(job ? { job } : {}),
  };
}

/** The code of the error; where several parts failed, that of the first, as the text has it. */
function readCode(code: unknown, text: string): string | undefined {
  const said = typeof code === 'string' ? code : text.match(/\b([a-z_]+): /)?.[1];
  return ERROR_CODES.find((one) => one === said);
}

const JOB_ENDS = ['done', 'failed', 'cancelled'] as const;
const STAGES = { COMPLETED: 'done', ERROR: 'failed', CANCELED: 'cancelled', DELETED: 'cancelled' } as const;

/** The job of a Space, or one on the Hub's machines, that the call started or asked about. */
function readJob(data: unknown): CallOutcome['job'] {
  const { job, state } = (data ?? {}) as { job?: unknown; state?: unknown };
  if (typeof job === 'string') return { id: job, state: JOB_ENDS.find((one) => one === state) ?? 'running' };
  const { id, stage } = (job ?? {}) as { id?: unknown; stage?: unknown };
  return typeof id === 'string' ? { id, state: STAGES[stage as keyof typeof STAGES] ?? 'running' } : undefined;
}

/** A file that a Space made, as its result tells of it. */
function readFile(file: unknown): { path: string; bytes: number; mimeType: string }[] {
  const { path, bytes, mimeType } = (file ?? {}) as Record<string, unknown>;
  if (typeof path !== 'string' || typeof bytes !== 'number' || typeof mimeType !== 'string') return [];
  return [{ path, bytes, mimeType }];
}

/** What is left of the ZeroGPU quota, where the result happens to tell. */
function readQuota(data: unknown): Record<string, unknown> {
  const { zeroGpu } = (data ?? {}) as { zeroGpu?: unknown };
  return zeroGpu === undefined ? {} : { zeroGpu };
}
