import { randomUUID } from 'node:crypto';
import { HugwireError } from '../lib/errors.js';
import { formatBytes } from '../lib/format.js';
import { readBody } from '../lib/http.js';
import { parseJsonObject } from '../lib/json.js';
import { joinError, networkError } from './errors.js';
import { FILE_MARK, refuseFileType } from './files.js';
import { CALL_LIMITS } from './guard.js';
import { applyDiff } from './messages.js';
import type { App, CallEvent, InputFile, PreparedArguments, SentFile } from './types.js';

/** Uploads at the same time: the app reads them one by one anyway. */
const AT_ONCE = 3;
const MAX_ANSWER = 2 ** 20;
const MAX_PATH = 4096;

export interface SendOptions {
  app: App;
  /** Cannot leave the app's origin. */
  net: typeof fetch;
  /** Lets a file through, or refuses it. */
  read(source: string): Promise<InputFile>;
  signal: AbortSignal;
  onEvent?(event: CallEvent): void;
}

/**
 * Sends the files of a call to the Space and puts Gradio's description of each into its place. All are checked before
 * the first is sent, so that one that is refused costs no upload.
 * @returns the complete values, and what was sent in words: absolute paths and links
 * @throws HugwireError `too_large` beyond the app's limit, or whatever `read` and the Space say
 */
export async function sendFiles(
  { data, files }: PreparedArguments,
  options: SendOptions,
): Promise<{ data: unknown[]; sent: string[] }> {
  const { app, read, onEvent } = options;
  const inputs = await readInputs({ files }, app, read);
  const total = inputs.filter(({ kind }) => kind === 'upload').length;
  let done = 0;
  if (total > 0) onEvent?.({ kind: 'uploading', done, total });
  if (total > 0 && typeof app.config.username === 'string') await renewLogin(options);
  const described = await inOrder(inputs, async (input) => {
    if (input.kind === 'link') return describeFile(input.url, input.name, { url: input.url });
    const { file } = input;
    const path = await uploadFile(file, options);
    done += 1;
    onEvent?.({ kind: 'uploading', done, total });
    return describeFile(path, file.name, { size: file.size, mime_type: file.type || null });
  });
  const changes = files.map(({ path }, at) => ['replace', path, described[at]]);
  return { data: applyDiff(structuredClone(data), changes) as unknown[], sent: [...new Set(inputs.map(nameInput))] };
}

/** An upload cannot be sent twice: a login that has expired is noticed before. */
async function renewLogin({ app: { site, apiPrefix }, net, signal }: SendOptions): Promise<void> {
  const response = await net(`${site.base}${apiPrefix}/login_check`, { signal }).catch((error: unknown) => {
    throw networkError(site, error);
  });
  await response.body?.cancel();
}

/**
 * Reads the files of a call, and refuses those that the app would not take.
 * @param prepared whose files they are
 * @param read lets a file through, or refuses it
 * @returns one for each, in their order
 * @throws HugwireError `too_large` beyond the app's limit, `invalid_arguments` for a type of file that it does not
 *   take, or whatever `read` says
 */
export async function readInputs(
  { files }: Pick<PreparedArguments, 'files'>,
  app: App,
  read: SendOptions['read'],
): Promise<InputFile[]> {
  const inputs = await Promise.all(files.map(({ source }) => read(source)));
  for (const [at, input] of inputs.entries()) {
    const { parameter, types } = files[at] ?? {};
    if (input.kind === 'upload' && parameter && types) await refuseFileType(parameter, input.file, types);
    checkSize(app, input);
  }
  return inputs;
}

/** Gradio's FileData. */
function describeFile(path: string, name: string, more: Record<string, unknown>): Record<string, unknown> {
  return { path, orig_name: name, ...more, meta: { _type: FILE_MARK } };
}

/** What is sent, in words: an absolute path, or a link. */
export function nameInput(input: InputFile): string {
  return input.kind === 'link' ? input.url : (input.localPath ?? `${input.file.name} (from the arguments)`);
}

