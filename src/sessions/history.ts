import { findSession, listNames } from './directory.js';
import type { FunctionCall, FunctionResponse } from './entries.js';
import { readSessionName, type SessionName, sessionFile } from './names.js';
import { readEntries } from './reader.js';

/** Calls that are looked for; what is not told does not matter. */
interface HistoryQuery {
  tool?: string;
  /** Leaves out the calls of this tool, unless `tool` asks for them. */
  except?: string;
  /** Words that all occur in the call or its answer, in upper or lower case. */
  text?: string;
  since?: Date;
  /** `current`, `last`, an id, or the beginning of one. */
  session?: string;
  /** Calls that failed, or those that did not. */
  failed?: boolean;
  /** Calls at most. */
  limit: number;
}

/** A call of the past with its answer, which is missing while it runs and where the process was killed. */
export interface PastCall {
  /** Of which session. */
  session: string;
  call: FunctionCall;
  response?: FunctionResponse;
}

/** What was found, the newest first. */
export interface HistoryPage {
  calls: PastCall[];
  /** Whether there are more, or some journals were not looked at. */
  more: boolean;
  /** Of how many sessions the journals were read. */
  sessions: number;
}

/** The calls of this session and of earlier ones. */
export interface History {
  /** The id of this session. */
  readonly current: string;
  /**
   * Looks for calls, from the newest on.
   * @throws HugwireError `not_found` when there is no such session
   */
  search(query: HistoryQuery): Promise<HistoryPage>;
}

/** Journals that one search reads at most: a tool must answer soon. */
const MAX_SESSIONS = 200;

/**
 * Opens the history.
 * @param directory of the journals
 * @param current the id of this session
 * @param settled resolves when what was recorded of this session is on disk
 */
export function openHistory(directory: string, current: string, settled: () => Promise<void>): History {
  return {
    current,
    async search(query) {
      await settled();
      const names = await chooseSessions(directory, current, query);
      const page: HistoryPage = { calls: [], more: names.length > MAX_SESSIONS, sessions: 0 };
      for (const name of names.slice(0, MAX_SESSIONS)) {
        page.sessions += 1;
        page.calls.push(...(await searchSession(directory, name.id, query)).reverse());
        if (page.calls.length > query.limit) break;
      }
      page.more ||= page.calls.length > query.limit;
      page.calls.length = Math.min(page.calls.length, query.limit);
      return page;
    },
  };
}

async function chooseSessions(directory: string, current: string, { session }: HistoryQuery): Promise<SessionName[]> {
  if (session === undefined) return listNames(directory);
  if (session === 'current') return [readSessionName(current)].filter((name) => name !== undefined);
  return [await findSession(directory, session)];
}

/** The calls of one session that fit, in their order. */
async function searchSession(directory: string, session: string, query: HistoryQuery): Promise<PastCall[]> {
  const { tool, except, text = '', since, failed } = query;
  const isWanted = (name: string) => (tool === undefined ? name !== except : name === tool);
  const calls = new Map<string, PastCall>();
  try {
    for await (const entry of readEntries(sessionFile(directory, session), { since })) {
      if (entry.type === 'FunctionCall' && isWanted(entry.tool)) {
        calls.set(entry.id, { session, call: entry });
      } else if (entry.type === 'FunctionResponse') {
        const past = calls.get(entry.parent ?? '');
        if (past) past.response = entry;
      }
    }
  } catch {
    // Pruned meanwhile, or not this user's.
  }
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return [...calls.values()].filter(({ call, response }) => {
    if (failed !== undefined && response?.failed !== failed) return false;
    const said = `${call.tool} ${JSON.stringify(call.arguments)} ${response?.summary ?? ''}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
}
