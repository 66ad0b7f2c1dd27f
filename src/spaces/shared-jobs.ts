import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { isEventId } from '../gradio/messages.js';
import { ERROR_CODES, HugwireError, toHugwireError } from '../lib/errors.js';
import { cleanLine, cleanText, hide } from '../lib/text.js';
import { sleep, waitAtMost } from '../lib/time.js';
import { type JobContext, type JobWork, newJobId } from './jobs.js';
import { advance, createPacer, type Standing } from './progress.js';
import type { Job, JobAnswer, JobState, JobWait, SpaceOutcome } from './types.js';

/** Where jobs are kept so that every instance of a server can ask for them. What is read from it is not trusted. */
export interface JobStore {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, ms: number, options?: { ifAbsent?: boolean }): Promise<boolean>;
  renew(key: string, value: unknown, ms: number): Promise<boolean>;
  del(key: string, value?: unknown): Promise<void>;
  bus: {
    publish(event: JobEvent): void;
    subscribe(listener: (event: JobEvent) => void): () => void;
  };
}

/** What instances tell each other. */
interface JobEvent {
  kind: string;
  [more: string]: unknown;
}

export interface JobSharingOptions {
  store: JobStore;
  /** Whose jobs these are: for anybody else they do not exist. */
  owner: string;
  /** A finished job as the assistant gets it, files included: they lie on the machine of one instance. */
  answer(outcome: SpaceOutcome): Promise<JobAnswer>;
  /** Values that must not get into the store. */
  secrets(): Promise<ReadonlySet<string>>;
}

export const SHARING_LIMITS = {
  /** Milliseconds that a job is known. */
  keepMs: 3_600_000,
  /** Milliseconds after which an instance that has not said so for a job it follows does not follow it any more. */
  leaseMs: 3_000,
  /** Milliseconds between two looks at a job of another instance, and between two signs of life. */
  lookMs: 1_000,
  /** Milliseconds between two steps that other instances hear of. */
  stepMs: 250,
  /** Seconds that another instance may take to cancel. */
  cancelSeconds: 5,
};

const text = (max: number) => z.string().transform((value) => cleanText(value, max));
const line = (max: number) => z.string().transform((value) => cleanLine(value, max));
const word = (pattern: RegExp) => z.string().regex(pattern);
/** Gradio's `session_hash`, as hugwire makes it. */
export const SESSION_HASH = word(/^[\w-]{1,64}$/);
/** The end of the name that a Space's replica has. */
export const REPLICA = word(/^[A-Za-z0-9]{1,32}$/);

/** A call that was left in an app's queue, as far as another instance needs it to listen to it. */
const LEFT = z.object({
  /** The app's address: a Space that has moved since is another one. */
  base: z.string(),
  endpoint: z.string().max(300),
  fnIndex: z.number().int(),
  session: SESSION_HASH,
  event: z.string().refine(isEventId),
  replica: REPLICA.optional(),
  pinned: z.boolean().optional(),
  sent: z.array(line(1_000)).max(1_000),
  notes: z.array(line(2_000)).max(1_000),
  prompt: line(1_000).optional(),
});
export type LeftCall = z.infer<typeof LEFT>;

const RECORD = z.object({
  owner: z.string(),
  space: line(300),
  endpoint: line(300).optional(),
  startedAt: z.number(),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  step: z.object({ progress: z.number().min(0).max(100), message: line(500) }),
  /** Present while nobody listens to the run. */
  left: LEFT.optional(),
  answer: z
    .object({
      text: text(100_000),
      images: z
        .array(z.object({ data: word(/^[A-Za-z0-9+/]*={0,2}$/), mimeType: word(/^image\/[a-z0-9.+-]{1,40}$/) }))
        .max(100),
    })
    .optional(),
  error: z
    .object({
      code: z.enum(ERROR_CODES),
      message: text(4_000),
      hint: text(4_000).optional(),
      retryAfterSeconds: z.number().optional(),
    })
    .optional(),
});
type JobRecord = Omit<z.infer<typeof RECORD>, 'owner'>;

const recordKey = (id: string): string => `job:${id}`;
const leaseKey = (id: string): string => `lease:${id}`;

/**
 * Makes the jobs of one owner known to the other instances of a server. The record of a job is written when its id is about
 * to be told; most calls end before. One instance listens to the Space, under a lease that it renews as long as it lives:
 * Gradio gives a run's messages to one listener, and ends the run with it.
 */
export class JobSharing {
  /** Who holds a lease. */
  readonly instance = randomUUID();
  private readonly closing = new AbortController();
  readonly closed = this.closing.signal;
  /** Ends of jobs that are being kept. */
  private readonly ending = new Set<Promise<void>>();

  constructor(readonly options: JobSharingOptions) {}

  /**
   * A job that begins at this instance.
   * @param target what it is about
   */
  begin(target: { space: string; endpoint?: string }): SharedJob {
    return new SharedJob(this, newJobId(), { ...target, startedAt: Date.now() });
  }

