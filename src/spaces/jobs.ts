import { randomBytes } from 'node:crypto';
import { cancelled, HugwireError, toHugwireError } from '../lib/errors.js';
import { measure } from '../lib/large-json.js';
import { waitAtMost } from '../lib/time.js';
import { advance, createPacer, type Standing } from './progress.js';
import type { JobSharing, LeftCall, SharedJob } from './shared-jobs.js';
import type { Job, JobState, JobWait, SpaceEvent, SpaceOutcome, StartedJob } from './types.js';

/** What a job's work may use. */
export interface JobContext {
  /** Fires when the job is cancelled. */
  signal: AbortSignal;
  onEvent(event: SpaceEvent): void;
  /** Keeps a call that was left at its Space, for whoever asks for it; missing where nobody else could. */
  leave?(call: LeftCall): Promise<void>;
}

/** @returns nothing when the call was left at its Space */
export type JobWork = (context: JobContext) => Promise<SpaceOutcome | undefined>;

/** An id that cannot be guessed. */
export const newJobId = (): string => `j_${randomBytes(16).toString('base64url')}`;

/** What a value costs, in characters. */
const NODE_SIZE = 20;

/** What the table of jobs may take. */
export const JOB_LIMITS = {
  /** Milliseconds that a result is kept. */
  keepMs: 3_600_000,
  /** Finished jobs kept at most; the oldest goes first. No fewer than may wait at once. */
  maxKept: 300,
  /** Characters in all kept results, with each value counted as some of them. */
  maxKeptSize: 32 * 2 ** 20,
  /** Jobs that run at the same time; the others wait for one of them to end. */
  maxRunning: 16,
  /** Jobs that wait; what comes beyond is refused. */
  maxWaiting: 256,
  /** Milliseconds that `close` waits for the Spaces to be told. */
  closeMs: 1_000,
};

/** A job that waits for a slot. */
interface Waiting {
  enter(): void;
  /** Says how many wait before it. */
  tell(ahead: number): void;
}

/** The calls that run or wait, and the results of those that ended. */
export class JobTable {
  private readonly jobs = new Map<string, TrackedJob>();
  private running = 0;
  private readonly waiting = new Set<Waiting>();
  private closed = false;
  private readonly everybody: boolean;
  private readonly sharing?: JobSharing;

  /**
   * @param options `everybody`: people who have nothing to do with each other share it, and an id lets in who knows it;
   *   `sharing` makes the jobs known to other instances of the server
   */
  constructor({ everybody = false, sharing }: { everybody?: boolean; sharing?: JobSharing } = {}) {
    this.everybody = everybody;
    this.sharing = sharing;
    sharing?.onCancel((id) => void this.jobs.get(id)?.cancel());
  }

  /**
   * Starts work as a job, as soon as a slot is free. What goes wrong is told by the job.
   * @param target what it is about, for those who ask later
   * @param work does it
   * @param shared goes on with a job that began at another instance
   */
  start(target: { space: string; endpoint?: string }, work: JobWork, shared = this.sharing?.begin(target)): StartedJob {
    const begin: JobWork = async (context) => {
      if (this.closed) throw new HugwireError('cancelled', 'hugwire is shutting down.');
      const slot = this.takeSlot(context);
      if (slot) await slot;
      try {
        return await work(context);
      } finally {
        this.freeSlot();
      }
    };
    const job = new TrackedJob(target, shared ? (context) => shared.run(context, begin) : begin, shared);
    this.jobs.set(job.id, job);
    void job.finished.then(() => this.tidy());
    return job;
  }

