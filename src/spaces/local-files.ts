import { constants } from 'node:fs';
import { type FileHandle, open, readlink, realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HugwireError } from '../lib/errors.js';
import { expandHome } from '../lib/files.js';
import { formatBytes } from '../lib/format.js';
import { explainSystemError, isMissing, systemCode } from '../lib/system-errors.js';
import { cleanLine } from '../lib/text.js';
import type { SpaceApp } from './types.js';

/** First bytes of a file, which tell its kind. */
const HEAD_BYTES = 4100;

/** A local file that was let through. */
interface LocalFile {
  /** Absolute, links resolved. */
  path: string;
  name: string;
  /** Bytes. */
  size: number;
  /** The first bytes, up to 4,100. */
  head: Uint8Array;
  /** All bytes in pieces; fails when the file is no longer the one that was checked. */
  stream(): AsyncIterable<Uint8Array>;
}

/** Names that hold secrets wherever they lie; hidden names are refused before these are asked. */
const SECRET_NAMES = [
  /^id_(?:rsa|dsa|ecdsa|ed25519|xmss)/i,
  /\.(?:pem|key|p8|p12|pfx|ppk|jks|keystore|kdbx?|asc|gpg|ovpn)$/i,
  /\.env(?:\.|$)/i,
  /^_?netrc$/i,
  /(?:^|[._-])kubeconfig(?:[._-]|$)/i,
  /\.tfstate(?:\.|$)/i,
  /^service[._-]?account.*\.json$/i,
  /^(?:authorized_keys|known_hosts|shadow|htpasswd|wallet\.dat|stored_tokens|web\.config)$/i,
  /^(?:.*[._-])?(?:tokens?|credentials?|secrets?|passwords?|passwd)(?:\.(?:txt|json|ya?ml|toml|ini|cfg|conf|csv|xml))?$/i,
];

/** How the file of a private key begins, whatever it is called. */
const PRIVATE_KEY = /^(?:\u00ef\u00bb\u00bf)?\s*-----BEGIN [A-Z ]*PRIVATE KEY/;

/**
 * Opens a file of this machine, if it may leave this machine: a regular file within one of the directories, links on
 * either side resolved, not hidden, no secret by its name, not too large. What was checked is what is read: the checks
 * look at the open file, and `stream` reads no other one.
 * @param source a path (absolute, from `~`, or relative to one of the directories) or a `file://` URI
 * @param roots the directories whose files may be sent
 * @param limit larger files are refused before they are read
 * @throws HugwireError `blocked`, `not_found`, `too_large` or `invalid_arguments`
 */
export async function openLocalFile(source: string, roots: readonly string[], limit: SizeLimit): Promise<LocalFile> {
  const shown = cleanLine(source, 200);
  const allowed = await resolveRoots(roots);
  const path = await locate(toPath(source, shown), allowed, shown);
  refuseSecret(path, allowed, shown);
  const handle = await openRegular(path, shown);
  try {
    const real = await pathOfHandle(handle, path, shown);
    if (!allowed.some((root) => contains(root.real, real))) throw outside(shown, roots);
    refuseSecret(real, allowed, shown);
    const state = await stateOf(handle);
    const size = Number(state.size);
    if (size > limit.bytes) throw tooLargeToSend(`"${shown}" has ${formatBytes(size)}`, limit);
    const head = await readHead(handle, HEAD_BYTES);
    if (PRIVATE_KEY.test(Buffer.from(head.subarray(0, 100)).toString('latin1'))) throw secret(shown, 'a private key');
    return { path: real, name: basename(path), size, head, stream: () => readUnchanged(real, state, shown) };
  } finally {
    await handle.close();
  }
}

interface Root {
  /** As configured, absolute. */
  written: string;
  /** Links resolved. */
  real: string;
}

async function resolveRoots(roots: readonly string[]): Promise<Root[]> {
  const found = await Promise.all(
    roots.map(async (root) => {
      const written = resolve(expandHome(root));
      // A directory that is not there yet holds no files.
      const real = await realpath(written).catch(() => undefined);
      return real === undefined ? [] : [{ written, real }];
    }),
  );
  return found.flat();
}

