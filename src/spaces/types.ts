import type { App, AppSite, CallAnswer, CallEvent, Endpoint } from '../gradio/types.js';
import type { HugwireError } from '../lib/errors.js';
import type { JobTable } from './jobs.js';
import type { LocalFile } from './local-files.js';
import type { Credentials } from './logins.js';
import type { SessionTable } from './sessions.js';

/** A Space that was looked up: where it is and what the Hub says of it. */
export interface SpaceSite extends AppSite {
  private: boolean;
  zeroGpu: boolean;
  /** The Hub's stage, such as RUNNING or SLEEPING. */
  stage?: string;
  /** Why it is in that stage, in the Hub's words, where it says so. */
  stageReason?: string;
  hardware?: string;
  title?: string;
  /** One sentence of its author on what it does. */
  summary?: string;
  /** The Space's commit on the Hub. */
  sha?: string;
  likes?: number;
  /** Whether the token may go to this Space, by the token rule; never to a local app. */
  sendToken: boolean;
}

/** The running app of a Space, described. */
export interface SpaceApp extends App {
  site: SpaceSite;
}

/** What happens while a Space is called: waking it and waiting for it, the run, and saving what it returns. */
export type SpaceEvent = CallEvent | { kind: 'saving'; done: number; total: number };

/** A wish to run an endpoint. */
export interface SpaceCall {
  /** `owner/name`, a Space's URL, or the URL of a local app. */
  space: string;
  /** With or without its slash; chosen among the visible ones when missing. */
  endpoint?: string;
  /** An object by parameter name; a list by place or JSON text of either do as well. */
  arguments: unknown;
  /** Calls with the same word share the app's state. */
  session?: string;
  /** True for the tool of a pinned Space: `spaces.others` is not about it. */
  pinned?: boolean;
  /** Leaves the call at the Space as soon as its queue has it; the job is `left` then. */
  detach?: boolean;
  /**
   * Has a look at the Space before anything is asked of it.
   * @throws HugwireError when this caller may not run it
   */
  only?(site: SpaceSite): void;
  /**
   * Looks at the app before anything is sent to it, and fits the arguments to what it is now.
   * @throws HugwireError to stop the call
   */
  adapt?(app: SpaceApp): Promise<AdaptedCall>;
  /** Asks the user whether a file may be sent that hugwire does not send unasked; missing where there is nobody to ask. */
  consent?(wish: FileWish): Promise<Consent>;
  /** Seconds that the run may take at most; `spaces.maxSeconds` unless told. */
  maxSeconds?: number;
  /** Told of every line that the app logs for its user, as long as the run lasts. */
  onLog?(line: string): void;
}

/** A file of this machine that a call would send, and why it needs the user's word. */
export interface FileWish {
  /** Absolute, links resolved. */
  path: string;
  bytes: number;
  /** Said of where it lies: `is not in a directory …`; missing where that is no matter. */
  place?: string;
  /** Its directory, where that may be allowed as a whole. */
  folder?: string;
  /** What else speaks against it, said of the file: `is named like a secret`. */
  doubts: string[];
}

/** The index of the files that hugwire saved. */
export interface SavedFileRecords {
  /** @throws HugwireError `unavailable` when the file cannot be recorded */
  add(file: { path: string; bytes: number; sha256: string; mimeType: string }): Promise<void>;
  /**
   * What was saved under a path, as it was then.
   * @param path absolute, links resolved
   */
  find(path: string): Promise<{ sha256: string } | undefined>;
}

/** A call fitted to an app that has changed since the call was thought of. */
export interface AdaptedCall {
  arguments: unknown;
  /** What has changed: for the answer, and for the hint of an argument error. */
  notes: string[];
}

/** A file of an answer, saved on this machine; or, where nothing is saved, left at its Space. */
export interface SavedFile {
  /** Absolute; of a file that was left at its Space the address, or "" where nobody else can open that. */
  path: string;
  /** 0 where nobody has told. */
  bytes: number;
  mimeType: string;
  /** The picture itself, base64, where it was not saved and is small enough to be shown. */
  image?: string;
  /** Where it stood in the answer: index of the return, then the keys below it. */
  at: (string | number)[];
  /** True when it holds the text or JSON of a long value, which is in the answer as well. */
  whole?: boolean;
  /** True when it stood within the text there, which names the path in its place. */
  within?: boolean;
}

/** A finished call with its files on disk. */
export interface SpaceOutcome extends CallAnswer {
  site: SpaceSite;
  endpoint: Endpoint;
  files: SavedFile[];
  /** Local files that were sent, and links that were passed on. */
  sent: string[];
  /** Notes for the assistant: which files could not be saved and why, and the like. */
  notes: string[];
}

