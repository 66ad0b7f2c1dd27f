import { createHash, randomBytes } from 'node:crypto';
import { lfsPointer } from '../../src/world/hub/content.js';
import { blobId } from '../../src/world/hub/hashes.js';
import type { DemoFile, DemoRepo } from '../../src/world/hub/repos.js';
import type { DemoHub } from '../../src/world/types.js';

/** A model of the small Hub with large files, whose bytes differ from file to file and are named by their true hashes. */
export const LARGE_REPO = 'ada/large';

/**
 * Puts it there.
 * @param count of its files
 * @param size of each, in bytes
 * @returns the bytes of all files, and how many have been served so far
 */
export function putLargeRepo(
  demo: DemoHub,
  count: number,
  size: number,
  id = LARGE_REPO,
): { total: number; served(): number } {
  const body = randomBytes(1024 * 1024);
  const files = Array.from({ length: count }, (_, index) => largeFile(`part-${index}.bin`, size, index, body));
  let served = 0;
  for (const { content } of files) {
    const { slice } = content;
    content.slice = (start, end) => {
      served += end - start;
      return slice(start, end);
    };
  }
  const model = demo.state.find('model', 'openai-community/gpt2');
  if (model?.kind !== 'model') throw new Error('The world has no gpt2.');
  const small = model.refs[0]?.files.filter(({ path }) => path === 'README.md' || path === 'config.json') ?? [];
  const sha = createHash('sha1').update(`${id} ${count} ${size}`).digest('hex');
  const repo: DemoRepo = {
    ...model,
    id,
    author: 'ada',
    sha,
    commits: [{ id: sha, title: 'Add files', message: '', date: model.createdAt, author: 'ada' }],
    refs: [{ name: 'main', type: 'branch', commit: sha, files: [...small, ...files] }],
  };
  demo.state.put(repo);
  return { total: [...small, ...files].reduce((sum, { size }) => sum + size, 0), served: () => served };
}

function largeFile(path: string, size: number, index: number, body: Buffer): DemoFile {
  const head = Buffer.from(`file ${index}\n`.padEnd(16));
  const slice = (start: number, end: number) => {
    const turn = start % body.length;
    const bytes =
      end - start <= body.length - turn
        ? Buffer.from(body.subarray(turn, turn + end - start))
        : around(turn, end - start);
    if (start < head.length) head.copy(bytes, 0, start, Math.min(end, head.length));
    return bytes;
  };
  const around = (turn: number, length: number) => {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; ) at += body.copy(bytes, at, (turn + at) % body.length);
    return bytes;
  };
  const hash = createHash('sha256');
  for (let at = 0; at < size; at += body.length) hash.update(slice(at, Math.min(size, at + body.length)));
  const oid = hash.digest('hex');
  const pointer = Buffer.from(lfsPointer(oid, size));
  return {
    path,
    size,
    oid: blobId(pointer),
    lfs: { oid, size, pointerSize: pointer.length },
    content: { size, slice },
    scan: 'safe',
  };
}