  /**
   * A job that this instance does not run.
   * @param adopt goes on here with one that nobody listens to
   * @returns undefined when the owner has no such job
   * @throws HugwireError `unavailable` while the store is away
   */
  async find(id: string, adopt: (left: LeftCall, shared: SharedJob) => Job): Promise<Job | undefined> {
    const { leaseMs, stepMs } = SHARING_LIMITS;
    for (const until = Date.now() + 2 * leaseMs; ; await sleep(stepMs, this.closed)) {
      const record = await this.load(id);
      // Whoever leaves a call at its Space has the lease until it is kept, and may have gone before handing it back.
      if (!record?.left || Date.now() > until) return record && new RemoteJob(this, id, record);
      if (!(await this.take(id))) continue;
      try {
        // Another instance may have listened to it, and ended, between the two.
        const { left, ...now } = (await this.load(id)) ?? record;
        if (left) {
          await this.save(id, now);
          return adopt(left, new SharedJob(this, id, now));
        }
        await this.release(id);
      } catch (error) {
        await this.release(id).catch(() => {});
        throw error;
      }
    }
  }

  /** Told of each wish of another instance to cancel a job. */
  onCancel(cancel: (id: string) => void): void {
    const off = this.options.store.bus.subscribe(({ kind, id }) => {
      if (kind === 'job-cancel' && typeof id === 'string') cancel(id);
    });
    this.closed.addEventListener('abort', off, { once: true });
  }

  /** Waits for none, but is waited for by `settled`. */
  keep(end: Promise<void>): void {
    this.ending.add(end);
    void end.finally(() => this.ending.delete(end));
  }

  /** Resolves once the ends of jobs are kept, or the store has turned out to be away. */
  async settled(): Promise<void> {
    await Promise.all(this.ending);
  }

  close(): void {
    this.closing.abort();
  }

  /** @returns undefined for what is no record, or somebody else's */
  async load(id: string): Promise<JobRecord | undefined> {
    if (!/^j_[\w-]{22}$/.test(id)) return undefined;
    const { data } = RECORD.safeParse(await this.options.store.get(recordKey(id)));
    if (data?.owner !== this.options.owner) return undefined;
    const { owner: _, ...record } = data;
    return record;
  }

  async save(id: string, record: JobRecord): Promise<void> {
    const { store, owner, secrets } = this.options;
    const found = [...(await secrets())];
    const clean = (_: string, value: unknown) => (typeof value === 'string' ? found.reduce(hide, value) : value);
    const kept = JSON.parse(JSON.stringify({ ...record, owner }, clean));
    await store.set(recordKey(id), kept, SHARING_LIMITS.keepMs);
    store.bus.publish({ kind: 'job', id, step: kept.step, over: kept.state !== 'running' });
  }

  /** Takes the lease of a job. @returns false while anybody has it */
  take(id: string): Promise<boolean> {
    return this.options.store.set(leaseKey(id), this.instance, SHARING_LIMITS.leaseMs, { ifAbsent: true });
  }

  /** Keeps a lease, or takes it again where it ran out. */
  async renew(id: string): Promise<void> {
    const isKept = await this.options.store.renew(leaseKey(id), this.instance, SHARING_LIMITS.leaseMs);
    if (!isKept) await this.take(id);
  }

  async release(id: string): Promise<void> {
    await this.options.store.del(leaseKey(id), this.instance);
  }
}

/** A job that this instance runs. */
export class SharedJob {
  readonly record: JobRecord;
  private outcome?: SpaceOutcome;
  /** Whether the id may be known to anybody. */
  private told: boolean;
  private changed = false;
  /** The last sign of life, on its way. */
  private sign: Promise<void> = Promise.resolve();

  constructor(
    private readonly sharing: JobSharing,
    readonly id: string,
    record: Partial<JobRecord> & Pick<JobRecord, 'space' | 'startedAt'>,
  ) {
    this.told = record.state !== undefined;
    this.record = { state: 'running', step: { progress: 0, message: 'Starting' }, ...record };
  }

  /**
   * Does a job's work under the lease, and keeps how it ended.
   * @throws HugwireError `unavailable` before anything was done while the store is away; whatever the work throws
   */
  async run(context: JobContext, work: JobWork): Promise<SpaceOutcome | undefined> {
    // Who goes on with a job has its lease already.
    if (!this.told) await this.sharing.take(this.id);
    let beats = 0;
    const perLook = Math.round(SHARING_LIMITS.lookMs / SHARING_LIMITS.stepMs);
    const beat = setInterval(() => {
      beats += 1;
      // While the store is away there is nothing to be done; the lease is taken again when it is back.
      this.sign = this.signOfLife(beats % perLook === 0).catch(() => {});
    }, SHARING_LIMITS.stepMs);
    const onEvent: JobContext['onEvent'] = (event) => {
      this.record.step = advance(this.record.step, event);
      this.changed = true;
      context.onEvent(event);
    };
    const leave: JobContext['leave'] = async (left) => {
      clearInterval(beat);
      await this.sign;
      this.record.left = left;
      await this.tell();
      // Before the id is told: nobody is to wait for the lease of an instance that has crashed since.
      await this.sharing.release(this.id);
    };
    try {
      this.outcome = await work({ ...context, onEvent, leave });
      return this.outcome;
    } catch (error) {
      const { code, message, hint, retryAfterSeconds } = toHugwireError(error);
      this.record.error = { code, message, hint, retryAfterSeconds };
      this.record.state = context.signal.aborted ? 'cancelled' : 'failed';
      delete this.record.left;
      throw error;
    } finally {
      clearInterval(beat);
      // Who waits for it here does not wait for the store.
      this.sharing.keep(this.end());
    }
  }

