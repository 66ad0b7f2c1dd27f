import { fetchThrough } from './fetch.js';
import { count, line, record } from './fields.js';
import type { HubClient, RepoKind } from './types.js';

export interface TreeEntry {
  type: 'file' | 'folder';
  /** From the root of the repository. */
  path: string;
  /** Bytes of the content, for a file in LFS too. */
  size?: number;
}

export interface Tree {
  entries: TreeEntry[];
  /** False when there is more than was fetched. */
  complete: boolean;
}

/** A repository at a revision, for the paths of the API. */
export interface RepoAt {
  kind: RepoKind;
  id: string;
  revision?: string;
}

/** Five pages of the API; more is not worth an assistant's time. */
const MOST_ENTRIES = 5000;

/**
 * Lists a folder.
 * @param hub the Hub
 * @param repo whose folder
 * @param path of the folder; "" is the root
 * @param recursive with everything below it
 * @throws HugwireError `not_found` with `missing: 'file'` when there is no such folder
 */
export async function listTree(hub: HubClient, repo: RepoAt, path: string, recursive: boolean): Promise<Tree> {
  const { kind, id, revision = 'main' } = repo;
  const { listFiles } = await import('./library-calls.js');
  const listed = listFiles({
    repo: { type: kind, name: id },
    // The library puts both into the address as they are.
    revision: encodeURIComponent(revision),
    path: path.split('/').map(encodeURIComponent).join('/'),
    recursive,
    hubUrl: hub.endpoint,
    fetch: fetchThrough(hub, {
      repo: { kind, id, revision },
      file: path || undefined,
      cache: /^[0-9a-f]{40}$/.test(revision) ? 'immutable' : 'file',
    }),
  });
  const entries: TreeEntry[] = [];
  for await (const entry of listed) {
    if (entries.length === MOST_ENTRIES) return { entries, complete: false };
    entries.push(...readEntry(record(entry)));
  }
  return { entries, complete: true };
}

function readEntry(row: Record<string, unknown>): TreeEntry[] {
  const path = line(row.path, 1000);
  if (!path) return [];
  if (row.type === 'directory') return [{ type: 'folder', path }];
  const size = count(record(row.lfs).size) ?? count(row.size);
  return [{ type: 'file', path, ...(size === undefined ? {} : { size }) }];
}

/** Formats of weights by the end of the file's name. */
const WEIGHTS: [format: string, name: RegExp][] = [
  ['safetensors', /\.safetensors$/],
  ['GGUF', /\.gguf$/],
  ['ONNX', /\.onnx(?:_data)?$/],
  ['PyTorch', /\.(?:bin|pt|pth|ckpt)$/],
  ['TensorFlow', /\.(?:h5|pb|tflite)$/],
  ['Flax', /\.msgpack$/],
  ['OpenVINO', /openvino.*\.xml$/],
  ['Core ML', /\.(?:mlmodel|mlpackage)$/],
  ['Keras', /\.keras$/],
  ['NeMo', /\.nemo$/],
];

export interface WeightsSummary {
  format: string;
  files: number;
  bytes: number;
}

/**
 * The weights among some files, added up by format.
 * @param entries of a tree
 */
export function summariseWeights(entries: readonly TreeEntry[]): WeightsSummary[] {
  return WEIGHTS.flatMap(([format, name]) => {
    const files = entries.filter(({ type, path }) => type === 'file' && name.test(path));
    if (files.length === 0) return [];
    return [{ format, files: files.length, bytes: sumOf(files) }];
  });
}

/**
 * Bytes of all files together.
 * @param entries of a tree
 */
export function sumOf(entries: readonly TreeEntry[]): number {
  return entries.reduce((sum, { size }) => sum + (size ?? 0), 0);
}
