// Other servers for the Hub and for Spaces, installed from npm into a directory of their own.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const PEERS = {
  'hf-mcp-server': { package: '@llmindset/hf-mcp-server', version: '0.4.23' },
  'mcp-hfspace': { package: '@llmindset/mcp-hfspace', version: 'latest' },
};

const shell = process.platform === 'win32';

/** Installs a package from npm or a tarball where nothing else is; tells what that takes. */
export function installAlone(what, directory) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{}');
  const started = performance.now();
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', what], {
    cwd: directory,
    shell,
    stdio: 'ignore',
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

/** The arguments of Node that run an installed peer. */
export function commandOf(name, directory) {
  const home = join(directory, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const script = typeof bin === 'string' ? bin : (bin['hf-mcp-server'] ?? Object.values(bin)[0]);
  return [join(home, script)];
}
