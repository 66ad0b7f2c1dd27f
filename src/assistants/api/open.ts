import { approvalsDirectory, conversationsDirectory } from '../../config/paths.js';
import { readAdded } from '../../engine/assistants.js';
import type { RuntimeOptions } from '../../engine/runtime.js';
import type { MountedApi } from '../../http/app.js';
import type { Caller } from '../../http/callers.js';
import type { ApiParts } from '../../http/serve.js';
import { ApprovalStore } from '../../sessions/approvals.js';
import { Conversations } from '../../sessions/conversations.js';
import { FileLogs } from '../../sessions/logs.js';
import { BUILT_IN, openAssistant } from '../library.js';
import { createTurnHost, takeTurn } from '../turn.js';
import { createApi } from './index.js';

/** Owners whose conversations are at hand. */
const MAX_OWNERS = 1_000;

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
  const logs = new FileLogs(conversationsDirectory(paths));
  const stores = new Map<string, { store: Conversations; caller: Caller }>();
  const secretsOf = async (callers: readonly (Caller | undefined)[]) => {
    const found = await Promise.all(callers.map((caller) => caller?.host.secrets?.()));
    return new Set(found.flatMap((secrets) => [...(secrets ?? [])]));
  };
  const approvals = new ApprovalStore({
    logs: new FileLogs(approvalsDirectory(paths)),
    secrets: () => secretsOf([...stores.values()].map(({ caller }) => caller)),
  });
  const conversations = (caller: Caller): Conversations => {
    const known = stores.get(caller.owner) ?? {
      store: new Conversations({ logs, secrets: () => secretsOf([stores.get(caller.owner)?.caller]) }),
      caller,
    };
    known.caller = caller;
    stores.delete(caller.owner);
    stores.set(caller.owner, known);
    const [oldest] = stores.keys();
    if (stores.size > MAX_OWNERS && oldest !== undefined) stores.delete(oldest);
    return known.store;
  };
  return createApi({
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
      // What somebody else must agree to waits for them; a guest's own tools ask nobody.
      const host = caller.token ? caller.host : { ...caller.host, isForOthers: false };
      return takeTurn(
        createTurnHost({ host, env, paths, store: conversations(caller), approvals, token: caller.token }),
        wish,
      );
    },
    state,
    log,
  });
}
