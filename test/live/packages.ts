import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keep } from './kept.js';

const run = promisify(execFile);

/** npm's codes for a registry that cannot be reached; all else that fails is a fault of ours. */
const UNREACHABLE =
  /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|EHOSTUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT)\b/;

/**
 * Gives a directory with npm packages installed, from the cache when there is one: what only the live suites run need
 * not be a dependency of the repository. No package's scripts are run.
 * @param name what the packages are for; a part of the directory's name
 * @param packages names to exact versions
 * @returns the absolute path of the directory above `node_modules`, or undefined, said on stderr, when the registry
 * cannot be reached: for `describe.skipIf(!directory)`
 * @throws Error with npm's words when it fails otherwise, and always in CI (`CI` set): there, a skipped suite would
 * pass for a tested one
 */
export async function npmPackages(name: string, packages: Record<string, string>): Promise<string | undefined> {
  const dependencies = Object.fromEntries(Object.entries(packages).sort());
  try {
    const contents = Object.entries(dependencies).map((pair) => pair.join('@'));
    return await keep(name, dependencies, contents, async (directory) => {
      await writeFile(join(directory, 'package.json'), JSON.stringify({ private: true, dependencies }, null, 2));
      await install(directory);
    });
  } catch (error) {
    if (process.env.CI || !UNREACHABLE.test(String(error))) throw error;
    console.warn(`Skipped: the packages of ${name} are not here and the npm registry cannot be reached.`);
    return undefined;
  }
}

/**
 * The script behind a command of an installed package: to be run by a Node of one's choice, and without the shims that
 * Windows needs.
 * @param directory what `npmPackages` gave
 * @param name of the package
 * @param command which of its commands; the package's own name unless told
 * @throws Error when the package has no such command
 */
export function packageBin(directory: string, name: string, command = name): string {
  const home = join(directory, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
    bin: string | Record<string, string>;
  };
  // One that is a text is the package's only command.
  const script = typeof bin === 'string' ? bin : bin[command];
  if (script === undefined) throw new Error(`${name} has no command ${command}, only ${Object.keys(bin).join(', ')}`);
  return join(home, script);
}

async function install(directory: string): Promise<void> {
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  await run('npm', ['install', ...flags], {
    cwd: directory,
    env: withoutNpmScript(process.env),
    maxBuffer: 16 * 1024 * 1024,
    shell: process.platform === 'win32', // npm is a .cmd file there
  });
}

/** Within an npm script, `npm_config_local_prefix` and its like would send the packages into this repository. */
export function withoutNpmScript(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const ours = /^npm_(?:package_|lifecycle_|config_(?:local_prefix|prefix|global_prefix)$)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.test(name)));
}
