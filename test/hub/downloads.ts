import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

export const COMMIT = 'a'.repeat(40);
export const OLDER = 'b'.repeat(40);

/**
 * Writes a repository as huggingface_hub does: contents in `blobs/`, and a snapshot of links to them.
 * @param cache the cache's directory
 * @param folder such as `models--owner--name`
 * @param files contents by path
 * @param commit of the snapshot
 * @param refs that point to it
 */
export async function writeRepo(
  cache: string,
  folder: string,
  files: Record<string, string>,
  commit = COMMIT,
  refs = ['main'],
): Promise<void> {
  const repo = join(cache, folder);
  for (const [path, content] of Object.entries(files)) {
    const blob = join(repo, 'blobs', Buffer.from(commit.slice(0, 4) + path).toString('hex'));
    const link = join(repo, 'snapshots', commit, path);
    await mkdir(dirname(blob), { recursive: true });
    await mkdir(dirname(link), { recursive: true });
    await writeFile(blob, content);
    await symlink(relative(dirname(link), blob), link);
  }
  for (const ref of refs) {
    const file = join(repo, 'refs', ref);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, commit);
  }
}
