import { HugwireError } from '../errors.js';
import type { Job, SpaceCall } from '../spaces/types.js';
import { formatDuration } from '../text/format.js';
import { cleanLine } from '../text/sanitize.js';
import { inlineImages, outcomeData, renderOutcome } from './space-outcome.js';
import type { ToolContext, ToolResult } from './tool.js';

/** Seconds that no job outlives: a wait for its own end. */
const TO_THE_END = 86_400;

export interface AwaitOptions {
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
  const job = ctx.spaces.start(call);
  const result = await awaitJob(job, ctx, options);
  if (!ctx.signal.aborted) return result;
  await job.cancel();
  throw new HugwireError('cancelled', 'The call was cancelled.');
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
  if (job.error) throw job.error;
  if (!job.outcome) return handOff(job);
  const { shown, images } = await inlineImages(job.outcome.files, ctx.config.files.inlineImageBytes);
  const text = renderOutcome(job.outcome, shown);
  return {
    text: next ? `${text}\nNext: ${next}` : text,
    images,
    data: { job: job.id, state: job.state, ...outcomeData(job.outcome) },
  };
}

/** Tells of a job that is still running, and how to go on. */
function handOff({ id, state, space, endpoint, status, startedAt }: Job): ToolResult {
  const seconds = Math.max(0, (Date.now() - startedAt) / 1000);
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
export function findJob(id: string, { spaces }: Pick<ToolContext, 'spaces'>): Job {
  const job = spaces.job(id.trim());
  if (job) return job;
  throw new HugwireError('not_found', `There is no job ${cleanLine(id, 60)}.`, {
    hint: 'Results are kept for an hour and end with hugwire’s process. Files that were saved are still there; else call the Space again.',
  });
}
