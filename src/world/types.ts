import type { IncomingMessage } from 'node:http';
import type { HubState } from './hub/state.js';

/** A request to the small Hub, parsed. */
export interface DemoRequest {
  method: string;
  /** Path and query as sent, for redirects. */
  url: string;
  /** Decoded path, without query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** The groups of the route's pattern, decoded; an optional group that is absent is an empty string. */
  params: string[];
  /** What this Hub holds, which requests may change. */
  state: HubState;
  /** The account that the token belongs to; undefined when anonymous. */
  user?: DemoUser;
  /** The Hub's own address, `http://127.0.0.1:PORT`. */
  origin: string;
  /** Origin of the second listener, which serves large files. */
  cdnOrigin: string;
  /** Host of the demo Space, when there is one. */
  spaceHost?: string;
  /** Whether the demo Space is the only one that has an address. */
  closed?: boolean;
}

/** Who sent a request, as far as the Hub's rules about repositories need it. */
export interface DemoUser {
  name: string;
  token: string;
  isPro: boolean;
  /** Names of the organisations whose private repositories this account can see. */
  orgs: string[];
  /** Those of them that it may write to. */
  writableOrgs: string[];
  role: 'read' | 'write' | 'god' | 'fineGrained' | 'oauth';
  /** Owners whose content a fine-grained token may read; unset for the other roles, which may read all. */
  scopedTo?: string[];
  /** What a fine-grained token may do with the content of which owner, and everywhere. */
  scopes?: { owner: string; permissions: string[] }[];
  global: string[];
  /** False for a fine-grained token without the right to public gated repositories. */
  canReadGated: boolean;
  /** False for a fine-grained token without "Billing > Read" and for a login without the scope `read-billing`. */
  canReadBilling: boolean;
  /** Ids of the gated repositories this account was let into. */
  granted: string[];
  /** Ids of the gated repositories whose authors have not answered yet. */
  awaiting: string[];
}

export interface DemoResponse {
  status?: number;
  headers?: Record<string, string>;
  /** An object or array is sent as JSON with an ETag; a string, bytes or a stream as they are. */
  body?: unknown;
}

/** One endpoint of the small Hub. A route may answer undefined: then the next one that matches is tried. */
export interface DemoRoute {
  /** A GET route serves HEAD too. */
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Matched against the path as sent, before decoding: a revision `refs%2Fpr%2F1` is one segment. */
  pattern: RegExp;
  /** The rate limit bucket it counts in. */
  bucket: 'api' | 'resolvers' | 'pages';
  handle(request: DemoRequest): DemoResponse | undefined | Promise<DemoResponse | undefined>;
}

/**
 * A fault that a test switches on for the requests whose path matches, at the Hub and at its second listener. Combine
 * `delayMs` with any other; `drop: 'middle'` cuts the `response` given here, or else the true answer.
 */
export interface DemoFault {
  /** Tested against the decoded path and query. */
  path: RegExp;
  /** The method of the requests that it hits; any by default. */
  method?: string;
  /** Do what is asked first: the answer is lost, and what was written stays. */
  late?: boolean;
  /** How many matching requests it hits; all by default. */
  times?: number;
  /** Wait this long before the answer, milliseconds. */
  delayMs?: number;
  /** Never answer. */
  hang?: boolean;
  /** Cut the connection: before any answer, or in the middle of the body. */
  drop?: 'before' | 'middle';
  /** Answer this instead. */
  response?: DemoResponse;
}

/** A request as the small Hub saw it, with its token, so that tests can prove where that went. */
export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  /** What came with it; undefined for more than a megabyte. */
  body?: string;
}

export interface DemoHub {
  /** `http://127.0.0.1:PORT`: the value for HF_ENDPOINT. */
  url: string;
  /** Every request so far, in order. */
  seen: SeenRequest[];
  /** The second listener, on an origin of its own: large files are redirected to it. */
  cdn: { url: string; seen: SeenRequest[] };
  /** Switches a fault on; returns the switch to turn it off. */
  addFault(fault: DemoFault): () => void;
  /** What it holds now. */
  state: HubState;
  close(): Promise<void>;
}

export interface DemoHubOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** Host of the demo Space, as `runtime.domains` and `/host` name it, such as `127.0.0.1:7860`. */
  spaceHost?: string;
  /** Name no address for any other Space, so that nothing leads out of the demo world. */
  closed?: boolean;
  /** Requests per window, by bucket and for every account; the real Hub's quotas for each plan by default. */
  quotas?: Partial<Record<DemoRoute['bucket'], number>>;
}

export interface DemoSpace {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  seen: SeenRequest[];
  /** What the app did: a line for every start, cancel and end of a run. */
  log: string[];
  close(): Promise<void>;
}
