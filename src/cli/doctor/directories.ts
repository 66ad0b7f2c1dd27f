import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { expandHome } from '../../files/home.js';
import { formatBytes } from '../../text/format.js';
import { type Finding, findingsOf } from './finding.js';
import type { Patient } from './patient.js';

/** A few pictures, and the cache at its largest. */
const LITTLE_BYTES = 250_000_000;
/** Not even the config could be written. */
const FULL_BYTES = 1_000_000;

const REASONS: Record<string, string> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of its path is a file',
};

/** Whether hugwire's directories are there or can be made, can be written, and have room. Writes nothing. */
export async function checkDirectories({ paths, config, configPath }: Patient): Promise<Finding[]> {
  const directories: [id: string, title: string, path: string, advice: string][] = [
    ['config', 'Config', dirname(configPath), 'Set HUGWIRE_HOME, or use --config.'],
    ['cache', 'Cache', paths.cache, 'Set HUGWIRE_HOME; until then nothing is kept.'],
    ['state', 'State', paths.state, 'Set HUGWIRE_HOME; until then no session is recorded and no token stored.'],
    [
      'files',
      'Files of Spaces',
      resolve(expandHome(config.files.saveTo)),
      'Name another directory: `hugwire config set files.saveTo PATH`.',
    ],
  ];
  return Promise.all(
    directories.map(([id, title, path, advice]) => checkDirectory(`directory:${id}`, title, path, advice)),
  );
}

async function checkDirectory(id: string, title: string, path: string, advice: string): Promise<Finding> {
  const { ok, warning, problem } = findingsOf(id, title);
  const base = await nearestExisting(path);
  const there = base === path;
  try {
    if (!(await stat(base)).isDirectory()) return problem(`${path} cannot be made: ${base} is a file`, advice);
    await access(base, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    return problem(`${path} ${there ? 'cannot be written' : 'cannot be made'}: ${REASONS[code] ?? code}`, advice);
  }
  const free = await freeBytes(base);
  const detail = there ? path : `${path} (will be made)`;
  if (free === undefined) return ok(detail);
  if (free < FULL_BYTES) return problem(`${path}: the disk is full`, 'Make room.');
  if (free < LITTLE_BYTES) return warning(`${path}: ${formatBytes(free)} left on the disk`, 'Make room.');
  return ok(`${detail}, ${formatBytes(free)} free`);
}

async function nearestExisting(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const code = await stat(at).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    );
    // ENOTDIR comes of a file further up: the search goes on to it.
    if ((code !== 'ENOENT' && code !== 'ENOTDIR') || at === dirname(at)) return at;
  }
}

async function freeBytes(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
