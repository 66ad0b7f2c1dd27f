import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { cancelled, type HugwireError, toHugwireError } from '../../lib/errors.js';
import { replaceFile } from '../../lib/files.js';
import { formatBytes, formatDuration, plural } from '../../lib/format.js';
import { parseJsonObject } from '../../lib/json.js';
import { lookAtProcess, ownIdentity, type ProcessIdentity } from '../../lib/processes.js';
import { cleanLine } from '../../lib/text.js';
import { type HubClient, REPO_KINDS, type RepoKind } from '../types.js';
import type { CacheSettings, DownloadPlan, PlannedFile, Wish } from './plan.js';
import { runDownload } from './run.js';

/** How often a running download notes how far it is. */
const NOTE_MS = 2_000;
/** The speed is that of the last seconds. */
const SPEED_MS = 10_000;
/** How long the record of one that nobody went on with is kept. */
const KEEP_MS = 30 * 24 * 3_600_000;
/** Those that have ended and can still be asked about. */
const MOST_ENDED = 10;
const FILE = /^(d_[0-9a-f]{12})\.json$/;

/** A download that has not come to its end, as it lies on the disk: whoever reads it may go on with it. */
export interface DownloadRecord {
  id: string;
  kind: RepoKind;
  repo: string;
  revision: string;
  commit: string;
  files?: string[];
  exclude?: string[];
  to?: string;
  /** Bytes that were to be fetched, and how many of them are there. */
  total: number;
  done: number;
  /** `running`: in some process of this machine. */
  state: 'running' | 'stopped' | 'failed';
  error?: string;
  /** The ETags under which large files were served. */
  validators: Record<string, string>;
  owner: ProcessIdentity;
  /** Milliseconds since the epoch. */
  createdAt: number;
  updatedAt: number;
}

export interface FileProgress {
  file: PlannedFile;
  done: number;
  state: 'waiting' | 'begun' | 'done';
  status?: string;
}

interface DownloadEvents {
  /** Those that an earlier try was given. */
  validators: Record<string, string>;
  onValidator(download: Download): void;
  onEnd(download: Download): Promise<void>;
}

/** A download of this process. */
export class Download {
  readonly id: string;
  readonly plan: DownloadPlan;
  /** Bytes to fetch, and those that are there. */
  readonly total: number;
  done = 0;
  state: 'running' | 'done' | 'stopped' | 'failed' = 'running';
  error?: HugwireError;
  readonly files: readonly FileProgress[];
  readonly validators: Map<string, string>;
  /** Settles when it has ended, whatever came of it. */
  readonly finished: Promise<void>;
  readonly #abort = new AbortController();
  readonly #samples: { at: number; done: number }[] = [];

  constructor(id: string, hub: HubClient, plan: DownloadPlan, { validators, onValidator, onEnd }: DownloadEvents) {
    this.id = id;
    this.plan = plan;
    this.validators = new Map(Object.entries(validators));
    const missing = plan.files.filter(({ standing }) => standing !== 'here');
    this.total = missing.reduce((sum, { size }) => sum + size, 0);
    const files = new Map(missing.map((file) => [file, { file, done: 0, state: 'waiting' } as FileProgress]));
    this.files = [...files.values()];
    const work = runDownload(hub, plan, {
      signal: this.#abort.signal,
      validators: {
        get: (path) => this.validators.get(path),
        set: (path, etag) => {
          this.validators.set(path, etag);
          onValidator(this);
        },
      },
      onBytes: (file, change) => {
        const progress = files.get(file);
        if (progress) progress.done += change;
        this.done += change;
      },
      onFile: (file, state, status) => {
        Object.assign(files.get(file) ?? {}, { state, status });
        // The record is written often: it holds what may be gone on with.
        if (state === 'done') this.validators.delete(file.path);
      },
    });
    this.finished = work
      .then(
        () => {
          this.state = 'done';
        },
        (caught: unknown) => {
          this.error = toHugwireError(caught);
          this.state = this.#abort.signal.aborted ? 'stopped' : 'failed';
        },
      )
      .then(() => onEnd(this));
  }

  /** Stops it; what has come is kept. */
  async stop(): Promise<void> {
    this.#abort.abort(cancelled());
    await this.finished;
  }

  /** Bytes per second of late, and the seconds that are left at that; unset until that can be told. */
  speed(now = performance.now()): { perSecond?: number; secondsLeft?: number } {
    this.#samples.push({ at: now, done: this.done });
    while (this.#samples.length > 2 && now - (this.#samples[0]?.at ?? now) > SPEED_MS) this.#samples.shift();
    const [first] = this.#samples;
    if (!first || now - first.at < 500 || this.done <= first.done) return {};
    const perSecond = ((this.done - first.done) * 1000) / (now - first.at);
    return { perSecond, secondsLeft: (this.total - this.done) / perSecond };
  }

  /** How far it is, in one line. */
  describe(): string {
    const { perSecond, secondsLeft } = this.speed();
    const done = this.files.filter(({ state }) => state === 'done').length;
    const [status] = this.files.flatMap(({ state, status }) => (state === 'begun' && status ? [status] : []));
    return [
      `${formatBytes(this.done)} of ${formatBytes(this.total)}, ${done} of ${plural(this.files.length, 'file')}`,
      perSecond === undefined ? status : `${formatBytes(perSecond)}/s, ${formatDuration(secondsLeft ?? 0)} left`,
    ]
      .filter(Boolean)
      .join(', ');
  }
}

/** The downloads of this machine: those of this process, and the records of all that have not come to their end. */
export class Downloads {
  readonly settings: CacheSettings;
  readonly #directory: string;
  readonly #running = new Map<string, Download>();

