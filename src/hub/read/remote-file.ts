import { HugwireError } from '../../lib/errors.js';
import { repoPath } from '../reference.js';
import type { RepoAt } from '../repo/tree.js';
import type { HubAnswer, HubClient } from '../types.js';

/** What is fetched of every file at first: most files are smaller, and of larger ones it tells what they are. */
const HEAD_BYTES = 256 * 1024;

/** A file that is read in parts. */
export interface RemoteFile {
  /** Where it is; missing where it is no file of the Hub. */
  repo?: RepoAt;
  path: string;
  /** Bytes of the whole file. */
  size: number;
  /** Its first bytes, `HEAD_BYTES` at most; of a file that was opened deep inside, bytes from there. */
  head: Uint8Array;
  /** The commit that it was read at. */
  commit?: string;
  /**
   * Bytes from `start` up to but not including `end`.
   * @throws HugwireError `unavailable` when the server does not give parts
   */
  read(start: number, end: number): Promise<Uint8Array>;
}

/**
 * Opens a file: fetches its head and learns its size.
 * @param hub the Hub
 * @param repo whose file
 * @param path of the file
 * @throws HugwireError `not_found` with `missing: 'file'` when it is no file
 */
export async function openFile(hub: HubClient, repo: RepoAt, path: string): Promise<RemoteFile> {
  const answer = await fetchPart(hub, repo, path, 0, HEAD_BYTES).catch((error) => {
    // An empty file has no first byte to give.
    if (error instanceof HugwireError && error.code === 'invalid_arguments') return fetchPart(hub, repo, path, 0);
    throw error;
  });
  return makeFile(hub, repo, path, answer, 0);
}

/**
 * Opens a text file deep inside, with one request: what counts as its head then is the part that is wanted.
 * @param hub the Hub
 * @param repo whose file
 * @param path of the file
 * @param offset bytes before what is wanted
 * @param length bytes that are wanted
 * @returns undefined where its true head serves better: because the part is near, beyond the end, or refused
 * @throws HugwireError `not_found` with `missing: 'file'` when it is no file
 */
export async function openPart(
  hub: HubClient,
  repo: RepoAt,
  path: string,
  offset: number,
  length: number,
): Promise<RemoteFile | undefined> {
  if (offset + length <= HEAD_BYTES) return undefined;
  // A character may have begun up to three bytes before.
  const [start, end] = [offset - 3, offset + length + 4];
  const answer = await fetchPart(hub, repo, path, start, end).catch((error) => {
    if (error instanceof HugwireError && error.code === 'invalid_arguments') return undefined;
    throw error;
  });
  return answer?.status === 206 ? makeFile(hub, repo, path, answer, start) : undefined;
}

/** @param at where in the file the answer begins */
function makeFile(hub: HubClient, repo: RepoAt, path: string, answer: HubAnswer, at: number): RemoteFile {
  const head = answer.bytes;
  const size = sizeOf(answer);
  return {
    repo,
    path,
    size,
    head,
    commit: answer.headers.get('x-repo-commit') || undefined,
    read: async (start, end) => {
      const stop = Math.min(end, size);
      if (start >= stop) return new Uint8Array();
      if (start >= at && stop <= at + head.length) return head.subarray(start - at, stop - at);
      return checkPart(await fetchPart(hub, repo, path, start, stop), start, stop);
    },
  };
}

/** Without `end` the whole file is asked for, and cut off after the head. */
function fetchPart(hub: HubClient, repo: RepoAt, path: string, start: number, end?: number): Promise<HubAnswer> {
  const { kind, id, revision = 'main' } = repo;
  return hub.request(repoPath(kind, id, 'resolve', revision, ...path.split('/')), {
    headers: end === undefined ? {} : { range: `bytes=${start}-${end - 1}` },
    repo: { kind, id, revision },
    file: path,
    maxBytes: end === undefined ? HEAD_BYTES : end - start,
    truncate: true,
    cache: /^[0-9a-f]{40}$/.test(revision) ? 'immutable' : 'file',
  });
}

/** A server that ignores `Range` answers with the file from its first byte. */
function checkPart(answer: HubAnswer, start: number, end: number): Uint8Array {
  const complete = answer.bytes.length === end - start;
  if (complete && (answer.status === 206 || start === 0)) return answer.bytes;
  throw new HugwireError('unavailable', 'The Hub did not return the requested part of the file.', {
    hint: 'A mirror or proxy in between may not support range requests; check HF_ENDPOINT.',
  });
}

function sizeOf({ headers, bytes, truncated }: HubAnswer): number {
  const ranged = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  const told = ranged ?? (truncated ? (headers.get('x-linked-size') ?? headers.get('content-length')) : undefined);
  return told === null || told === undefined ? bytes.length : Number(told);
}
