import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as z from 'zod';
import { resolvePaths } from '../../src/config/paths.js';
import { type Config, configSchema } from '../../src/config/schema.js';
import { type CallLink, findTool, runCall } from '../../src/engine/call.js';
import { type Caller, type Callers, createCallers } from '../../src/http/callers.js';
import type { ToolResult } from '../../src/tools/tool.js';

/** Counters of this process, as the server has them when it stands alone. */
function makeState() {
  const counts = new Map<string, number>();
  return {
    counts,
    async hit(key: string) {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return count;
    },
  };
}

interface Options {
  auth: Config['http']['auth'];
  /** Of the Hub. */
  endpoint: string;
  config?: z.input<typeof configSchema>;
  env?: NodeJS.ProcessEnv;
}

/** Callers with a HUGWIRE_HOME of their own, which goes with `close`. */
export function openCallers({ auth, endpoint, config, env = {} }: Options) {
  const home = mkdtempSync(join(tmpdir(), 'hugwire-http-'));
  const own = { HUGWIRE_HOME: home, HF_ENDPOINT: endpoint, ...env };
  const paths = resolvePaths(own);
  const loaded = { config: configSchema.parse(config ?? {}), path: join(paths.config, 'config.json'), exists: false };
  const logged: string[] = [];
  const state = makeState();
  const callers = createCallers({ auth, loaded, env: own, paths, state, log: (line) => logged.push(line) });
  const close = async () => {
    await callers.close();
    rmSync(home, { recursive: true, force: true });
  };
  return { callers, home, paths, loaded, logged, state, close };
}

/** A request as a client sends it. */
export function post(path = '/mcp', headers: Record<string, string> = {}): Request {
  return new Request(`http://127.0.0.1:3000${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{}',
  });
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Who a request is from; fails where it is turned away. */
export async function letIn(callers: Callers, request: Request, address?: string): Promise<Caller> {
  const caller = await callers.authenticate(request, address);
  if (caller instanceof Response) throw new Error(`turned away: ${caller.status} ${await caller.text()}`);
  return caller;
}

/** What a request is turned away with. */
export async function turnAway(callers: Callers, request: Request, address?: string): Promise<Response> {
  const response = await callers.authenticate(request, address);
  if (!(response instanceof Response)) throw new Error('it was let in');
  return response;
}

/** Calls a tool as a caller, whose client can ask its user or not. */
export function callAs({ host }: Caller, tool: string, args: object = {}, ask?: CallLink['ask']): Promise<ToolResult> {
  return runCall(host, findTool(host, tool), args, { signal: new AbortController().signal, progress: () => {}, ask });
}

export const namesOf = ({ host }: Caller) => host.tools().map(({ name }) => name);