  /**
   * @param directory of the records; made with the first
   * @param settings where the shared cache is
   */
  constructor(directory: string, settings: CacheSettings) {
    this.#directory = directory;
    this.settings = settings;
  }

  /**
   * Starts a download, or joins the one of this process that does the same.
   * @param hub the Hub; the download outlives the call that it was bound to
   * @param plan what to fetch
   * @param wish what led to it
   */
  async start(
    hub: HubClient,
    plan: DownloadPlan,
    { files, exclude }: Pick<Wish, 'files' | 'exclude'>,
  ): Promise<Download> {
    const id = idOf(plan);
    const before = await this.record(id);
    const known = this.#running.get(id);
    if (known?.state === 'running') return known;
    const created = before?.createdAt ?? Date.now();
    let noted = Promise.resolve();
    // One after the other, so that none is written after the record has gone.
    const note = (download: Download) => {
      noted = noted.then(() => write(download));
      return noted;
    };
    const remove = () => this.remove(id);
    const write = async (download: Download) => {
      const record: DownloadRecord = {
        id,
        kind: plan.kind,
        repo: plan.id,
        revision: plan.revision,
        commit: plan.commit,
        files: files && [...files],
        exclude: exclude && [...exclude],
        to: plan.to,
        total: download.total,
        done: download.done,
        state: download.state === 'done' ? 'stopped' : download.state,
        error: download.error?.message,
        validators: Object.fromEntries(download.validators),
        owner: await ownIdentity(),
        createdAt: created,
        updatedAt: Date.now(),
      };
      // It goes on all the same: only going on with it later becomes harder.
      await replaceFile(this.#pathOf(id), `${JSON.stringify(record)}\n`, { mode: 0o600 }).catch(() => {});
    };
    const download = new Download(id, hub, plan, {
      validators: before?.validators ?? {},
      onValidator: note,
      async onEnd(ended) {
        clearInterval(noting);
        await (ended.state === 'done' ? noted.then(() => remove()) : note(ended));
      },
    });
    const noting = setInterval(() => void note(download), NOTE_MS).unref();
    this.#running.delete(id);
    this.#running.set(id, download);
    const ended = [...this.#running.values()].filter(({ state }) => state !== 'running');
    for (const { id: old } of ended.slice(0, -MOST_ENDED)) this.#running.delete(old);
    if (download.total > 0) await note(download);
    return download;
  }

  /** Whether a plan goes on with what runs here, or was begun earlier. Files that are in its way by now were not spoken of then. */
  async isAgreed(plan: DownloadPlan): Promise<boolean> {
    const id = idOf(plan);
    if (this.#running.get(id)?.state === 'running') return true;
    return (await this.record(id)) !== undefined && plan.files.every(({ standing }) => standing !== 'foreign');
  }

  /** A download of this process, running or not. */
  get(id: string): Download | undefined {
    return this.#running.get(id);
  }

  /** What runs in this process. */
  running(): Download[] {
    return [...this.#running.values()].filter(({ state }) => state === 'running');
  }

  /** What has not come to its end, the newest first; a process that is dead runs nothing. */
  async records(): Promise<DownloadRecord[]> {
    const names = await fs.readdir(this.#directory).catch(() => []);
    const found = await Promise.all(names.map((name) => this.#read(FILE.exec(name)?.[1])));
    return found.flatMap((one) => one ?? []).sort((a, b) => b.createdAt - a.createdAt);
  }

  /** The record of one; undefined where there is none. */
  async record(id: string): Promise<DownloadRecord | undefined> {
    return this.#read(FILE.exec(`${id}.json`)?.[1]);
  }

  /** Forgets one. What it has fetched stays. */
  async remove(id: string): Promise<void> {
    await fs.rm(this.#pathOf(id), { force: true }).catch(() => {});
  }

  /** Stops everything that runs here. */
  async close(): Promise<void> {
    await Promise.all(this.running().map((download) => download.stop()));
  }

  async #read(id: string | undefined): Promise<DownloadRecord | undefined> {
    if (id === undefined) return undefined;
    const told = parseJsonObject(await fs.readFile(this.#pathOf(id), 'utf8').catch(() => '')) as
      | Partial<DownloadRecord>
      | undefined;
    if (told?.id !== id || !told.owner || !REPO_KINDS.some((kind) => kind === told.kind)) return undefined;
    const record = told as DownloadRecord;
    if (Date.now() - record.updatedAt > KEEP_MS) {
      await this.remove(id);
      return undefined;
    }
    const isRunning = record.state === 'running' && (await lookAtProcess(record.owner)) !== 'dead';
    const error = record.error === undefined ? undefined : cleanLine(record.error, 300);
    return { ...record, error, state: isRunning ? 'running' : record.state === 'running' ? 'stopped' : record.state };
  }

  #pathOf(id: string): string {
    return join(this.#directory, `${id}.json`);
  }
}

/** The same for the same files at the same place: whoever asks again goes on with it. */
function idOf({ kind, id, commit, to, files }: DownloadPlan): string {
  const about = JSON.stringify([kind, id, commit, to, files.map(({ path }) => path)]);
  return `d_${createHash('sha256').update(about).digest('hex').slice(0, 12)}`;
}
