import { execFile, spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { keep } from './kept.js';

const run = promisify(execFile);

const COMMAND = process.platform === 'win32' ? 'python' : 'python3';
const INTERPRETER = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];

/** `Python 3.11.7`, or undefined when there is no Python. An environment of one version is useless to another. */
function pythonVersion(): string | undefined {
  const probe = spawnSync(COMMAND, ['-c', 'import sys, venv, ensurepip; print(sys.version)'], { encoding: 'utf8' });
  return probe.status === 0 ? probe.stdout.trim() : undefined;
}

/**
 * Whether suites that need Python can run, for `describe.skipIf(!pythonAvailable())`. Says on stderr which is skipped and
 * why.
 * @throws Error in CI (`CI` set) when Python is missing: there, a skipped suite would pass for a tested one
 */
export function pythonAvailable(): boolean {
  if (pythonVersion() !== undefined) return true;
  const reason = `${COMMAND} with the venv module was not found`;
  if (process.env.CI) throw new Error(`${reason}, and the live suites may not be skipped in CI`);
  const suite = expect.getState().testPath;
  console.warn(
    `Skipped${suite ? ` ${relative('.', suite)}` : ''}: ${reason}. Install Python 3.10 or newer to run this suite.`,
  );
  return false;
}

/**
 * Gives a Python with packages installed, from the cache when there is one. It is moved once it is built, which
 * leaves console scripts (`bin/hf`) with a dead path: run modules instead, `python -m …`.
 * @param name what the environment is for; a part of its directory's name
 * @param requirements what pip is to install, such as `gradio==6.25.0`
 * @returns the absolute path of the interpreter
 * @throws Error when Python is missing or pip fails, with pip's own words
 */
export async function pythonEnv(name: string, requirements: string[]): Promise<string> {
  const version = pythonVersion();
  if (version === undefined) throw new Error(`${COMMAND} with the venv module was not found`);
  const directory = await keep(
    name,
    [version, [...requirements].sort()],
    ['a Python', ...requirements],
    async (draft) => {
      await run(COMMAND, ['-m', 'venv', draft]);
      await install(join(draft, ...INTERPRETER), requirements);
    },
  );
  return join(directory, ...INTERPRETER);
}

async function install(python: string, requirements: string[]): Promise<void> {
  if (requirements.length === 0) return;
  const flags = ['--quiet', '--disable-pip-version-check', '--no-input'];
  await run(python, ['-m', 'pip', 'install', ...flags, ...requirements], { maxBuffer: 64 * 1024 * 1024 });
}
