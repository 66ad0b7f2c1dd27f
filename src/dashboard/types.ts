import type { Approval } from '../sessions/approvals.js';
import type { ListedServer } from '../sessions/connections.js';
import type { Entry, FunctionCall, FunctionResponse, SessionStart } from '../sessions/entries.js';
import type { ConversationInfo, Item } from '../sessions/items.js';

/** What the dashboard's server tells its page. The page imports these types and nothing else of the server. */

export interface SessionRecord {
  id: string;
  /** As the client names itself; `unknown client` when it said nothing. */
  client: string;
  version?: string;
  /** Protocol revision. */
  protocol?: string;
  capabilities: string[];
  profile?: string;
  pid?: number;
  /** ISO 8601. */
  started: string;
  /** Time of its last entry. */
  last: string;
  /** What the first call was about, or what was said first; cut. */
  about?: string;
  ended?: string;
  /** Why it ended. */
  reason?: string;
  /** Whether its process still runs. */
  live: boolean;
  calls: number;
  failed: number;
  running: number;
}

/** A server over HTTP that is running, and who is connected to it. */
export type ServerRecord = ListedServer;
export type ConnectionRecord = ListedServer['connections'][number];

export interface SavedFileRecord {
  /** Address below the dashboard's own; missing when the file cannot be served. */
  url?: string;
  /** File name without its directory. */
  name: string;
  bytes: number;
  mimeType: string;
}

export interface CallRecord {
  session: string;
  id: string;
  tool: string;
  /** ISO 8601. */
  at: string;
  /** The arguments in one line, cut; empty for an old call. */
  arguments: string;
  dryRun?: boolean;
  /** Missing while it is running. Of a call that started a job: until the job ended. */
  milliseconds?: number;
  /** Id of the job that it started. */
  job?: string;
  failed?: boolean;
  error?: string;
  /** The start of the answer, cut; missing for an old call. */
  summary?: string;
  bytes?: number;
  images?: number;
  files?: SavedFileRecord[];
  /** The latest step that it reported. */
  progress?: { text: string; fraction?: number };
}

export interface EventRecord {
  session: string;
  id: string;
  at: string;
  kind: 'list_changed' | 'list_read' | 'config' | 'notice';
  text: string;
  /** For `list_read`: how long after the client was told of the change. */
  afterMilliseconds?: number;
}

/** The latest known state of a limit, such as the Hub's rate limits or the ZeroGPU quota. */
export interface LimitRecord {
  name: string;
  at: string;
  left: number;
  of?: number;
}

interface ToolSwitch {
  name: string;
  title: string;
  toolset: string;
  effect: 'read' | 'run' | 'write';
  on: boolean;
}

interface SpaceSwitch {
  tool: string;
  space: string;
  endpoint?: string;
  on: boolean;
  /** An assistant asked for it; the user has not approved it yet. */
  proposed: boolean;
}

/** The config as it is now. */
export interface Controls {
  path: string;
  tools: ToolSwitch[];
  spaces: SpaceSwitch[];
  readOnly: boolean;
  /** Why the file cannot be used; the rest is then its last valid state. */
  problem?: string;
}

/** A change of the Hub that waits for the user. */
export interface ProposalRecord {
  id: string;
  tool: string;
  /** What it would do, in the words in which the user would have been asked. */
  message: string;
  /** Milliseconds since 1970. */
  createdAt: number;
}

/** A call of an assistant that somebody must agree to. */
export type ApprovalRecord = Omit<Approval, 'decision'>;

/** A conversation with an assistant. */
export type ConversationRecord = Omit<ConversationInfo, 'metadata' | 'bytes'>;

/** An item of a conversation as the page shows it. */
export interface ShownItem {
  id: string;
  type: Item['type'];
  /** ISO 8601. */
  time: string;
  /** Of a message. */
  role?: string;
  text?: string;
  /** Of a call, or of a request for approval. */
  name?: string;
  arguments?: string;
  /** Whether a call failed; missing while it is running. */
  failed?: boolean;
  /** Pictures and files that are not shown here. */
  attachments?: number;
}

/** What was said and done in a conversation. */
export interface ConversationPart {
  items: ShownItem[];
  /** How many earlier ones are left out. */
  earlier: number;
}

/** An entry of a journal as the page shows it: with the addresses of files in place of their paths. */
export type ShownEntry = Omit<Entry, 'type'> &
  Partial<Pick<SessionStart, 'version' | 'node' | 'tools'>> &
  Partial<Pick<FunctionCall, 'tool' | 'arguments' | 'dryRun'>> &
  Partial<Pick<FunctionResponse, 'summary' | 'bytes' | 'images' | 'milliseconds' | 'failed' | 'error' | 'job'>> & {
    type: Entry['type'];
    kind?: string;
    text?: string;
    reason?: string;
    /** The arguments of a call in one line, cut. */
    line?: string;
    data?: Record<string, unknown>;
    files?: SavedFileRecord[];
  };

/** A part of a session's journal. */
export interface SessionPart {
  entries: ShownEntry[];
  /** There are later ones. */
  more: boolean;
}

/** What is new; everything in it replaces what had the same id. The first one holds everything. */
export interface Delta {
  /** How many days back the page can look. */
  days?: number;
  /** The command that was run is a demonstration. */
  demo?: boolean;
  sessions?: SessionRecord[];
  /** How many older sessions are left out. */
  earlier?: number;
  calls?: CallRecord[];
  events?: EventRecord[];
  limits?: LimitRecord[];
  controls?: Controls;
  /** All that are running. */
  servers?: ServerRecord[];
  /** All that wait, the newest first. */
  proposals?: ProposalRecord[];
  approvals?: ApprovalRecord[];
  /** The one that was added to last comes first. */
  conversations?: ConversationRecord[];
}

/** The stage of a Space as the Hub reports it now, by Space id. */
export type Stages = Record<string, { stage?: string; hardware?: string; problem?: string }>;
