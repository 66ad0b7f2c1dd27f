import { randomBytes } from 'node:crypto';
import { HugwireError, toHugwireError } from '../lib/errors.js';
import { formatDuration } from '../lib/format.js';
import { waitAtMost } from '../lib/time.js';
import type { Job, JobState, JobWait, SpaceEvent, SpaceOutcome } from './types.js';

/** What a job's work may use. */
export interface JobContext {
  /** Fires when the job is cancelled. */
  signal: AbortSignal;
  onEvent(event: SpaceEvent): void;
}

/** What the table of jobs may take. */
export const JOB_LIMITS = {
  /** Milliseconds that a result is kept. */
  keepMs: 3_600_000,
  /** Finished jobs kept at most; the oldest goes first. */
  maxKept: 100,
  /** Characters of JSON in all kept results. */
  maxKeptSize: 64 * 2 ** 20,
  /** Jobs that run at the same time. */
  maxRunning: 16,
  /** Milliseconds that `close` waits for the Spaces to be told. */
  closeMs: 1_000,
};

/** The calls that run, and the results of those that ended. */
export class JobTable {
  private readonly jobs = new Map<string, TrackedJob>();
  private closed = false;

  /**
   * Starts work as a job. What goes wrong is told by the job.
   * @param target what it is about, for those who ask later
   * @param work does it
   */
  start(target: { space: string; endpoint?: string }, work: (context: JobContext) => Promise<SpaceOutcome>): Job {
    const running = [...this.jobs.values()].filter(({ state }) => state === 'running');
    const job = new TrackedJob(target, async (context) => {
      if (this.closed) throw new HugwireError('cancelled', 'hugwire is shutting down.');
      if (running.length >= JOB_LIMITS.maxRunning) throw tooMany(running.slice(0, JOB_LIMITS.maxRunning));
      return work(context);
    });
    this.jobs.set(job.id, job);
    void job.finished.then(() => this.tidy());
    return job;
  }

  /** A job that runs, or whose result is still kept. */
  get(id: string): Job | undefined {
    this.tidy();
    return this.jobs.get(id);
  }

  /** Whether any call runs, or its result is still kept. */
  hasAny(): boolean {
    this.tidy();
    return this.jobs.size > 0;
  }

  /** Cancels what runs, waits until the Spaces were told or the time is up, and forgets everything. */
  async close(): Promise<void> {
    this.closed = true;
    const ended = Promise.all([...this.jobs.values()].map((job) => job.cancel()));
    await waitAtMost(JOB_LIMITS.closeMs, ended);
    this.jobs.clear();
  }

  private tidy(): void {
    const { keepMs, maxKept, maxKeptSize } = JOB_LIMITS;
    const kept = [...this.jobs.values()]
      .filter(({ endedAt }) => endedAt !== undefined)
      .sort((one, other) => (other.endedAt ?? 0) - (one.endedAt ?? 0));
    let size = 0;
    for (const [rank, job] of kept.entries()) {
      size += job.size;
      const old = Date.now() - (job.endedAt ?? 0) >= keepMs;
      // The newest result stays whatever its size: someone is about to read it.
      if (old || rank >= maxKept || (rank > 0 && size > maxKeptSize)) this.jobs.delete(job.id);
    }
  }
}

function tooMany(running: Job[]): HugwireError {
  const ids = running.slice(0, 3).map(({ id }) => id);
  return new HugwireError('rate_limited', `${running.length} calls of Spaces run already.`, {
    hint: `Wait for one of them with space_result, or cancel one: ${ids.join(', ')}, …`,
  });
}

class TrackedJob implements Job {
  readonly id = `j_${randomBytes(16).toString('base64url')}`;
  readonly space: string;
  readonly endpoint?: string;
  readonly startedAt: number;
  readonly finished: Promise<void>;
  state: JobState = 'running';
  outcome?: SpaceOutcome;
  error?: HugwireError;
  endedAt?: number;
  /** Characters of the result as JSON. */
  size = 0;
  private standing: Standing = { progress: 0, message: 'Starting' };
  private readonly abort = new AbortController();
  private readonly watchers = new Set<(standing: Standing) => void>();

  constructor(target: { space: string; endpoint?: string }, work: (context: JobContext) => Promise<SpaceOutcome>) {
    this.space = target.space;
    this.endpoint = target.endpoint;
    this.startedAt = Date.now();
    const onEvent = (event: SpaceEvent): void => this.take(event);
    this.finished = work({ signal: this.abort.signal, onEvent })
      .then((outcome) => this.succeed(outcome))
      .catch((error) => this.fail(toHugwireError(error)));
  }

  get status(): string {
    return this.standing.message;
  }

  async wait(seconds: number, { signal, onProgress }: JobWait = {}): Promise<JobState> {
    if (this.state !== 'running' || signal?.aborted) return this.state;
    const pacer = onProgress && createPacer(onProgress);
    pacer?.report(this.standing);
    if (pacer) this.watchers.add(pacer.report);
    await new Promise<void>((resolve) => {
      const enough = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', enough);
        resolve();
      };
      const timer = setTimeout(enough, seconds * 1000);
      signal?.addEventListener('abort', enough, { once: true });
      void this.finished.then(enough);
    });
    if (pacer) this.watchers.delete(pacer.report);
    pacer?.stop();
    return this.state;
  }

  async cancel(): Promise<void> {
    this.abort.abort(new HugwireError('cancelled', 'The call was cancelled.'));
    await this.finished;
  }

  private take(event: SpaceEvent): void {
    this.standing = advance(this.standing, event);
    for (const watch of this.watchers) watch(this.standing);
  }

  private succeed(outcome: SpaceOutcome): void {
    this.size = JSON.stringify(outcome.data).length;
    this.outcome = outcome;
    this.end('done');
  }

  private fail(error: HugwireError): void {
    this.error = error;
    this.end(this.abort.signal.aborted ? 'cancelled' : 'failed');
  }

  private end(state: JobState): void {
    this.state = state;
    this.endedAt = Date.now();
  }
}

