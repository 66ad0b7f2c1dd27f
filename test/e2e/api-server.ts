import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ScriptedModel, startScriptedModel } from '../doubles/scripted-model.js';
import { type HttpServer, startHttpServer } from './http-server.js';
import { Shell } from './shell.js';

/** The built server, with what lies below `/v1`. */
export interface ApiServer extends HttpServer {
  /** Of the API. */
  base: string;
  /** What answers where the demo world does not. */
  upstream?: ScriptedModel;
  /** Sends a request with the key; a body makes it a POST. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  ask(path: string, body?: unknown, key?: string): Promise<{ status: number; body: any }>;
  close(): Promise<void>;
}

interface Options {
  /** Of the config, beside the address of the model. */
  config?: Record<string, unknown>;
  args?: string[];
  shell?: Shell;
  /** The key of an earlier start. */
  key?: string;
  upstream?: ScriptedModel;
}

/** The server over the demo world, whose model is a script that searches, draws and remembers. */
export const startDemoApi = (): Promise<ApiServer> => start({ args: ['--demo'], shell: new Shell() });

/** The server over a model that does what it is told. */
export async function startScriptedApi(options: Options = {}): Promise<ApiServer> {
  const { shell = new Shell(), upstream = await startScriptedModel() } = options;
  const { assistants, ...config } = options.config ?? {};
  const model = { endpointUrl: upstream.url, ...(assistants as object) };
  writeFileSync(join(shell.home, 'config.json'), JSON.stringify({ ...config, assistants: model }));
  return start({ ...options, shell, upstream });
}

async function start({ args = [], shell, key, upstream }: Options & { shell: Shell }): Promise<ApiServer> {
  const server = await startHttpServer(args, shell);
  const base = server.url.replace(/\/mcp$/, '/v1');
  const own = key ?? server.key;
  return {
    ...server,
    key: own,
    base,
    upstream,
    async ask(path, body, other = own) {
      const response = await fetch(base + path, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { Authorization: `Bearer ${other}`, 'Content-Type': 'application/json' },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    },
    async close() {
      await server.stop('SIGINT');
      await upstream?.close();
      shell.remove();
    },
  };
}
