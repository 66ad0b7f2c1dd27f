import { approvalsDirectory, conversationsDirectory } from '../../config/paths.js';
import { readAdded } from '../../engine/assistants.js';
import type { RuntimeOptions } from '../../engine/runtime.js';
import type { MountedApi } from '../../http/app.js';
import type { Caller } from '../../http/callers.js';
import type { ApiParts } from '../../http/serve.js';
import { APPROVAL_LIMITS, ApprovalStore } from '../../sessions/approvals.js';
import { Conversations } from '../../sessions/conversations.js';
import { openLogs } from '../../sessions/shared-logs.js';
import { BUILT_IN, openAssistant } from '../library.js';
import { ToolServers } from '../servers.js';
import { createTurnHost, takeTurn } from '../turn.js';
import { createApi } from './index.js';

/** Owners whose conversations are at hand. */
const MAX_OWNERS = 1_000;
const DAY_MS = 86_400_000;

/**
 * The API over the assistants of this machine.
 * @param options the environment, and what the rest of the server has
 */
export async function openApi({
  env,
  paths,
  loaded,
  state,
  log,
}: Pick<RuntimeOptions, 'env' | 'paths' | 'log'> & ApiParts): Promise<MountedApi> {
  const configPath = loaded().path;
  const keepDays = () => loaded().config.sessions.keepDays;
  const keepMs = keepDays() * DAY_MS;
  const logs = openLogs(state, { group: 'conversations', keepMs, directory: conversationsDirectory(paths) });
  const servers = new ToolServers(env, log);
  const stores = new Map<string, { store: Conversations; caller: Caller }>();
  const secretsOf = async (callers: readonly (Caller | undefined)[]) => {
    const found = await Promise.all(callers.map((caller) => caller?.host.secrets?.()));
    return new Set(found.flatMap((secrets) => [...(secrets ?? [])]));
  };
  const approvals = new ApprovalStore({
    logs: openLogs(state, {
      group: 'approvals',
      keepMs: APPROVAL_LIMITS.keepMs,
      directory: approvalsDirectory(paths),
    }),
    secrets: () => secretsOf([...stores.values()].map(({ caller }) => caller)),
  });
  const conversations = (caller: Caller): Conversations => {
    const known = stores.get(caller.owner) ?? {
      store: new Conversations({ logs, keepDays, secrets: () => secretsOf([stores.get(caller.owner)?.caller]) }),
      caller,
    };
    if (!stores.has(caller.owner)) caller.host.onClient?.({ client: { name: 'hugwire api' } });
    known.caller = caller;
    stores.delete(caller.owner);
    stores.set(caller.owner, known);
    const [oldest] = stores.keys();
    if (stores.size > MAX_OWNERS && oldest !== undefined) stores.delete(oldest);
    return known.store;
  };
  const api = createApi({
    assistants: {
      list: async () => [BUILT_IN, ...readAdded(configPath)],
      async find(name) {
        if (name !== BUILT_IN.name && !readAdded(configPath).some((one) => one.name === name)) return undefined;
        return (await openAssistant(configPath, name, { env })).assistant;
      },
    },
    conversations,
    approvals,
    take(caller, wish) {
      const { host, token } = caller;
      const shared = { env, paths, store: conversations(caller), approvals };
      // What somebody else must agree to waits for them. Guests are asked nothing, and other programs are not for them.
      return takeTurn(
        token
          ? createTurnHost({ ...shared, host, token })
          : createTurnHost({
              ...shared,
              host: { ...host, isForOthers: false },
              otherTools: (assistant, signal) => servers.tools(assistant, signal),
            }),
        wish,
      );
    },
    state,
    log,
  });
  return {
    ...api,
    async close() {
      await api.close();
      await servers.close();
    },
  };
}
