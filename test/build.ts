import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Builds `dist/` before the tests when what it is made from is newer: they run the built program. */
export default function buildWhenStale(): void {
  const built = modified('dist/start.cjs');
  const sources = [
    ...['src', 'build'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    ),
    'package.json',
    'tsup.config.ts',
  ];
  if (sources.some((file) => modified(file) > built)) {
    const shell = process.platform === 'win32'; // npm is a .cmd file there
    execFileSync('npm', ['run', 'build'], { stdio: 'inherit', shell });
  }
}

function modified(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
