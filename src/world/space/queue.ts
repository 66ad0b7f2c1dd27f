import type { DemoEndpoint } from './endpoints.js';
import { type AppContext, DemoJob, type JobOutcome, type JobRequest } from './job.js';

/** The jobs of one function. */
interface Lane {
  waiting: DemoJob[];
  running?: DemoJob;
  /** How many ran to their end, and how long they took together. */
  runs: number;
  seconds: number;
}

/** Gradio's queue: each function runs one job at a time, the others wait and are told their position. */
export class Queue {
  readonly #lanes = new Map<DemoEndpoint, Lane>();
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #app: AppContext;

  /** @param app what every run can use */
  constructor(app: AppContext) {
    this.#app = app;
  }

  /**
   * Puts a job at the end of its function's lane.
   * @param request what to run
   * @returns the job's event id
   */
  join(request: JobRequest): string {
    const job = new DemoJob(request, this.#app);
    const lane = getOrAdd(this.#lanes, request.endpoint, () => ({ waiting: [], runs: 0, seconds: 0 }));
    getOrAdd(this.#mailboxes, job.session, () => new Mailbox()).expect(job.id);
    lane.waiting.push(job);
    this.#estimate(lane, job);
    this.#startNext(lane);
    return job.id;
  }

  /**
   * Opens the stream of a session: its messages are passed on until all its jobs are done.
   * @param session hash given at join
   * @param read gets every message
   * @returns false when the session has no job left
   */
  open(session: string, read: (message: QueueMessage) => void): boolean {
    const mailbox = this.#mailboxes.get(session);
    mailbox?.open((message) => {
      read(message);
      if (mailbox.pending.length > 0) return;
      this.#mailboxes.delete(session);
      read({ msg: 'close_stream', event_id: null });
    });
    return mailbox !== undefined;
  }

  /**
   * Cancels what is left of a session whose caller went away.
   * @param session hash given at join
   */
  abandon(session: string): void {
    const left = this.#mailboxes.get(session)?.pending ?? [];
    this.#mailboxes.delete(session);
    for (const id of left) this.cancel(id);
  }

  /**
   * Takes a waiting job out, or stops a running one; unknown ids are ignored, as in Gradio.
   * @param eventId as `join` gave it
   */
  cancel(eventId: string): void {
    for (const lane of this.#lanes.values()) {
      if (lane.running?.id === eventId) lane.running.cancel();
      const job = lane.waiting.find(({ id }) => id === eventId);
      if (!job) continue;
      lane.waiting.splice(lane.waiting.indexOf(job), 1);
      job.noteCancel();
      this.#post(job, 'process_completed', completion({ kind: 'cancelled' }, lane));
    }
  }

  /** Stops everything. */
  close(): void {
    for (const lane of this.#lanes.values()) {
      lane.waiting.length = 0;
      lane.running?.cancel();
    }
  }

  #startNext(lane: Lane): void {
    if (lane.running) return;
    lane.running = lane.waiting.shift();
    if (lane.running) void this.#run(lane.running, lane);
  }

  async #run(job: DemoJob, lane: Lane): Promise<void> {
    this.#post(job, 'process_starts', { eta: averageOf(lane) });
    const outcome = await job.run((msg, fields) => this.#post(job, msg, fields));
    if (outcome.kind === 'done') {
      lane.runs += 1;
      lane.seconds += outcome.seconds;
    }
    this.#post(job, 'process_completed', completion(outcome, lane));
    lane.running = undefined;
    this.#startNext(lane);
    for (const waiting of lane.waiting) this.#estimate(lane, waiting);
  }

  #estimate(lane: Lane, job: DemoJob): void {
    const rank = lane.waiting.indexOf(job);
    const average = averageOf(lane);
    const rank_eta = average === null ? null : average * (rank + (lane.running ? 2 : 1));
    this.#post(job, 'estimation', { rank, queue_size: lane.waiting.length, rank_eta });
  }

  #post(job: DemoJob, msg: string, fields: object): void {
    this.#mailboxes.get(job.session)?.post({ msg, event_id: job.id, ...fields });
  }
}

/** The fields of `process_completed`. */
function completion(outcome: JobOutcome, lane: Lane): object {
  const avg_time = averageOf(lane);
  switch (outcome.kind) {
    case 'done': {
      const output = { ...outputOf(outcome.data, outcome.seconds), average_duration: avg_time };
      return { output, success: true, title: null, used_cache: null, avg_time };
    }
    case 'failed':
      return { output: outcome.failure, success: false, title: outcome.failure.title ?? 'Error', avg_time: null };
    case 'cancelled':
      return { output: {}, success: true, title: null, avg_time: null };
  }
}

/**
 * The result of a function as `/run` and `process_completed` give it.
 * @param data the outputs
 * @param seconds that the run took
 */
export function outputOf(data: unknown[], seconds: number) {
  return {
    data,
    is_generating: false,
    duration: seconds,
    average_duration: seconds as number | null,
    render_config: null,
    changed_state_ids: [],
    used_cache: null,
  };
}

/** Average seconds of a run of the lane's function; null before the first. */
function averageOf({ runs, seconds }: Lane): number | null {
  return runs === 0 ? null : seconds / runs;
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** A message of `GET /gradio_api/queue/data`. */
export interface QueueMessage {
  msg: string;
  event_id: string | null;
  [field: string]: unknown;
}

/** The messages of one session: kept until its stream is opened, then passed on as they come. */
class Mailbox {
  readonly #pending = new Set<string>();
  readonly #kept: QueueMessage[] = [];
  #reader: ((message: QueueMessage) => void) | undefined;

  /** @param eventId a job whose messages are still to come */
  expect(eventId: string): void {
    this.#pending.add(eventId);
  }

  /** Jobs that were not yet reported complete. */
  get pending(): string[] {
    return [...this.#pending];
  }

  /** @param message passed on, or kept while nobody reads */
  post(message: QueueMessage): void {
    if (!this.#reader) {
      this.#kept.push(message);
      return;
    }
    if (message.msg === 'process_completed' && message.event_id) this.#pending.delete(message.event_id);
    this.#reader(message);
  }

  /**
   * Hands the messages out, those kept first.
   * @param reader called with each
   */
  open(reader: (message: QueueMessage) => void): void {
    this.#reader = reader;
    for (const message of this.#kept.splice(0)) this.post(message);
  }
}
