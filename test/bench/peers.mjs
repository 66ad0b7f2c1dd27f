import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SPACE } from './world.mjs';

// What hugwire is compared with, and how the same is asked of all: other servers for the Hub and for Spaces, installed from
// npm into directories of their own, and hugwire as npx starts it.

const REDIRECT = fileURLToPath(new URL('redirect.cjs', import.meta.url));

/**
 * What is installed, what it is started with, and the calls that it shares with hugwire.
 * `note` stands below the table.
 */
export const PEERS = {
  'hf-mcp-server': {
    package: '@llmindset/hf-mcp-server',
    version: '0.4.23',
    search: (query) => ['hub_repo_search', { query, repo_types: ['model'], sort: 'downloads', limit: 10 }],
    note: 'hf-mcp-server runs only Spaces that are MCP servers themselves, which the bench has none of',
  },
  'mcp-hfspace': {
    package: '@llmindset/mcp-hfspace',
    version: '0.5.4',
    // Without a Space that answers at the start, it ends.
    args: [`${SPACE}/greet`],
    space: (name) => ['demo-space-greet', { name, excited: false }],
    note: 'mcp-hfspace connects to its Space before it answers, searches no models, and waits for ever at the end of a run with the @gradio/client that it installs',
  },
};

/** Installs a package from npm or a tarball where nothing else is and nothing is cached; tells what that takes. */
export function installAlone(what, directory) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{}');
  const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--cache', join(directory, 'cache')];
  const started = performance.now();
  execFileSync('npm', ['install', ...options, what], {
    cwd: directory,
    shell: process.platform === 'win32',
    stdio: 'pipe',
  });
  const seconds = (performance.now() - started) / 1000;
  const modules = join(directory, 'node_modules');
  const files = readdirSync(modules, { recursive: true, withFileTypes: true });
  const bytes = files.reduce(
    (sum, file) => sum + (file.isFile() ? statSync(join(file.parentPath, file.name)).size : 0),
    0,
  );
  const { packages } = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'));
  return { packages: Object.keys(packages).length, megabytes: bytes / 1e6, seconds };
}

/** The command that runs an installed peer. */
export function commandOf(name, directory) {
  const { package: id, args = [] } = PEERS[name];
  const home = join(directory, 'node_modules', id);
  const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  return [process.execPath, '--require', REDIRECT, join(home, bin[name]), ...args];
}

/** hugwire's own calls, like those of its peers. */
const CALLS = {
  search: (query) => ['hub_search', { query, limit: 10 }],
  space: (name) => ['space_call', { space: SPACE, endpoint: '/greet', arguments: { name } }],
};

/**
 * How a contender is asked to do something.
 * @param kind `search` or `space`
 * @returns a function of what is looked for, or of a name to greet, that gives tool and arguments; undefined where it cannot
 */
export function callOf(contender, kind) {
  return (contender.includes('hugwire') ? CALLS : PEERS[contender])?.[kind];
}

/**
 * Runs what is given with hugwire as npx starts it, from a registry that has nothing else.
 * @param tarball of hugwire, with its `version`
 * @param directory for npm's cache
 */
export async function withNpx({ tarball, version }, directory, measure) {
  const bytes = readFileSync(tarball);
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  const registry = createServer(({ url, headers }, response) => {
    if (url.endsWith('.tgz')) return response.end(bytes);
    if (url !== '/hugwire') return response.writeHead(404).end();
    const dist = { tarball: `http://${headers.host}/hugwire.tgz`, integrity };
    const manifest = { name: 'hugwire', version, bin: { hugwire: 'bin/hugwire.js' }, dist };
    response.end(
      JSON.stringify({ name: 'hugwire', 'dist-tags': { latest: version }, versions: { [version]: manifest } }),
    );
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => registry.once('listening', resolve));
  const env = {
    npm_config_registry: `http://127.0.0.1:${registry.address().port}`,
    npm_config_cache: directory,
    npm_config_update_notifier: 'false',
  };
  try {
    return await measure({ command: ['npx', '-y', 'hugwire'], env });
  } finally {
    registry.close();
  }
}
