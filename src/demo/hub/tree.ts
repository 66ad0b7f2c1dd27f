import { createHash } from 'node:crypto';
import { scatter } from './build/hashes.js';
import type { DemoCommit, DemoFile, DemoRepo } from './repos.js';

/** A row of the tree: a file, or a directory made up of the files below it. */
export type TreeNode = { type: 'directory'; path: string } | { type: 'file'; path: string; file: DemoFile };

/**
 * Files and directories below a path: directories before files, each in the order of their names.
 * @param path of a directory; empty for the root
 * @param recursive whether to go down into directories
 * @returns undefined when there is no such directory
 */
export function listTree(files: readonly DemoFile[], path: string, recursive: boolean): TreeNode[] | undefined {
  const prefix = path ? `${path}/` : '';
  const below = files.filter((file) => file.path.startsWith(prefix));
  if (below.length === 0) return undefined;
  const names = new Set(below.flatMap((file) => directoryNames(file.path.slice(prefix.length))));
  const directories = [...names].filter((name) => recursive || !name.includes('/')).map((name) => prefix + name);
  const own = below.filter((file) => recursive || !file.path.slice(prefix.length).includes('/'));
  return [
    ...directories.sort().map((directory) => ({ type: 'directory' as const, path: directory })),
    ...own.map((file) => ({ type: 'file' as const, path: file.path, file })),
  ];
}

/** A file or directory by its exact path. */
export function findNode(files: readonly DemoFile[], path: string): TreeNode | undefined {
  const file = files.find((candidate) => candidate.path === path);
  if (file) return { type: 'file', path, file };
  return files.some((candidate) => candidate.path.startsWith(`${path}/`)) ? { type: 'directory', path } : undefined;
}

function directoryNames(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/**
 * A node as the API writes it.
 * @param expand adds the last commit and the scanners' verdict
 */
export function describeNode(repo: DemoRepo, node: TreeNode, expand: boolean): Record<string, unknown> {
  const lastCommit = expand && { lastCommit: describeCommit(lastChange(repo, node.path)) };
  if (node.type === 'directory') {
    const oid = createHash('sha1').update(`tree ${repo.id} ${node.path}`).digest('hex');
    return { type: 'directory', oid, size: 0, path: node.path, ...lastCommit };
  }
  const { file } = node;
  return {
    type: 'file',
    oid: file.oid,
    size: file.size,
    ...(file.lfs && { lfs: file.lfs }),
    ...(file.xetHash && { xetHash: file.xetHash }),
    path: file.path,
    ...lastCommit,
    ...(expand && { securityFileStatus: describeScan(file) }),
  };
}

/** The commit that last touched a path: always the same one, and the newest for README.md. */
function lastChange(repo: DemoRepo, path: string): DemoCommit | undefined {
  const at = path === 'README.md' ? 0 : Math.floor(scatter(`${repo.id} ${path}`) * repo.commits.length);
  return repo.commits[at];
}

const describeCommit = (commit: DemoCommit | undefined) =>
  commit && { id: commit.id, title: commit.title, date: commit.date };

function describeScan({ path, scan }: DemoFile): Record<string, unknown> {
  const pickled = /\.(?:bin|ckpt|pth?|pkl)$/.test(path);
  const imports = scan === 'unsafe' ? [{ module: 'posix', name: 'system', safety: 'dangerous' }] : [];
  return {
    status: scan,
    avScan: { status: 'safe', virusFound: false, virusNames: null },
    pickleImportScan: pickled
      ? {
          status: scan,
          pickleImports: [{ module: 'torch._utils', name: '_rebuild_tensor_v2', safety: 'innocuous' }, ...imports],
        }
      : null,
    jFrogScan: { status: pickled ? scan : 'unscanned' },
    protectAiScan: { status: scan },
    virusTotalScan: { status: 'unscanned' },
  };
}
