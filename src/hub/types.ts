import type { FoundToken } from '../config/token.js';

/** The kinds of repository that hugwire reads. */
export const REPO_KINDS = ['model', 'dataset', 'space'] as const;
export type RepoKind = (typeof REPO_KINDS)[number];

export type QueryValue = string | number | boolean | undefined | readonly (string | number)[];

/**
 * How long an answer may serve again: `list` searches, `repo` one repository, `file` a file at a moving revision,
 * `immutable` a file at a commit, `batch` semantic Space results, `vocabulary` tags, docs index and the like, `account` whoami.
 */
export type CacheKind = 'list' | 'repo' | 'file' | 'immutable' | 'batch' | 'vocabulary' | 'account';

export interface HubRequest {
  /** Arrays repeat their key; undefined leaves it out. */
  query?: Record<string, QueryValue>;
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, in place of `body`. */
  content?: { type?: string; body: string | Blob };
  /** Whether it may be sent again when nobody knows what became of it; unless told, what only reads may. */
  repeatable?: boolean;
  /** Silence of the server that ends a try, milliseconds; unless told, that of the config. */
  timeoutMs?: number;
  /** Silence that ends an answer which goes on for as long as there is something to tell, milliseconds. */
  quietMs?: number;
  headers?: Record<string, string>;
  /** Which service: the Hub, or the dataset viewer. */
  service?: 'hub' | 'viewer';
  /** The repository this is about: error messages name it. */
  repo?: { kind?: RepoKind; id: string; revision?: string };
  /** The file this is about, for error messages. */
  file?: string;
  /** Bytes of body at most; 16 MiB unless told. More is `too_large`, or cut off when `truncate` is set. */
  maxBytes?: number;
  truncate?: boolean;
  /** Unset: never kept. */
  cache?: CacheKind;
  /**
   * Takes the body of an answer as it comes, in place of its bytes: for what is too large to be held. It goes with
   * `repeatable: false`; what it throws, other than a failure of the pieces themselves, must be a HugwireError.
   */
  onBody?(answer: Pick<HubAnswer, 'status' | 'headers' | 'url'>, pieces: AsyncIterable<Uint8Array>): Promise<void>;
}

/** An answer of the Hub with a 2xx status, read whole. */
export interface HubAnswer {
  status: number;
  headers: Headers;
  /** Where it came from after redirects. */
  url: string;
  bytes: Uint8Array;
  /** True when `truncate` cut the body. */
  truncated: boolean;
  text(): string;
  /**
   * What it holds may be of any form, whatever was asked.
   * @throws HugwireError `unavailable` when the body is not JSON
   */
  json(): unknown;
  /** Set when it did not come from the Hub just now. */
  cached?: {
    /** Since the Hub gave it, or since it was downloaded. */
    ageSeconds: number;
    /** Why an answer past its lifetime was served. */
    stale?: 'offline' | 'failed';
    /** It is what huggingface_hub has downloaded to this machine: it may be less than the Hub has. */
    downloaded?: true;
  };
}

/** One bucket of the Hub's rate limits as last seen. */
export interface RateWindow {
  bucket: string;
  remaining: number;
  /** Requests per window, when the Hub said it. */
  quota?: number;
  /** When the window ends, milliseconds since the epoch. */
  resetsAt: number;
}

/** The one way to the Hub. */
export interface HubClient {
  /** The Hub's origin and path, without a trailing slash. */
  readonly endpoint: string;
  readonly offline: boolean;
  /**
   * Sends one request and reads the answer.
   * @param path below the endpoint, from `/`; each segment already encoded
   * @throws HugwireError with the code that fits; never anything else
   */
  request(path: string, request?: HubRequest): Promise<HubAnswer>;
  /** Whether a service is known to be out of reach just now: hugwire is set to offline, or nobody answered of late. */
  isAway(service?: HubRequest['service']): boolean;
  /** The same client, bound to a signal. */
  withSignal(signal: AbortSignal): HubClient;
  /** Rate limit windows that have not passed. */
  limits(): RateWindow[];
  /** Looks the token up anew. */
  token(): Promise<FoundToken>;
  /**
   * Sends bytes to where the Hub wants a large file to go, which may be a storage service of others: without the token, and
   * without following redirects.
   * @param address as the Hub gave it
   * @throws HugwireError `blocked` for an address that such bytes must not go to
   */
  transfer(address: string, request: Pick<HubRequest, 'method' | 'content'>): Promise<HubAnswer>;
  /**
   * Takes what is kept of a repository for outdated, in all processes that share the cache: it was written to.
   * @param id of the repository
   */
  forget(id: string): Promise<void>;
  /**
   * What `keep` was told of late, with the same token; undefined when there is nothing, or no cache.
   * @param subject what it is about
   */
  recall(subject: string): Promise<string | undefined>;
  /**
   * Keeps a small finding that several requests led to, so that they need not be sent again.
   * @param subject what it is about
   * @param finding undefined when what was kept has turned out to be wrong
   */
  keep(subject: string, finding: string | undefined): Promise<void>;
}
