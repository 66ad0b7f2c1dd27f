import { openFile, type RemoteFile } from '../../src/hub/read/remote-file.js';
import { HugwireError } from '../../src/lib/errors.js';
import { FakeClient } from './fake-client.js';

export interface ServedFile {
  file: RemoteFile;
  /** The `Range` of every request, in order. */
  ranges: string[];
}

/** Opens a file that a Hub with range requests serves; only the parts that are asked for leave it. */
export async function serveFile(path: string, content: Uint8Array | string): Promise<ServedFile> {
  const { client, ranges } = serve(content);
  return { file: await openFile(client, { kind: 'model', id: 'o/n' }, path), ranges };
}

/** A Hub whose every file is this one. */
export function serve(content: Uint8Array | string): { client: FakeClient; ranges: string[] } {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const ranges: string[] = [];
  const client = new FakeClient(({ request }) => {
    const range = request.headers?.range ?? '';
    ranges.push(range);
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
    if (first === undefined) return { body: bytes };
    const end = Math.min(bytes.length, Number(last) + 1);
    if (Number(first) >= bytes.length) throw new HugwireError('invalid_arguments', 'Range Not Satisfiable');
    const headers = { 'content-range': `bytes ${first}-${end - 1}/${bytes.length}` };
    return { status: 206, headers, body: new Uint8Array(bytes.subarray(Number(first), end)) };
  });
  return { client, ranges };
}