/** Where a call stands: 0 to 100, and in words. */
export interface Standing {
  progress: number;
  message: string;
}

export interface ProgressStep extends Standing {
  total: number;
}

/** Four a second are plenty for a person; a client that hears nothing for ten seconds may give up. */
const MIN_GAP_MS = 250;
const SIGN_OF_LIFE_MS = 8_000;
const CEILING = 99.9;

type Read<Kind extends SpaceEvent['kind']> = (event: Extract<SpaceEvent, { kind: Kind }>, before: Standing) => Standing;

/** Each phase of a call has its stretch of the scale. */
const READINGS: { [Kind in SpaceEvent['kind']]: Read<Kind> } = {
  waiting: ({ message }, before) => ({ progress: Math.min(4, before.progress + 0.5), message }),
  uploading: ({ done, total }) => ({
    progress: 5 + 3 * share(done, total),
    message: `Uploading ${done}/${total} files`,
  }),
  queued: ({ position, size, etaSeconds }) => ({
    progress: 8 + 2 / (position + 1.5),
    message: `Queue position ${position + 1} of ${Math.max(size, position + 1)}${eta(etaSeconds)}`,
  }),
  started: ({ etaSeconds }) => ({
    progress: 10,
    message: `Running${etaSeconds ? `, usually ${duration(etaSeconds)}` : ''}`,
  }),
  step: (event, before) => ({
    progress: event.fraction === undefined ? Math.min(90, before.progress + 1) : 10 + 85 * event.fraction,
    message: describeStep(event),
  }),
  partial: ({ text }, before) => ({
    progress: Math.min(90, before.progress + 1),
    message: text ? quote(text) : 'Receiving',
  }),
  log: ({ message }, before) => ({ progress: before.progress, message: quote(message) }),
  saving: ({ done, total }) => ({ progress: 95 + 4 * share(done, total), message: `Saving ${done}/${total} files` }),
};

/**
 * Where a call stands after an event; never behind where it stood before.
 * @param before where it stood
 * @param event what happened
 */
export function advance(before: Standing, event: SpaceEvent): Standing {
  const read = READINGS[event.kind] as Read<SpaceEvent['kind']>;
  const { progress, message } = read(event as never, before);
  return { progress: Math.max(before.progress, progress), message };
}

function describeStep({ description, fraction, index, length, unit }: Extract<SpaceEvent, { kind: 'step' }>): string {
  const count =
    index === undefined
      ? ''
      : `${short(index)}${length === undefined ? '' : `/${short(length)}`}${unit ? ` ${unit}` : ''}`;
  const amount = count || (fraction === undefined ? '' : `${Math.round(fraction * 100)} %`);
  return [description && quote(description), amount].filter(Boolean).join(' ') || 'Running';
}

/** Marks the Space's words: the message also gets to the assistant, with a job that is handed off. */
const quote = (words: string): string => `“${words}”`;
const short = (value: number): number => Math.round(value * 1000) / 1000;
const share = (done: number, total: number): number => (total > 0 ? Math.min(1, done / total) : 1);
const duration = (seconds: number): string => formatDuration(Math.max(1, seconds));
const eta = (seconds?: number): string => (seconds === undefined ? '' : `, about ${duration(seconds)} left`);

/**
 * Passes on where a call stands as MCP wants it: strictly rising, at most four a second (the last one wins), and a sign of
 * life every eight seconds whatever happens.
 * @param emit takes a step
 * @returns `report` takes a standing at any rate; `stop` ends it all
 */
export function createPacer(emit: (step: ProgressStep) => void) {
  const startedAt = Date.now();
  let current: Standing | undefined;
  let sent: Standing & { at: number } = {
    progress: Number.NEGATIVE_INFINITY,
    message: '',
    at: Number.NEGATIVE_INFINITY,
  };
  let nextSend: NodeJS.Timeout | undefined;
  let nextSign = waitForSign();
  let stopped = false;

  function waitForSign(): NodeJS.Timeout {
    return setTimeout(() => {
      const { progress = 0, message = 'Waiting' } = current ?? {};
      send({ progress, message }, ` (${formatDuration((Date.now() - startedAt) / 1000)})`);
    }, SIGN_OF_LIFE_MS);
  }

  function send({ progress, message }: Standing, suffix = ''): void {
    clearTimeout(nextSend);
    nextSend = undefined;
    clearTimeout(nextSign);
    nextSign = waitForSign();
    // Where nothing is gained, ever smaller steps keep it rising without reaching the end.
    const wanted = short(Math.min(CEILING, progress));
    const crept = sent.progress + (100 - sent.progress) / 1000;
    // Rounded down: what creeps towards the end must not reach it.
    const next = [wanted, Math.floor(crept * 1000) / 1000].find((one) => one > sent.progress) ?? crept;
    if (next > sent.progress) emit({ progress: next, total: 100, message: `${message}${suffix}` });
    sent = { progress: next, message, at: Date.now() };
  }

  return {
    report(standing: Standing): void {
      if (stopped || (standing.progress <= sent.progress && standing.message === sent.message)) return;
      current = standing;
      const gap = sent.at + MIN_GAP_MS - Date.now();
      if (gap <= 0) send(standing);
      else nextSend ??= setTimeout(() => send(current ?? standing), gap);
    },
    stop(): void {
      stopped = true;
      clearTimeout(nextSend);
      clearTimeout(nextSign);
    },
  };
}