  /** Makes the job known to the other instances. @throws HugwireError `unavailable` while the store is away */
  async tell(): Promise<void> {
    this.told = true;
    await this.save();
  }

  private async signOfLife(isLook: boolean): Promise<void> {
    if (isLook) await this.sharing.renew(this.id);
    if (!this.told || !this.changed) return;
    this.changed = false;
    if (isLook) await this.save();
    else this.sharing.options.store.bus.publish({ kind: 'job', id: this.id, step: this.record.step });
  }

  private async save(): Promise<void> {
    const { record, outcome, sharing } = this;
    if (outcome) {
      record.answer ??= await sharing.options.answer(outcome);
      record.state = 'done';
    }
    await sharing.save(this.id, record);
  }

  /** Keeps how the job ended; later, when the store is away. */
  private async end(): Promise<void> {
    // Another instance may have gone on with it by now.
    if (this.record.left) return;
    const finish = async (): Promise<void> => {
      // What is written last counts.
      await this.sign;
      if (this.told) await this.save();
      await this.sharing.release(this.id);
    };
    await finish().catch(() => void this.keepTrying(finish));
  }

  private async keepTrying(finish: () => Promise<void>): Promise<void> {
    const { closed } = this.sharing;
    const until = Date.now() + SHARING_LIMITS.keepMs;
    for (let isKept = !this.told; !isKept && !closed.aborted && Date.now() < until; ) {
      await sleep(SHARING_LIMITS.lookMs, closed).catch(() => {});
      isKept = await finish().then(
        () => true,
        () => false,
      );
    }
  }
}

/** A job that another instance runs, or has run: what the store tells of it. */
class RemoteJob implements Job {
  readonly space: string;
  readonly endpoint?: string;
  readonly startedAt: number;
  state: JobState;
  answer?: JobAnswer;
  error?: HugwireError;
  private standing: Standing;
  /** Looks in a row at which no instance had the lease. */
  private unheld = 0;

  constructor(
    private readonly sharing: JobSharing,
    readonly id: string,
    record: JobRecord,
  ) {
    const { space, endpoint, startedAt, state, step } = record;
    this.space = space;
    this.endpoint = endpoint;
    this.startedAt = startedAt;
    this.state = state;
    this.standing = step;
    this.take(record);
  }

  get status(): string {
    return this.standing.message;
  }

  async wait(seconds: number, { signal, onProgress }: JobWait = {}): Promise<JobState> {
    const until = Date.now() + seconds * 1000;
    const pacer = onProgress && createPacer(onProgress);
    let wake = (): void => {};
    const off = this.sharing.options.store.bus.subscribe(({ kind, id, step, over }) => {
      if (kind !== 'job' || id !== this.id) return;
      const { data } = RECORD.shape.step.safeParse(step);
      if (data) pacer?.report(data);
      if (over) wake();
    });
    const stop = () => wake();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      for (;;) {
        // Before the look, so that an end between the two is not slept through.
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        await this.look();
        pacer?.report(this.standing);
        const left = until - Date.now();
        if (this.state !== 'running' || signal?.aborted || left <= 0) break;
        await waitAtMost(Math.min(left, SHARING_LIMITS.lookMs), woken);
      }
    } catch (error) {
      this.fail(toHugwireError(error));
    } finally {
      off();
      signal?.removeEventListener('abort', stop);
      pacer?.stop();
    }
    return this.state;
  }

  async cancel(): Promise<void> {
    this.sharing.options.store.bus.publish({ kind: 'job-cancel', id: this.id });
    await this.wait(SHARING_LIMITS.cancelSeconds);
  }

  private async look(): Promise<void> {
    const { id, sharing } = this;
    const held = (await sharing.options.store.get(leaseKey(id))) !== undefined;
    // In this order: an instance keeps the end of a job before it lets go of the lease.
    const record = await sharing.load(id);
    if (record) this.take(record);
    if (this.state !== 'running') return;
    this.unheld = held ? 0 : this.unheld + 1;
    // An instance that was held up takes its lease again at its next look, so it is given time for one.
    if (this.unheld < 3) return;
    this.fail(
      new HugwireError(
        'unavailable',
        `${id} is lost: the instance of the server that listened to it is gone, and the run with it.`,
        {
          hint: 'Call the Space again. A run that was started with detach=true survives that until its result is first asked for.',
        },
      ),
    );
  }

  private take({ state, step, answer, error }: JobRecord): void {
    this.standing = step;
    this.state = state;
    this.answer = answer;
    if (error) this.error = new HugwireError(error.code, error.message, error);
  }

  private fail(error: HugwireError): void {
    this.error = error;
    this.state = 'failed';
  }
}
