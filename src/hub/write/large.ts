import { commitIter } from '@huggingface/hub';
import { HugwireError } from '../../lib/errors.js';
import { record } from '../fields.js';
import { listTree } from '../repo/tree.js';
import type { HubAnswer, HubClient, HubRequest } from '../types.js';
import type { Commit, CommitAnswer } from './commit.js';
import type { Content, PlannedChange } from './draft.js';
import { WRITE_SILENCE_MS } from './requests.js';

interface LargeCommit {
  commit: Commit;
  changes: readonly PlannedChange[];
  /** Paths of those that go to LFS. */
  large: ReadonlySet<string>;
  /** Sends the commit itself, once the bytes are there. */
  post(body: string): Promise<CommitAnswer>;
  /** Told how many bytes of files in LFS were read on their way, and of how many. */
  onUpload(uploaded: number, total: number): void;
}

/**
 * Sends a commit with files that go to LFS. `@huggingface/hub` knows how; all that it sends goes through the client.
 * @param hub the Hub
 * @param large what to send
 * @throws HugwireError what the Hub or the storage service refuses
 */
export async function commitLarge(
  hub: HubClient,
  { commit, changes, large, post, onUpload }: LargeCommit,
): Promise<CommitAnswer> {
  const { target, summary, description, asPull } = commit;
  const { kind, id, branch, head } = target;
  const total = changes.reduce((sum, { path, content }) => sum + (large.has(path) ? (content?.size ?? 0) : 0), 0);
  let uploaded = 0;
  let answer: CommitAnswer | undefined;
  const send: typeof fetch = async (input, init = {}) => {
    const url = new URL(String(input));
    const below = url.href.startsWith(`${hub.endpoint}/`)
      ? url.href.slice(hub.endpoint.length).split('?')[0]
      : undefined;
    if (init.body instanceof StoredBlob) {
      const sent = init.body.watched((bytes) => {
        uploaded += bytes;
        onUpload(Math.min(uploaded, total), total);
      });
      return toResponse(await hub.transfer(url.href, { method: 'PUT', content: { body: sent } }));
    }
    const content = { type: new Headers(init.headers).get('content-type') ?? undefined, body: String(init.body ?? '') };
    if (below === undefined) return toResponse(await hub.transfer(url.href, { method: 'POST', content }));
    if (below.includes('/preupload/')) {
      // It was asked before, and what is empty cannot go to LFS.
      const files = changes.map(({ path }) => ({ path, uploadMode: large.has(path) ? 'lfs' : 'regular' }));
      return Response.json({ files });
    }
    if (below.includes('/commit/')) {
      answer = await post(content.body);
      return Response.json(answer);
    }
    const request: HubRequest = {
      method: 'POST',
      query: Object.fromEntries(url.searchParams),
      headers: { accept: new Headers(init.headers).get('accept') ?? 'application/json' },
      content,
      repo: { kind, id, revision: branch },
      timeoutMs: WRITE_SILENCE_MS,
    };
    return toResponse(await hub.request(below, request));
  };
  const operations = await Promise.all(changes.map((change) => toOperations(hub, commit, change)));
  const steps = commitIter({
    hubUrl: hub.endpoint,
    repo: { type: kind, name: id },
    branch,
    parentCommit: head,
    title: summary,
    description,
    isPullRequest: asPull,
    operations: operations.flat(),
    useXet: false,
    fetch: send,
  });
  try {
    for (let step = await steps.next(); !step.done; ) step = await steps.next();
  } catch (cause) {
    if (cause instanceof HugwireError) throw cause;
    throw new HugwireError('unavailable', 'The upload of large files failed: the Hub did not say what was expected.', {
      hint: 'Nothing was committed. Try again.',
      cause,
    });
  }
  return record(answer);
}

const toResponse = ({ status, headers, bytes }: HubAnswer) => {
  const plain = new Headers(headers);
  // What is here is unpacked.
  for (const name of ['content-encoding', 'content-length']) plain.delete(name);
  return new Response(status === 204 ? null : Buffer.from(bytes), { status, headers: plain });
};

type Operation = { operation: 'delete'; path: string } | { operation: 'addOrUpdate'; path: string; content: Blob };

/** The library deletes files alone. */
async function toOperations(
  hub: HubClient,
  { target: { kind, id, head } }: Commit,
  { path, content }: PlannedChange,
): Promise<Operation[]> {
  if (content) return [{ operation: 'addOrUpdate', path, content: new StoredBlob(content) }];
  if (!path.endsWith('/')) return [{ operation: 'delete', path }];
  const { entries, complete } = await listTree(hub, { kind, id, revision: head }, path.slice(0, -1), true);
  if (!complete) {
    throw new HugwireError('too_large', `The folder ${path} holds too many files to be deleted beside large files.`, {
      hint: 'Nothing was written. Delete it in a commit of its own.',
    });
  }
  return entries.flatMap((entry) => (entry.type === 'file' ? [{ operation: 'delete', path: entry.path }] : []));
}

/**
 * Pieces that whatever sends or hashes them may hold at once: it takes the next ones as it gets rid of the others, and no more
 * than twenty before that. Without an end to their number, V8 lets some hundred megabytes of used ones lie.
 */
const PIECES_UNDER_WAY = 32;

/** Bytes that are read where they lie when they are wanted, as a Blob or a part of one. */
class StoredBlob extends Blob {
  readonly #content: Content;
  readonly #start: number;
  readonly #end: number;
  readonly #onRead: (bytes: number) => void;

  constructor(content: Content, start = 0, end = content.size, onRead: (bytes: number) => void = () => {}) {
    super([]);
    this.#content = content;
    this.#start = start;
    this.#end = end;
    this.#onRead = onRead;
    Object.defineProperty(this, 'size', { value: end - start });
  }

  watched(onRead: (bytes: number) => void): Blob {
    return new StoredBlob(this.#content, this.#start, this.#end, onRead);
  }

  override slice(start = 0, end = this.size): StoredBlob {
    const from = Math.min(this.#start + start, this.#end);
    return new StoredBlob(this.#content, from, Math.max(from, Math.min(this.#start + end, this.#end)));
  }

  override stream(): ReturnType<Blob['stream']> {
    const pieces = this.#content.stream(this.#start, this.#end, PIECES_UNDER_WAY)[Symbol.asyncIterator]();
    const stream = new ReadableStream<Uint8Array>({
      pull: async (out) => {
        const { done, value } = await pieces.next();
        if (done) return out.close();
        this.#onRead(value.length);
        out.enqueue(value);
      },
      cancel: async () => void (await pieces.return?.()),
    });
    return stream as ReturnType<Blob['stream']>;
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#content.stream(this.#start, this.#end)) pieces.push(piece);
    return new Uint8Array(Buffer.concat(pieces)).buffer;
  }

  override async text(): Promise<string> {
    return Buffer.from(await this.arrayBuffer()).toString();
  }
}
