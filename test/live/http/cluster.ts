import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { expect, vi } from 'vitest';
import { type RedisServer, startRedis } from '../../doubles/redis-server.js';
import { Shell } from '../../e2e/shell.js';
import { freePort } from '../ports.js';

const DOCS = join(import.meta.dirname, '../../../docs');
const PROXIES = {
  nginx: { file: 'nginx.conf', port: 8080 },
  haproxy: { file: 'haproxy.cfg', port: 8090 },
};
export type Front = keyof typeof PROXIES;

/**
 * Whether Redis, nginx and HAProxy are there (Debian's packages). Says on stderr what is skipped and why.
 * @throws Error in CI, where a skipped suite would pass for a tested one
 */
export function clusterAvailable(): boolean {
  const missing = ['redis-server', 'nginx', 'haproxy'].filter((name) => spawnSync(name, ['-v']).error);
  if (missing.length === 0) return true;
  const reason = `${missing.join(', ')} not found`;
  if (process.env.CI) throw new Error(`${reason}, and the live suites may not be skipped in CI`);
  const suite = relative('.', expect.getState().testPath ?? '');
  console.warn(`Skipped ${suite}: ${reason}. To run it: apt-get install redis-server nginx haproxy`);
  return false;
}

/** One server of several, in a home of its own. */
export interface Instance {
  /** Such as `http://127.0.0.1:40231`. */
  url: string;
  home: string;
  /** What it has written to stderr since it was started last. */
  log(): string;
  /** Ends it. @returns its exit code */
  stop(signal: NodeJS.Signals): Promise<number | null>;
  /** Starts it again at the same port. */
  start(): Promise<void>;
}

export interface ClusterOptions {
  /** Of the config of every instance. */
  config: object;
  env?: NodeJS.ProcessEnv;
  /** Options of `hugwire serve` beside those of the cluster. */
  args?: string[];
}

/** Three built servers with one Redis, and the proxies of the documentation in front of them. */
export class Cluster {
  readonly instances: Instance[] = [];
  readonly #shells: Shell[] = [];
  readonly #clients: Client[] = [];
  readonly #proxies: { child: ChildProcess; folder: string }[] = [];
  /** The key of the first user, and of another one. */
  key = '';
  otherKey = '';

  private constructor(readonly redis: RedisServer) {}

  static async start({ config, env, args = [] }: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(await startRedis());
    for (let at = 0; at < 3; at += 1) {
      const shell = new Shell({ ...env, HUGWIRE_STATE: cluster.redis.url });
      cluster.#shells.push(shell);
      writeFileSync(join(shell.home, 'config.json'), JSON.stringify(config));
      // As on machines of their own: what they have in common is who may call.
      const first = cluster.instances[0];
      if (first) cpSync(join(first.home, 'state'), join(shell.home, 'state'), { recursive: true });
      const instance = makeInstance(shell, await freePort(), args);
      await instance.start();
      cluster.instances.push(instance);
      if (first || args.includes('--auth')) continue;
      cluster.key = /^ *Key +(hugwire_\S+)/m.exec(instance.log())?.[1] ?? '';
      const { stdout } = await shell.run('http', 'keys', 'add', 'other');
      cluster.otherKey = /hugwire_\S+/.exec(stdout)?.[0] ?? '';
    }
    return cluster;
  }

  /** Puts a proxy with its documented config in front. @returns where it listens */
  async front(proxy: Front): Promise<string> {
    const { file, port } = PROXIES[proxy];
    const own = await freePort();
    const folder = mkdtempSync(join(tmpdir(), `hugwire-${proxy}-`));
    const ports = new Map(this.instances.map(({ url }, at) => [String(3001 + at), new URL(url).port]));
    ports.set(String(port), String(own));
    const text = readFileSync(join(DOCS, file), 'utf8').replace(
      /127\.0\.0\.1:(\d+)/g,
      (_, given) => `127.0.0.1:${ports.get(given)}`,
    );
    writeFileSync(join(folder, file), text);
    const child =
      proxy === 'nginx' ? startNginx(folder, file) : startQuietly('haproxy', ['-db', '-f', join(folder, file)]);
    this.#proxies.push({ child, folder });
    const url = `http://127.0.0.1:${own}`;
    await vi.waitFor(async () => expect((await fetch(`${url}/healthz`)).status).toBe(200), 20_000);
    return url;
  }

  /** Connects a client; modern unless told. */
  async connect(
    url: string,
    mode: 'legacy' | { pin: string } = { pin: '2026-07-28' },
    key = this.key,
  ): Promise<Client> {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } });
    const requestInit = { headers: { Authorization: `Bearer ${key}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit }));
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) await client.close().catch(() => {});
    for (const { child, folder } of this.#proxies) {
      await end(child, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    }
    await Promise.all(this.instances.map((instance) => instance.stop('SIGKILL')));
    for (const shell of this.#shells) shell.remove();
    await this.redis.stop();
  }
}

function makeInstance(shell: Shell, port: number, args: string[]): Instance {
  let running: ReturnType<Shell['start']> | undefined;
  let said = '';
  return {
    url: `http://127.0.0.1:${port}`,
    home: shell.home,
    log: () => said,
    async start() {
      said = '';
      running = shell.start('serve', '--http', '--port', String(port), ...args);
      running.child.stderr?.on('data', (chunk) => {
        said += chunk;
      });
      await vi.waitFor(() => expect(said).toContain('Stop '), 30_000);
    },
    async stop(signal) {
      running?.child.kill(signal);
      return (await running?.ended)?.code ?? null;
    },
  };
}

/** The documented part of the config within a whole one that writes below a folder only. */
function startNginx(folder: string, file: string): ChildProcess {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  mkdirSync(join(folder, 'logs'));
  const whole = [
    'daemon off; worker_processes 1; pid nginx.pid; error_log logs/error.log;',
    'events { worker_connections 512; }',
    'http {',
    '  access_log off;',
    ...kinds.map((kind) => `  ${kind}_temp_path logs/${kind};`),
    `  include ${join(folder, file)};`,
    '}',
  ];
  writeFileSync(join(folder, 'whole.conf'), whole.join('\n'));
  return startQuietly('nginx', ['-p', folder, '-c', join(folder, 'whole.conf'), '-e', 'logs/error.log']);
}

function startQuietly(program: string, args: string[]): ChildProcess {
  return spawn(program, args, { stdio: 'ignore' });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}
