import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where what takes long to install is kept between runs, outside the repository. */
function root(): string {
  return process.env.HUGWIRE_TEST_CACHE || join(homedir(), '.cache', 'hugwire-test');
}

/**
 * Gives a directory that was built once and is kept between runs; building it takes long, so it says what it does. It is built under a temporary name and renamed when
 * complete, so that a run cut short leaves no half directory and two runs at once do not disturb each other.
 * @param name what it is for; a part of the directory's name
 * @param recipe all that decides what is in it: another recipe makes another directory
 * @param contents what is installed, in words for whoever waits
 * @param build fills the empty directory that it is given
 * @returns the absolute path
 * @throws whatever `build` throws
 */
export async function keep(
  name: string,
  recipe: unknown,
  contents: readonly string[],
  build: (directory: string) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
  const target = join(root(), `${name}-${hash}`);
  if (existsSync(target)) return target;

  await mkdir(root(), { recursive: true });
  const draft = await mkdtemp(join(root(), `.${name}-`));
  const start = Date.now();
  console.log(`Installing ${contents.join(', ') || 'nothing'} into ${target} …`);
  try {
    await build(draft);
    await moveInto(draft, target);
    console.log(`Installed ${name} in ${Math.round((Date.now() - start) / 1000)} s.`);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return target;
}

/** Renames, unless another run was first: then what it built serves, since it followed the same recipe. */
async function moveInto(draft: string, target: string): Promise<void> {
  try {
    await rename(draft, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}
