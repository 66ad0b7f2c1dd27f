import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { withoutNpmScript } from './packages.js';

const ROOT = resolve(import.meta.dirname, '../..');
/** The instructions of the Dockerfile in turn. */
const instructions = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
const last = (name: string) => instructions.findLast(([one]) => one === name)?.[1] ?? '';
const list = (name: string) => JSON.parse(last(name)) as string[];
const TOOLS = ['sh', 'wget', 'npm'].every((name) =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, name))),
);

/**
 * What the Dockerfile does, without Docker: each stage is a directory, in which its commands run for real. The first gets what is
 * in the repository and passes `.dockerignore`, and nothing else.
 */
describe.skipIf(process.platform === 'win32' || !TOOLS)('the image', () => {
  let work: string;
  let final: string;

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), 'hugwire-image-'));
    const context = join(work, 'context');
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n');
    const allowed = ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const files = execFileSync('git', ['ls-files', '-z', '--', ...allowed], { cwd: ROOT, encoding: 'utf8' }).split(
      '\0',
    );
    for (const file of files.filter(Boolean)) cpSync(join(ROOT, file), join(context, file));
    const stages = new Map<string, string>();
    let directory = '';
    for (const [name, text] of instructions) {
      if (name === 'FROM') {
        final = join(work, `stage-${stages.size}`);
        for (const folder of ['tmp', 'bin']) mkdirSync(join(final, folder), { recursive: true });
        stages.set(/ AS (\w+)$/.exec(text)?.[1] ?? '', final);
        directory = final;
      } else if (name === 'WORKDIR') {
        directory = join(final, text);
        mkdirSync(directory, { recursive: true });
      } else if (name === 'COPY') {
        const [, stage, paths = ''] = /^(?:--from=(\w+) )?(.*)$/.exec(text) ?? [];
        const from = stage ? (stages.get(stage) as string) : context;
        const words = paths.split(' ');
        const to = words.pop() as string;
        for (const path of words.flatMap((word) => expand(join(from, word)))) {
          const target = to.startsWith('/') ? join(final, to) : join(directory, to);
          cpSync(path, to.endsWith('/') ? join(target, basename(path)) : target, { recursive: true });
        }
      } else if (name === 'RUN') {
        const here = text.replace(/(?<= )\/(?=tmp|data)/g, `${final}/`).replace(/chown \S+/, 'test -d');
        const env = { ...withoutNpmScript(process.env), npm_config_prefix: final, npm_config_prefer_offline: 'true' };
        execFileSync('sh', ['-ec', here], { cwd: directory, env, stdio: 'pipe' });
      }
    }
  }, 300_000);
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  /** Starts it as Docker does, at a port of 127.0.0.1, with what follows the name of the image. */
  const start = (args: readonly string[]) => {
    const [command = '', ...rest] = [...list('ENTRYPOINT'), ...args];
    const env = { PATH: process.env.PATH, HOME: work, HUGWIRE_HOME: join(final, last('ENV').split('=')[1] as string) };
    const child = spawn(join(final, 'bin', command), rest, { cwd: join(final, 'home/node'), env });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    return { child, said: () => said, ended: once(child, 'close').then(([code]) => code as number) };
  };

  it('serves over HTTP, is healthy, and says that it stops', async () => {
    expect(list('CMD')).toEqual(expect.arrayContaining(['--http', '0.0.0.0']));
    const args = list('CMD').map((word) => (word === '0.0.0.0' ? '127.0.0.1' : word));
    const { child, said, ended } = start([...args, '--port', '0']);
    const url = await vi.waitUntil(() => /Stop /.test(said()) && /Address +(\S+)\/mcp/.exec(said())?.[1], 30_000);
    expect(said()).toMatch(/Key +hugwire_/);
    const check = (/ CMD (.*)$/.exec(last('HEALTHCHECK'))?.[1] ?? '').replace('http://127.0.0.1:3000', url);
    expect(check).toContain(`${url}/healthz`);
    const health = () => once(spawn('sh', ['-c', `${check} --tries=1`], { stdio: 'ignore' }), 'exit');
    expect(await health()).toEqual([0, null]);
    child.kill('SIGTERM');
    await vi.waitUntil(() => said().includes('stopping'));
    expect((await health())[0]).not.toBe(0);
    expect(await ended).toBe(0);
  });

  it('serves over stdio where it is told to', async () => {
    const { child, said, ended } = start(['serve']);
    child.stdin.end('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
    expect(await ended).toBe(0);
    expect(said()).toContain('{"result":{},"jsonrpc":"2.0","id":1}');
  });

  it('holds the package and the client of Redis, and nothing beside them', () => {
    const installed = join(final, 'lib/node_modules');
    expect(readdirSync(installed).filter((name) => !name.startsWith('.'))).toEqual(['hugwire', 'redis']);
    expect(readdirSync(join(installed, 'hugwire')).sort()).toEqual([
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'package.json',
    ]);
    expect(readdirSync(join(final, 'tmp'))).toEqual([]);
  });
});

/** The paths that a name with `*` stands for. */
function expand(path: string): string[] {
  const name = basename(path);
  if (!name.includes('*')) return [path];
  const [head = '', tail = ''] = name.split('*');
  const folder = join(path, '..');
  const found = readdirSync(folder).filter((one) => one.startsWith(head) && one.endsWith(tail));
  expect(found, path).toHaveLength(1);
  return found.map((one) => join(folder, one));
}
