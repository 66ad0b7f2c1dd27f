import type { ListedServer } from '../sessions/connections.js';

/** What the dashboard's server tells its page. The page imports these types, and nothing else of the server. */

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
  ended?: string;
  /** Why it ended. */
  reason?: string;
  /** Whether its process still runs. */
  live: boolean;
  calls: number;
  failed: number;
  running: number;
}

/** A server over HTTP that runs, and who is connected to it. */
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
  /** Missing while it runs. */
  milliseconds?: number;
  failed?: boolean;
  error?: string;
  /** The start of the answer, cut; missing for an old call. */
  summary?: string;
  bytes?: number;
  images?: number;
  files?: SavedFileRecord[];
  /** The last thing that was told while it ran. */
  progress?: { text: string; fraction?: number };
}

export interface EventRecord {
  session: string;
  id: string;
  at: string;
  kind: 'list_changed' | 'list_read' | 'config' | 'notice';
  text: string;
  /** For `list_read`: how long after the last change was told. */
  afterMilliseconds?: number;
}

/** The last that was heard of a limit, such as the Hub's rate limits or the ZeroGPU quota. */
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
  /** Asked for by an assistant, and not approved yet. */
  proposed: boolean;
}

/** What the config says now. */
export interface Controls {
  path: string;
  tools: ToolSwitch[];
  spaces: SpaceSwitch[];
  readOnly: boolean;
  /** Why the file cannot be used; the rest is then its last good state. */
  problem?: string;
}

/** What is new; everything in it replaces what had the same id. The first one holds all there is. */
export interface Delta {
  sessions?: SessionRecord[];
  /** How many older sessions there are beside those. */
  earlier?: number;
  calls?: CallRecord[];
  events?: EventRecord[];
  limits?: LimitRecord[];
  controls?: Controls;
  /** All that run now. */
  servers?: ServerRecord[];
}

/** The stage of a Space as the Hub says now, by Space id. */
export type Stages = Record<string, { stage?: string; hardware?: string; problem?: string }>;
