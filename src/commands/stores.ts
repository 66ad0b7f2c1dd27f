import { approvalsDirectory, conversationsDirectory } from '../config/paths.js';
import { createTokenReader } from '../config/token.js';
import { HugwireError } from '../lib/errors.js';
import { log } from '../lib/log.js';
import { APPROVAL_LIMITS, ApprovalStore } from '../sessions/approvals.js';
import { Conversations } from '../sessions/conversations.js';
import { FileLogs } from '../sessions/logs.js';
import { SharedLogs, type SharedStore } from '../sessions/shared-logs.js';
import type { World } from './context.js';
import { openPrompts, type Prompts } from './prompts.js';
import { type CommandResult, type JsonOption, print, type View, viewOf } from './terminal.js';

const DAY_MS = 86_400_000;

/** Where assistants of this user keep what they do: on this machine and, where the config names it, in a shared store. */
export interface Stores {
  conversations: Conversations[];
  approvals: ApprovalStore[];
  close(): Promise<void>;
}

/**
 * Opens what there is. A shared store that is away is told of, and does without.
 * @param world of the command
 */
export async function openStores({ env, paths, load }: World): Promise<Stores> {
  const { config } = load();
  const { token } = config;
  const secrets = async () => {
    const { value } = token.source === 'command' ? {} : await createTokenReader(token, env, paths)();
    return new Set(value === undefined ? [] : [value]);
  };
  const stores: Stores = {
    conversations: [new Conversations({ logs: new FileLogs(conversationsDirectory(paths)), secrets })],
    approvals: [new ApprovalStore({ logs: new FileLogs(approvalsDirectory(paths)), secrets })],
    close: async () => {},
  };
  const address = env.HUGWIRE_STATE || config.http.state;
  if (address === 'memory') return stores;
  try {
    const { createRedisState } = await import('../http/state/redis.js');
    const state = await createRedisState(address, log);
    stores.close = () => state.close();
    const { logs } = state;
    if (!logs) return stores;
    const store: SharedStore = { ...state, logs };
    // Away, it would fail each question anew.
    await logs.list('approvals');
    const keepMs = config.sessions.keepDays * DAY_MS;
    stores.conversations.push(new Conversations({ logs: new SharedLogs(store, 'conversations', keepMs), secrets }));
    stores.approvals.push(
      new ApprovalStore({ logs: new SharedLogs(store, 'approvals', APPROVAL_LIMITS.keepMs), secrets }),
    );
  } catch (error) {
    if (!(error instanceof HugwireError)) throw error;
    log(`Only what lies on this machine is shown: ${error.message}`);
  }
  return stores;
}

/** What a command about these stores works in. */
interface StoresContext extends View, Omit<Stores, 'close'> {
  prompts?: Prompts;
}

/**
 * Runs a command with what there is open, and prints its result.
 * @param world of the command
 * @param options of the command
 * @param work what it does
 */
export async function runWithStores(
  world: World,
  options: JsonOption,
  work: (context: StoresContext) => Promise<CommandResult>,
): Promise<void> {
  const { close, ...stores } = await openStores(world);
  const { env } = world;
  try {
    print(await work({ ...stores, ...viewOf(process.stdout, env), prompts: openPrompts(env) }), options);
  } finally {
    await close();
  }
}
