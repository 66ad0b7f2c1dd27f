import { count, line, record, records } from './fields.js';
import { apiPath } from './ids.js';
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

/** A thousand entries a page; more pages than this are not worth an assistant's time. */
const MOST_PAGES = 5;

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
  const segments = path === '' ? [] : path.split('/');
  const entries: TreeEntry[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await hub.request(apiPath(kind, id, 'tree', revision, ...segments), {
      query: { recursive, cursor },
      repo: { kind, id, revision },
      file: path || undefined,
      cache: /^[0-9a-f]{40}$/.test(revision) ? 'immutable' : 'file',
    });
    entries.push(...records(answer.json()).flatMap(readEntry));
    cursor = nextCursor(answer.headers);
    if (cursor === undefined) return { entries, complete: true };
  }
  return { entries, complete: false };
}

/**
 * The cursor of the next page. Only the cursor is taken from the `Link` header: where the request goes stays our own
 * decision, so that no header can send the token elsewhere.
 * @param headers of a page
 */
export function nextCursor(headers: Headers): string | undefined {
  const next = /<([^>]+)>;\s*rel="?next"?/.exec(headers.get('link') ?? '')?.[1];
  if (!next || !URL.canParse(next, 'https://huggingface.co')) return undefined;
  return new URL(next, 'https://huggingface.co').searchParams.get('cursor') ?? undefined;
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