/** What a call would do, checked as far as it can be without making it. */
export interface SpacePlan {
  site: SpaceSite;
  /** Missing, with all that depends on it, where the Space would have to be woken to know. */
  endpoint?: Endpoint;
  /** By name, defaults filled in; files left out. */
  values?: Record<string, unknown>;
  /** What would be sent: absolute paths and links. */
  files: { parameter: string; source: string }[];
  /** Whether the account's token would go along. */
  sentToken: boolean;
  notes: string[];
}

/** `left`: it waits or runs at its Space, and nobody listens to it yet. */
export type JobState = 'running' | 'left' | 'done' | 'failed' | 'cancelled';

/** A finished call as the assistant gets it. */
export interface JobAnswer {
  text: string;
  images: { data: string; mimeType: string }[];
}

/** A call that goes on whether or not anyone waits for it. */
export interface Job {
  /** `j_` and 128 random bits. */
  readonly id: string;
  readonly space: string;
  readonly endpoint?: string;
  readonly state: JobState;
  /** The last thing that happened, in words. */
  readonly status: string;
  readonly startedAt: number;
  readonly outcome?: SpaceOutcome;
  /** What another instance of the server made of the outcome. */
  readonly answer?: JobAnswer;
  readonly error?: HugwireError;
  /**
   * Waits until the job is over, the time is up or the signal fires; never throws.
   * @param seconds at most
   */
  wait(seconds: number, options?: JobWait): Promise<JobState>;
  /** Cancels the run at the Space; resolves when the Space was told. */
  cancel(): Promise<void>;
}

/** A job that this process has started. */
export interface StartedJob extends Job {
  /** Resolves when it is over, or was left at its Space; never rejects. */
  readonly finished: Promise<void>;
}

export interface JobWait {
  signal?: AbortSignal;
  onProgress?(step: { progress: number; total: number; message: string }): void;
}

/** What the user says to a question: `cancel` was no answer, `nobody` that there was nobody to ask. */
export type Consent = 'accept' | 'decline' | 'cancel' | 'nobody';

export interface FindOptions {
  signal?: AbortSignal;
  /** Whether the token may go there, where the user has just said so; otherwise the config decides. */
  token?: 'auto' | 'always' | 'never';
  onEvent?(event: SpaceEvent): void;
}

/** An app that asks for a name and a password. */
export interface LoginAttempt {
  site: SpaceSite;
  /** What it asks for, with its author's words quoted. */
  message: string;
  /** @throws HugwireError `unauthorized` when the app does not take them */
  logIn(credentials: Credentials): Promise<void>;
}

/** The Spaces side of hugwire: one for the whole process, since jobs outlive the call that started them. */
export interface Spaces {
  /** Looks a Space up without waking it. */
  find(space: string, options?: FindOptions): Promise<SpaceSite>;
  /**
   * Asks the user whether an app on this machine or its network may be used, where nothing allows it yet. Sends nothing;
   * what is not allowed after that, `open`, `plan` and `start` refuse.
   * @param confirm asks the user
   */
  askConsent(space: string, confirm: (message: string) => Promise<Consent>): Promise<void>;
  /**
   * Describes a Space's app, waking it when it sleeps; kept in memory for an hour per commit.
   * @param space as it was written, or as `find` has just given it
   */
  open(space: string | SpaceSite, options?: FindOptions): Promise<SpaceApp>;
  /**
   * Begins to log in to an app that asks for a name and a password of its own.
   * @throws HugwireError `invalid_arguments` when it asks for none
   */
  beginLogin(space: string, options?: FindOptions): Promise<LoginAttempt>;
  /**
   * Checks a call without making it; a Space that sleeps is not woken.
   * @throws HugwireError whatever the call would fail with before anything is sent
   */
  plan(call: SpaceCall, options?: FindOptions): Promise<SpacePlan>;
  /** Starts a call as a job; it fails, rather than this, when anything is wrong. */
  start(call: SpaceCall): StartedJob;
  /**
   * Opens a file of this machine, or those of a folder, to be written to the Hub: only what `files.readFrom` and the rules
   * for files allow, nothing hidden and no credential.
   * @param source a path, as the assistant wrote it
   * @param most files of a folder
   */
  openLocal(source: string, most: number): Promise<{ path: string; file: LocalFile }[]>;
  /**
   * A job that runs or whose result is still kept, here or at another instance of the server.
   * @throws HugwireError `unavailable` when other instances cannot be asked
   */
  job(id: string): Promise<Job | undefined>;
  /**
   * Forgets what is known of a Space of the Hub, which was changed.
   * @param id of the Space
   */
  forget(id: string): void;
  /** Whether this process has any such job. */
  hasJobs(): boolean;
  /** Resolves once no job runs in this process any more. */
  settled(): Promise<void>;
  /** For another one of the same person. */
  readonly jobs: JobTable;
  readonly sessions: SessionTable;
  /** Cancels every running job at its Space and lets go of everything. */
  close(): Promise<void>;
}