  /** @returns what to wait for, unless a slot is free */
  private takeSlot({ signal, onEvent }: JobContext): Promise<void> | undefined {
    if (this.running < JOB_LIMITS.maxRunning) {
      this.running += 1;
      return undefined;
    }
    if (this.waiting.size >= JOB_LIMITS.maxWaiting) throw this.tooMany();
    return new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.waiting.delete(one);
        this.tellWaiting();
        reject(signal.reason);
      };
      const one: Waiting = {
        enter() {
          signal.removeEventListener('abort', leave);
          resolve();
        },
        tell(ahead) {
          const place = ahead === 0 ? 'next in line' : `${ahead} ahead`;
          onEvent({ kind: 'waiting', message: `Waiting for a free slot, ${place}` });
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      one.tell(this.waiting.size);
      this.waiting.add(one);
    });
  }

  /** Hands the slot of a job that has ended to the one that waits longest. */
  private freeSlot(): void {
    const [next] = this.waiting;
    if (!next) {
      this.running -= 1;
      return;
    }
    this.waiting.delete(next);
    next.enter();
    this.tellWaiting();
  }

  private tellWaiting(): void {
    for (const [ahead, one] of [...this.waiting].entries()) one.tell(ahead);
  }

  private tooMany(): HugwireError {
    const ids = [...this.jobs.values()].filter(({ state }) => state === 'running').slice(0, 3);
    const running = this.running === 1 ? '1 Space call is running' : `${this.running} Space calls are running`;
    const waiting = `${this.waiting.size} ${this.waiting.size === 1 ? 'is' : 'are'} already waiting`;
    return new HugwireError('rate_limited', `${running} and ${waiting}.`, {
      hint: this.everybody
        ? 'Try again in a minute.'
        : `Wait for one of them with space_result, or cancel one: ${ids.map(({ id }) => id).join(', ')}, …`,
    });
  }

  /** A job that runs here, or whose result is still kept. */
  get(id: string): Job | undefined {
    this.tidy();
    return this.jobs.get(id);
  }

  /**
   * The same, or a job that another instance knows of.
   * @param resume goes on with one that was left at its Space
   * @throws HugwireError `unavailable` when other instances cannot be asked
   */
  async find(id: string, resume: (left: LeftCall, space: string) => JobWork): Promise<Job | undefined> {
    const adopt = (left: LeftCall, shared: SharedJob) =>
      this.start(shared.record, resume(left, shared.record.space), shared);
    return this.get(id) ?? this.sharing?.find(id, adopt);
  }

  /** Resolves once nothing runs here any more. */
  async settled(): Promise<void> {
    await Promise.all([...this.jobs.values()].map(({ finished }) => finished));
    await this.sharing?.settled();
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
    await waitAtMost(
      JOB_LIMITS.closeMs,
      ended.then(() => this.sharing?.settled()),
    );
    this.sharing?.close();
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
      const isLeft = job.state === 'left';
      if (old || isLeft || rank >= maxKept || (rank > 0 && size > maxKeptSize)) this.jobs.delete(job.id);
    }
  }
}

class TrackedJob implements StartedJob {
  readonly id: string;
  readonly space: string;
  readonly endpoint?: string;
  readonly startedAt: number;
  readonly finished: Promise<void>;
  state: JobState = 'running';
  outcome?: SpaceOutcome;
  error?: HugwireError;
  endedAt?: number;
  /** Characters in the result, with each value counted as some of them. */
  size = 0;
  private standing: Standing = { progress: 0, message: 'Starting' };
  private readonly abort = new AbortController();
  private readonly watchers = new Set<(standing: Standing) => void>();

  constructor(
    target: { space: string; endpoint?: string },
    work: JobWork,
    private readonly shared?: SharedJob,
  ) {
    this.id = shared?.id ?? newJobId();
    this.space = target.space;
    this.endpoint = target.endpoint;
    this.startedAt = Date.now();
    const onEvent = (event: SpaceEvent): void => this.take(event);
    this.finished = work({ signal: this.abort.signal, onEvent })
      .then((outcome) => (outcome ? this.succeed(outcome) : this.end('left')))
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
    // Whoever has waited in vain is told the id next. Without the store it is good for this instance alone.
    if (this.state === 'running' && !signal?.aborted) await this.shared?.tell().catch(() => {});
    return this.state;
  }

  async cancel(): Promise<void> {
    this.abort.abort(cancelled());
    await this.finished;
  }

  private take(event: SpaceEvent): void {
    this.standing = advance(this.standing, event);
    for (const watch of this.watchers) watch(this.standing);
  }

  private succeed(outcome: SpaceOutcome): void {
    const { nodes, characters } = measure(outcome.data);
    const pictures = outcome.files.reduce((sum, { image = '' }) => sum + image.length, 0);
    this.size = nodes * NODE_SIZE + characters + pictures;
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
