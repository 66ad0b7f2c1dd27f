import { formatBytes, plural } from '../text/format.js';
import type { Document, ReadOptions } from './document.js';
import { showReference } from './reference.js';
import { listTree, type RepoAt, sumOf, type TreeEntry } from './tree.js';
import type { HubClient } from './types.js';

/** Entries on a page. */
const MOST_ENTRIES = 200;

/**
 * Lists a folder, folders first.
 * @param hub the Hub
 * @param repo where it is
 * @param path of the folder; "" is the root
 * @param options `offset` skips entries
 * @throws HugwireError `not_found` with `missing: 'file'` when there is none
 */
export async function listFolder(hub: HubClient, repo: RepoAt, path: string, options: ReadOptions): Promise<Document> {
  const { entries, complete } = await listTree(hub, repo, path, false);
  const sorted = [...entries].sort(
    (a, b) => Number(b.type === 'folder') - Number(a.type === 'folder') || (a.path < b.path ? -1 : 1),
  );
  const files = entries.filter(({ type }) => type === 'file');
  const start = options.offset ?? 0;
  const shown = sorted.slice(start, start + MOST_ENTRIES);
  const next = start + shown.length;
  return {
    uri: showReference({ type: 'path', ...repo, path, folder: true }),
    type: 'folder',
    facts: [
      `folder: ${plural(entries.length - files.length, 'folder')}, ${plural(files.length, 'file')}${complete ? '' : ' and more'}, ${formatBytes(sumOf(files))}`,
    ],
    body: shown.map((entry) => showEntry(entry, path)).join('\n'),
    ...(next < sorted.length ? { next, length: sorted.length } : {}),
  };
}

function showEntry({ type, path, size }: TreeEntry, folder: string): string {
  const name = folder && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
  if (type === 'folder') return `${name}/`;
  return size === undefined ? name : `${name} ${formatBytes(size)}`;
}