function checkSize({ site, maxFileSize }: App, input: InputFile): void {
  if (input.kind === 'link' || maxFileSize === undefined || input.file.size <= maxFileSize) return;
  const { name, size } = input.file;
  const message = `${name} has ${formatBytes(size)}; ${site.id} takes ${formatBytes(maxFileSize)} at most.`;
  throw new HugwireError('too_large', message, { hint: 'Send a smaller file.' });
}

/** Uploads one file under its own name, as it is read; answers with its path on the Space's server. */
async function uploadFile(file: SentFile, { app, net, signal }: SendOptions): Promise<string> {
  const { site, apiPrefix } = app;
  const gone = new AbortController();
  const leave = (): void => gone.abort(signal.reason);
  const late = setTimeout(
    () => gone.abort(new HugwireError('timeout', `${site.id} did not take ${file.name} in time.`)),
    CALL_LIMITS.uploadMs + file.size / 64,
  );
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  const { pieces, headers } = encodeFile(file);
  try {
    const response = await net(`${site.base}${apiPrefix}/upload`, {
      method: 'POST',
      // What went wrong with the file is said in its own words, not in those of the connection that it took along.
      body: streamPieces(pieces, (error) => gone.abort(error)),
      duplex: 'half',
      headers,
      // Only with these two does the platform's fetch keep no copy of the body, in case that it has to send it again.
      redirect: 'error',
      window: null,
      signal: gone.signal,
    });
    const { bytes } = await readBody(response, { maxBytes: MAX_ANSWER, what: 'The answer to an upload' });
    const text = new TextDecoder().decode(bytes);
    if (response.status === 413) {
      throw new HugwireError('too_large', `${site.id} says that ${file.name} is too large.`, {
        hint: 'Send a smaller file.',
      });
    }
    if (response.status !== 200) throw joinError(site, response.status, parseJsonObject(text));
    const path = readPath(text);
    if (path === undefined) throw joinError(site, 200, undefined);
    return path;
  } catch (error) {
    if (gone.signal.reason instanceof HugwireError) throw gone.signal.reason;
    throw networkError(site, error);
  } finally {
    clearTimeout(late);
    signal.removeEventListener('abort', leave);
    // A request that ended early may have left the file open.
    await pieces.return(undefined);
  }
}

/**
 * The multipart body of an upload, read piece by piece. It is written here since the fetch that knows proxies takes no
 * FormData but its own; its length is known, so that it need not be sent in chunks, which some proxies refuse.
 */
function encodeFile(file: SentFile): { pieces: AsyncGenerator<Uint8Array>; headers: Record<string, string> } {
  const boundary = `hugwire-${randomUUID()}`;
  const name = file.name.replace(/["\r\n]/g, encodeURIComponent);
  const disposition = `Content-Disposition: form-data; name="files"; filename="${name}"`;
  const type = file.type || 'application/octet-stream';
  const head = Buffer.from(`--${boundary}\r\n${disposition}\r\nContent-Type: ${type}\r\n\r\n`);
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield head;
    yield* file.stream();
    yield tail;
  }
  const length = head.length + file.size + tail.length;
  return {
    pieces: pieces(),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': String(length) },
  };
}

/** A body that reads nothing ahead: what the connection has no room for stays on the disk. */
function streamPieces(
  pieces: AsyncGenerator<Uint8Array>,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await pieces.next().catch((error: unknown) => {
          onError(error);
          throw error;
        });
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await pieces.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

function readPath(text: string): string | undefined {
  try {
    const [path] = JSON.parse(text) as unknown[];
    return typeof path === 'string' && path !== '' && path.length <= MAX_PATH ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Maps over a list with a few at a time, and keeps its order. */
async function inOrder<From, To>(list: From[], work: (item: From) => Promise<To>): Promise<To[]> {
  const results: To[] = [];
  const queue = list.entries();
  const takeTurns = async (): Promise<void> => {
    for (const [at, item] of queue) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, takeTurns));
  return results;
}
