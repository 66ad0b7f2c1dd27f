import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ScriptedModel, startScriptedModel } from '../../doubles/scripted-model.js';
import { type HttpServer, startHttpServer } from '../../e2e/http-server.js';
import { Shell } from '../../e2e/shell.js';

/** The built server, with what lies below `/v1`. */
export interface ApiServer extends HttpServer {
  /** Of the API. */
  base: string;
  /** What answers where the demo world does not. */
  upstream?: ScriptedModel;
  close(): Promise<void>;
}

/** The server over the demo world, whose model is a script that searches, draws and remembers. */
export const startDemoApi = (): Promise<ApiServer> => start(['--demo'], new Shell());

/**
 * The server over a model that does what it is told.
 * @param config beside the address of the model
 */
export async function startScriptedApi(config: Record<string, unknown> = {}): Promise<ApiServer> {
  const upstream = await startScriptedModel();
  const shell = new Shell();
  const assistants = { endpointUrl: upstream.url };
  writeFileSync(join(shell.home, 'config.json'), JSON.stringify({ assistants, ...config }));
  return start([], shell, upstream);
}

async function start(args: string[], shell: Shell, upstream?: ScriptedModel): Promise<ApiServer> {
  const server = await startHttpServer(args, shell);
  return {
    ...server,
    base: server.url.replace(/\/mcp$/, '/v1'),
    upstream,
    async close() {
      await server.stop('SIGINT');
      await upstream?.close();
      shell.remove();
    },
  };
}