function toPath(source: string, shown: string): string {
  const path = /^file:/i.test(source) ? fromUri(source, shown) : expandHome(source);
  if (path.includes('\0')) throw new HugwireError('invalid_arguments', 'A path must not hold a null byte.');
  return path;
}

function fromUri(uri: string, shown: string): string {
  try {
    return fileURLToPath(uri);
  } catch (cause) {
    throw new HugwireError('invalid_arguments', `"${shown}" is not a file URI of this machine.`, {
      hint: 'Such a URI looks like file:///home/me/picture.png.',
      cause,
    });
  }
}

/** The absolute path that is meant; a relative one belongs to the first directory that has it. Nothing outside is touched. */
async function locate(path: string, allowed: Root[], shown: string): Promise<string> {
  const candidates = isAbsolute(path) ? [resolve(path)] : allowed.map((root) => resolve(root.written, path));
  const inside = candidates.filter((one) =>
    allowed.some((root) => contains(root.written, one) || contains(root.real, one)),
  );
  for (const candidate of inside) if (await stat(candidate).catch(() => undefined)) return candidate;
  const roots = allowed.map((root) => root.written);
  if (inside.length === 0 && (candidates.length > 0 || allowed.length === 0)) throw outside(shown, roots);
  throw new HugwireError('not_found', `There is no file "${shown}".`, { hint: hintOf(roots) });
}

function contains(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function outside(shown: string, roots: readonly string[]): HugwireError {
  return new HugwireError('blocked', `"${shown}" is not in a directory whose files may be sent to a Space.`, {
    hint: hintOf(roots),
  });
}

function hintOf(roots: readonly string[]): string {
  const names =
    roots.length > 0 ? `Files may be sent from ${roots.join(', ')}. ` : 'No directory is set up for sending files. ';
  return `${names}The user can add a directory to files.readFrom in hugwire's config, or give a web address instead.`;
}

function refuseSecret(path: string, allowed: Root[], shown: string): void {
  const bases = allowed.flatMap((root) => [root.written, root.real]).filter((base) => contains(base, path));
  // Seen from the nearest directory that the user chose: that one may itself be hidden.
  const nearest = bases.sort((one, other) => other.length - one.length)[0] ?? '';
  const parts = relative(nearest, path).split(sep);
  const hidden = parts.some((part) => part.startsWith('.') || (process.platform === 'win32' && part.includes(':')));
  const named = parts.some((part) => SECRET_NAMES.some((pattern) => pattern.test(part.replace(/(?<![. ])[. ]+$/, ''))));
  if (!hidden && !named) return;
  throw secret(shown, hidden ? 'hidden' : 'named like a secret', 'If it holds no secret, copy it under a plain name.');
}

function secret(shown: string, what: string, hint?: string): HugwireError {
  return new HugwireError('blocked', `"${shown}" is ${what}; hugwire never sends such files.`, { hint });
}

/** Where the open file really lies, so that a link swapped in after the check gains nothing. */
async function pathOfHandle(handle: FileHandle, path: string, shown: string): Promise<string> {
  if (process.platform === 'linux') {
    const real = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
    if (real !== undefined && isAbsolute(real)) return real;
  }
  const real = await realpath(path);
  const [opened, found] = await Promise.all([handle.stat({ bigint: true }), stat(real, { bigint: true })]);
  if (opened.dev === found.dev && opened.ino === found.ino) return real;
  throw new HugwireError('blocked', `"${shown}" was replaced while it was being opened.`);
}

const CHUNK = 64 * 1024;

/** What tells an open file from every other, and from itself with other bytes. */
interface FileState {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
}

/**
 * Opens a regular file for reading; never waits, as opening a pipe would.
 * @param path absolute
 * @param shown what messages call it
 * @throws HugwireError `not_found`, or `blocked` for what may not be read or is not a regular file
 */
async function openRegular(path: string, shown: string): Promise<FileHandle> {
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for its writer for ever.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch (cause) {
    const denied = explainSystemError(cause)?.kind === 'denied';
    const words = denied ? 'may not be read by hugwire' : `cannot be read (${systemCode(cause)})`;
    throw new HugwireError(isMissing(cause) ? 'not_found' : 'blocked', `"${shown}" ${words}.`, { cause });
  }
  throw new HugwireError('blocked', `"${shown}" is not a regular file.`, {
    hint: 'Only files can be sent: no directories, pipes or devices.',
  });
}

/** The state of an open file, for `readUnchanged`. */
async function stateOf(handle: FileHandle): Promise<FileState> {
  const { dev, ino, size, mtimeNs } = await handle.stat({ bigint: true });
  return { dev, ino, size, mtimeNs };
}

/**
 * Reads an open file from its beginning.
 * @param maxBytes at most
 * @returns what there is, up to that
 */
async function readHead(handle: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const head = Buffer.alloc(maxBytes);
  const { bytesRead } = await handle.read(head, 0, maxBytes, 0);
  return head.subarray(0, bytesRead);
}

/**
 * Reads a file in pieces, provided that it is the one that was checked, and still is at the end. It is opened with the
 * first piece and closed with the last, or when the reader leaves.
 * @param path absolute, links resolved
 * @param state of the file when it was checked
 * @param shown what messages call it
 * @throws HugwireError `blocked` when it was replaced or changed, or cannot be read any more
 */
async function* readUnchanged(path: string, state: FileState, shown: string): AsyncGenerator<Uint8Array> {
  const handle = await openRegular(path, shown);
  try {
    await refuseChanged(handle, state, shown);
    const size = Number(state.size);
    for (let at = 0; at < size; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafeSlow(CHUNK), 0, CHUNK, at).catch((cause) => {
        throw new HugwireError('blocked', `"${shown}" cannot be read (${systemCode(cause)}).`, { cause });
      });
      if (bytesRead === 0) throw changed(shown);
      // Up to the size that was checked and announced.
      yield buffer.subarray(0, Math.min(bytesRead, size - at));
      at += bytesRead;
    }
    await refuseChanged(handle, state, shown);
  } finally {
    await handle.close();
  }
}

async function refuseChanged(handle: FileHandle, state: FileState, shown: string): Promise<void> {
  const now = await stateOf(handle);
  const isSame = (Object.keys(now) as (keyof FileState)[]).every((key) => now[key] === state[key]);
  if (!isSame) throw changed(shown);
}

function changed(shown: string): HugwireError {
  return new HugwireError('blocked', `"${shown}" was changed while it was being sent.`, {
    hint: 'Nothing was run. Call again once the file is complete.',
  });
}

/** Bytes of a file that has to be held in memory on its way, however large others may be. */
const IN_MEMORY = 100_000_000;
/** Where the user's own limit is set. */
export const LIMIT_KEY = 'files.maxMegabytes';

/** How large a file may be that is sent, and what to do about a larger one. */
export interface SizeLimit {
  bytes: number;
  hint: string;
}

/**
 * The limit for the files of a call: the user's, or the app's own where that is lower.
 * @param app that takes them
 * @param maxBytes `files.maxMegabytes` in bytes
 */
export function limitFor({ site, maxFileSize }: SpaceApp, maxBytes: number): SizeLimit {
  if (maxFileSize !== undefined && maxFileSize < maxBytes) {
    return { bytes: maxFileSize, hint: `${site.id} takes no larger files: send a smaller one.` };
  }
  return { bytes: maxBytes, hint: `The user can raise ${LIMIT_KEY} in hugwire's config.` };
}

/**
 * The same for a file that does not come from this machine's disk: it is held in memory until it is sent.
 * @param limit from `limitFor`
 */
export function limitInMemory(limit: SizeLimit): SizeLimit {
  if (limit.bytes <= IN_MEMORY) return limit;
  return { bytes: IN_MEMORY, hint: 'Save it on this machine and give its path: files on disk may be larger.' };
}

/**
 * The error for a file that is too large to be sent.
 * @param what names it, with its size where that is known
 * @param limit that it is above
 */
export function tooLargeToSend(what: string, { bytes, hint }: SizeLimit): HugwireError {
  return new HugwireError('too_large', `${what}; at most ${formatBytes(bytes)} can be sent.`, { hint });
}
