import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, readlink, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, parse, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HugwireError } from '../lib/errors.js';
import { expandHome, realPath } from '../lib/files.js';
import { formatBytes } from '../lib/format.js';
import { explainPathTrap, isOnNetwork, writeCommand } from '../lib/platform.js';
import { explainSystemError, isMissing, systemCode } from '../lib/system-errors.js';
import { cleanLine } from '../lib/text.js';
import { CREDENTIAL_BYTES, isSecretName, locateCredential, TokenSearch } from './secrets.js';
import type { FileWish, SavedFileRecords, SpaceApp, SpaceCall } from './types.js';

/** First bytes of a file, which tell its kind. */
const HEAD_BYTES = 4100;

/** A local file that was let through. */
export interface LocalFile {
  /** Absolute, links resolved. */
  path: string;
  name: string;
  /** Bytes. */
  size: number;
  /** The first bytes, up to 4,100. */
  head: Uint8Array;
  /** SHA-256 of all bytes, in hex. */
  sha256: string;
  /**
   * All bytes in pieces, or those from `start` up to but not including `end`; fails when the file is no longer the one that was
   * checked. With `reuse`, a piece is overwritten once so many more were taken, for readers that hold on to none.
   */
  stream(start?: number, end?: number, reuse?: number): AsyncIterable<Uint8Array>;
}

/** What may be sent without a question, and whom to ask about the rest. */
export interface SendRules {
  /** Directories whose files may be sent: `files.readFrom`. */
  readFrom: readonly string[];
  /** `files.saveTo`: of what lies there only those may be sent that hugwire saved. */
  saveTo: string;
  /** Missing where nothing that was saved may be sent. */
  savedFiles?(): Promise<SavedFileRecords>;
  /** The token in use, which leaves in no file. */
  token?: string;
  /** Whether a person named the file in a terminal: then it may lie anywhere. */
  typed?: boolean;
  /** Whether a guest calls: then none may be sent, whatever they agree to. */
  shared?: boolean;
  /** The call as a command for a terminal, where a person can agree to it; missing where it cannot be written down. */
  command?: string;
  /** Whether what its name or content speaks against is never sent, whoever could be asked. */
  strict?: boolean;
  /** Asks the user about a file that may not be sent unasked; missing where there is nobody to ask. */
  consent?: SpaceCall['consent'];
}

/**
 * Opens a file of this machine, if it may leave this machine: a regular file within one of the directories, or one that
 * hugwire itself has saved, links on either side resolved, with nothing in its name or content that speaks against it, not
 * too large; any other only when the user agrees. What was checked is what is read: the checks look at the open file, and
 * `stream` reads no other one.
 * @param source a path (absolute, from `~`, or relative to one of the directories) or a `file://` URI
 * @param rules what may be sent
 * @param limit larger files are refused before they are read
 * @throws HugwireError `blocked`, `not_found`, `too_large` or `invalid_arguments`
 */
export async function openLocalFile(source: string, rules: SendRules, limit: SizeLimit): Promise<LocalFile> {
  const { path, ...search } = await findLocal(source, rules);
  const { shown, readable, allowed, records } = search;
  const handle = await openRegular(path, shown);
  try {
    const real = await pathOfHandle(handle, path, shown);
    const state = await stateOf(handle);
    const size = Number(state.size);
    const isFree = rules.typed || readable.some((root) => contains(root.real, real));
    const saved = isFree ? undefined : await records?.find(real);
    const isStrange = !isFree && !saved;
    const lies = isStrange ? describePlace(allowed.some((root) => contains(root.real, real))) : undefined;
    // Of a file that nobody can allow, nothing more is looked at.
    if (lies && !rules.consent) throw refused({ place: lies, doubts: [] }, { ...search, path: real });
    if (size > limit.bytes) throw tooLargeToSend(`"${shown}" has ${formatBytes(size)}`, limit);
    const { start, hash, sawToken } = await examine(handle, size, rules.token);
    if (sawToken) throw holdsTokenInUse(`"${shown}"`);
    const place = lies ?? (saved && saved.sha256 !== hash ? 'was changed since hugwire saved it' : undefined);
    const homes = [homedir(), await realPath(homedir()).catch(() => homedir())];
    const inside = doubtContent(start, await handle.stat(), rules.strict);
    const doubts = [...doubtName([path, real], allowed, homes), ...inside];
    if (place || doubts.length > 0) {
      const folder = lies === describePlace(false) && doubts.length === 0 ? folderToAllow(real, homes) : undefined;
      await obtainConsent({ path: real, bytes: size, place, doubts, folder }, { ...search, path: real });
    }
    const checked = { state, hash, token: rules.token };
    const stream = (from = 0, to = size, reuse = 0) =>
      readUnchanged(real, checked, shown, { start: from, end: to, reuse });
    return { path: real, name: basename(path), size, head: start.subarray(0, HEAD_BYTES), sha256: hash, stream };
  } finally {
    await handle.close();
  }
}

/** A file that hugwire saved, open. */
interface SavedFileInUse {
  /** Absolute, links resolved. */
  path: string;
  size: number;
  /** Its first bytes. */
  head: Uint8Array;
  /** Bytes from `start` up to but not including `end`. */
  read(start: number, end: number): Promise<Uint8Array>;
}

/**
 * Opens a file of this machine to be read by the assistant, which is allowed for what hugwire saved from a Space, as it was then.
 * @param source a path or a `file://` URI
 * @param records of what was saved
 * @param use reads it; it is closed after that
 * @returns undefined when hugwire saved no such file
 * @throws HugwireError `not_found` when it is gone, `blocked` when it is another one by now
 */
export async function useSavedFile<T>(
  source: string,
  records: SavedFileRecords,
  use: (file: SavedFileInUse) => Promise<T>,
): Promise<T | undefined> {
  const shown = cleanLine(source, 200);
  const written = resolve(toPath(source, shown));
  const path = await realPath(written).catch(() => written);
  const record = await records.find(path);
  if (!record) return undefined;
  const handle = await openRegular(path, shown);
  try {
    const size = Number((await stateOf(handle)).size);
    const { start: head, hash } = await examine(handle, size, undefined);
    if (hash !== record.sha256) {
      throw new HugwireError('blocked', `"${shown}" was changed since hugwire saved it, so it is not read.`, {
        hint: 'Call the Space again for the file as it was.',
      });
    }
    const read = async (start: number, end: number) => {
      const piece = Buffer.alloc(Math.max(0, Math.min(end, size) - start));
      const { bytesRead } = await handle.read(piece, 0, piece.length, start);
      return piece.subarray(0, bytesRead);
    };
    return await use({ path, size, head, read });
  } finally {
    await handle.close();
  }
}

/** A file of a folder. */
interface FolderFile {
  /** Below the folder, with `/` between its parts; "" where the source is itself a file. */
  path: string;
  file: LocalFile;
}

/**
 * Opens a file as `openLocalFile` does, or all files of a folder: hidden ones and links are left out of it.
 * @param source a path, or a `file://` URI
 * @param rules what may be sent
 * @param limit larger files are refused
 * @param most files
 * @throws HugwireError as `openLocalFile`; one file that may not be sent stops all
 */
export async function openLocalFiles(
  source: string,
  rules: SendRules,
  limit: SizeLimit,
  most: number,
): Promise<FolderFile[]> {
  const { path, ...search } = await findLocal(source, rules);
  if (!(await stat(path)).isDirectory()) return [{ path: '', file: await openLocalFile(source, rules, limit) }];
  const root = await realPath(path);
  const isFree = rules.typed || search.readable.some((one) => contains(one.real, root));
  if (!isFree) throw refused({ place: describePlace(false), doubts: [] }, search);
  const paths: string[] = [];
  await listFolder(root, '', paths, most);
  return Promise.all(
    paths.map(async (one) => ({ path: one, file: await openLocalFile(join(root, one), rules, limit) })),
  );
}

async function listFolder(root: string, below: string, paths: string[], most: number): Promise<void> {
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) await listFolder(root, path, paths, most);
    else if (entry.isFile()) paths.push(path);
    if (paths.length <= most) continue;
    throw new HugwireError('invalid_arguments', `The folder "${cleanLine(root, 200)}" holds more than ${most} files.`, {
      hint: 'Nothing was sent. Send its folders or files in several calls.',
    });
  }
}

/** Where a source is, and what may be sent beside it. */
async function findLocal(source: string, rules: SendRules): Promise<Search & { path: string }> {
  const shown = cleanLine(source, 200);
  if (rules.shared) {
    throw new HugwireError('blocked', `"${shown}" is a path, and this server reads no local files.`, {
      hint: 'Give a public web address, an hf:// path or a data: URL.',
    });
  }
  const { roots: readable, problems } = await resolveRoots(rules.readFrom);
  const allowed = [...readable, ...(await resolveRoots([rules.saveTo])).roots];
  const records = await rules.savedFiles?.();
  const search = { shown, rules, readable, problems, allowed, records };
  return { ...search, path: await locate(toPath(source, shown), search) };
}

/** Where a file lies that neither the user nor hugwire put where it may be sent from. */
function describePlace(isInSaveTo: boolean): string {
  if (isInSaveTo) return 'is where hugwire saves files, but hugwire did not save it';
  return 'is not in a directory whose files may be sent';
}

/** What in the name of a file speaks against sending it. */
function doubtName(paths: readonly string[], allowed: readonly Root[], homes: readonly string[]): string[] {
  const found = paths.map((path) => {
    const bases = allowed.flatMap((root) => [root.written, root.real]).filter((base) => contains(base, path));
    // Seen from the nearest directory that the user chose: that one may itself be hidden.
    const [nearest = parse(path).root] = bases.sort((one, other) => other.length - one.length);
    return { nearest, parts: relative(nearest, path).split(sep) };
  });
  const parts = found.flatMap((one) => one.parts);
  if (parts.some((part) => part.startsWith('.'))) return ['is hidden'];
  if (found.some((one) => isProgramData(one, homes)))
    return ['is where programs keep logins (AppData, Library), and files.readFrom names no directory in there'];
  return parts.some(isSecretName) ? ['is named like a secret'] : [];
}

/** Where programs keep logins and tokens, directly below a home: on Windows (from Linux in WSL too) and on macOS. */
const PROGRAM_DATA = /^(?:appdata|application data|local settings|library)$/i;

function isProgramData({ nearest, parts }: { nearest: string; parts: readonly string[] }, homes: readonly string[]) {
  return parts.some((part, at) => {
    const parent = join(nearest, ...parts.slice(0, at));
    const isHome = homes.some((home) => fold(home) === fold(parent)) || /^users$/i.test(basename(dirname(parent)));
    return PROGRAM_DATA.test(part) && isHome;
  });
}

/** What in the file itself does. What is never sent must be sure: whoever is strict looks at the rest again. */
function doubtContent(start: Uint8Array, { nlink }: Stats, strict = false): string[] {
  const found = locateCredential(start);
  const counts = found && (found.isSure || !strict);
  return [
    ...(counts ? [`seems to hold ${found.what} in line ${found.line}`] : []),
    ...(nlink > 1 ? ['has other names elsewhere (hard links)'] : []),
  ];
}

interface Refusal {
  shown: string;
  /** Absolute, where it is known. */
  path?: string;
  rules: SendRules;
  readable: readonly Root[];
  /** Why some of `files.readFrom` cannot be used. */
  problems: readonly string[];
}

/**
 * Asks the user for a file.
 * @throws HugwireError `blocked` unless the answer is yes
 */
async function obtainConsent(wish: FileWish, refusal: Refusal): Promise<void> {
  const answer = (await (refusal.rules.strict ? undefined : refusal.rules.consent?.(wish))) ?? 'nobody';
  if (answer === 'accept') return;
  if (answer === 'nobody') throw refused(wish, refusal);
  throw new HugwireError('blocked', `The user did not agree to send "${refusal.shown}".`, {
    hint: 'Nothing was sent.',
  });
}

function refused(
  { place, doubts }: Pick<FileWish, 'place' | 'doubts'>,
  { shown, rules, readable, problems, path }: Refusal,
): HugwireError {
  const isNever = rules.strict && !place;
  const once = rules.command ? `\`${rules.command}\`` : 'run the same call with `hugwire call` in a terminal';
  const what = `"${shown}" ${place ?? doubts.join(', and ')}`;
  return new HugwireError('blocked', `${what}: it is ${isNever ? 'never sent' : 'not sent without asking'}.`, {
    hint: [
      ...(place ? [hintOf({ rules, readable, problems, path })] : []),
      isNever ? 'Nothing was sent.' : `To allow this file once, the user can ${rules.command ? 'run ' : ''}${once}.`,
    ].join(' '),
  });
}

/** The error for what would take the token along. */
export function holdsTokenInUse(what: string): HugwireError {
  return new HugwireError('blocked', `${what} holds the Hugging Face token in use, which hugwire never sends along.`, {
    hint: 'Nothing was sent. Take the token out; Spaces that need it get it in another way.',
  });
}

interface Root {
  /** As configured, absolute. */
  written: string;
  /** Links resolved. */
  real: string;
}

async function resolveRoots(directories: readonly string[]): Promise<{ roots: Root[]; problems: string[] }> {
  const roots: Root[] = [];
  const problems: string[] = [];
  for (const directory of directories) {
    const written = resolve(expandHome(directory));
    try {
      roots.push({ written, real: await realPath(written) });
    } catch (cause) {
      // A directory that is not there yet holds no files.
      const reason = explainSystemError(cause)?.directory ?? `the system says ${systemCode(cause)}`;
      if (!isMissing(cause)) problems.push(`${written} in files.readFrom cannot be used: ${reason}. `);
    }
  }
  return { roots, problems };
}

function toPath(source: string, shown: string): string {
  const path = /^file:/i.test(source) ? fromUri(source, shown) : expandHome(source);
  if (path.includes('\0')) throw new HugwireError('invalid_arguments', 'A path must not contain a null byte.');
  const trap = explainPathTrap(path);
  if (trap) throw new HugwireError('invalid_arguments', `"${shown}" ${trap}.`);
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

interface Search extends Refusal {
  allowed: readonly Root[];
  records?: SavedFileRecords;
}

/**
 * The absolute path that is meant; a relative one belongs to the first directory that has it. Nothing outside is touched
 * unless the user has named it, or can be asked.
 */
async function locate(path: string, { allowed, records, ...refusal }: Search): Promise<string> {
  const { shown, rules } = refusal;
  const candidates = isAbsolute(path)
    ? [await spellAsRoot(resolve(path), allowed)]
    : allowed.map((root) => resolve(root.written, path));
  // What a person types in a terminal is where the terminal is.
  const typed = rules.typed && !isAbsolute(path) ? resolve(path) : undefined;
  const isInside = (one: string) => allowed.some((root) => contains(root.written, one) || contains(root.real, one));
  const isThere = (one: string) =>
    stat(one).then(
      () => true,
      () => false,
    );
  const inside = candidates.filter(isInside);
  for (const candidate of typed ? [typed, ...inside] : inside) if (await isThere(candidate)) return candidate;
  const [elsewhere] = isAbsolute(path) ? candidates : [];
  if (elsewhere && !rules.typed && inside.length === 0 && isOnNetwork(elsewhere)) {
    throw new HugwireError(
      'blocked',
      `"${shown}" is on another computer: hugwire looks there only when files.readFrom names that directory.`,
      { hint: hintOf({ ...refusal, readable: allowed }) },
    );
  }
  const isKnown =
    elsewhere && (rules.typed || rules.consent ? await isThere(elsewhere) : await records?.find(elsewhere));
  if (elsewhere && isKnown) return elsewhere;
  if (typed || (elsewhere && rules.typed)) throw new HugwireError('not_found', `There is no file "${shown}".`);
  if (inside.length > 0) {
    throw new HugwireError('not_found', `There is no file "${shown}".`, {
      hint: hintOf({ ...refusal, readable: allowed }),
    });
  }
  // What is not there is refused like what is not allowed, so that a refusal does not tell which.
  throw refused({ place: describePlace(false), doubts: [] }, { ...refusal, path: elsewhere });
}

/**
 * A path below a directory that may be sent from, as the config spells that one: some file systems mind no capitals, and know
 * letters with accents in two forms.
 */
async function spellAsRoot(path: string, roots: readonly Root[]): Promise<string> {
  const bases = roots.flatMap(({ written, real }) => [written, real]);
  const parts = path.split(sep);
  for (const base of bases.some((one) => contains(one, path)) ? [] : bases) {
    const depth = base.split(sep).length;
    const start = parts.slice(0, depth).join(sep);
    // Only the file system knows: elsewhere it is another directory.
    if (fold(start) === fold(base) && (await isSame(start, base))) return join(base, ...parts.slice(depth));
  }
  return path;
}

const fold = (path: string) => path.normalize('NFC').toLowerCase();

async function isSame(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all(
    [one, other].map((path) => stat(path, { bigint: true }).catch(() => undefined)),
  );
  return first !== undefined && first.dev === second?.dev && first.ino === second.ino;
}

function contains(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function hintOf({ rules, readable, problems, path }: Omit<Refusal, 'shown'>): string {
  const roots = readable.map((root) => root.written);
  const names =
    roots.length > 0 ? `Files may be sent from ${roots.join(', ')}. ` : 'No directory is set up for sending files. ';
  const folder = path === undefined ? undefined : folderToAllow(path);
  const set = folder && writeCommand(['hugwire', 'config', 'set', 'files.readFrom', ...rules.readFrom, folder]);
  const how = set
    ? `The user can allow the files of ${folder}: \`${set}\`.`
    : "The user can add a directory to files.readFrom in hugwire's config.";
  return `${names}${problems.join('')}${how} A web address can be given instead.`;
}

/** The directory of a file, unless it holds all that the user has, or what is not sent without asking anyway. */
function folderToAllow(path: string, homes: readonly string[] = [homedir()]): string | undefined {
  const folder = dirname(path);
  const isWide = folder === parse(folder).root || homes.some((home) => contains(folder, home));
  return isWide || isOnNetwork(folder) || doubtName([folder], [], homes).length > 0 ? undefined : folder;
}

/** Where the open file really lies, so that a link swapped in after the check gains nothing. */
async function pathOfHandle(handle: FileHandle, path: string, shown: string): Promise<string> {
  const fd = process.platform === 'linux' ? await readlink(`/proc/self/fd/${handle.fd}`).catch(() => '') : '';
  const real = isAbsolute(fd) ? fd : await realPath(path).catch((cause) => Promise.reject(unreadable(cause, shown)));
  if (/^\/(?:dev|proc|sys)\//.test(real)) throw notRegular(shown);
  if (real === fd) return real;
  // Handles are compared with each other only: on Windows a path is told another device than its handle.
  const again = await openRegular(real, shown);
  try {
    const [one, other] = await Promise.all([handle.stat({ bigint: true }), again.stat({ bigint: true })]);
    if (one.dev === other.dev && one.ino === other.ino) return real;
  } finally {
    await again.close();
  }
  throw new HugwireError('blocked', `"${shown}" was replaced while it was being opened.`);
}

const CHUNK = 64 * 1024;

/** What tells an open file from every other, and from itself with other bytes. */
interface FileState {
  dev: bigint;
  ino: bigint;
  size: bigint;
  mtimeNs: bigint;
  /** Unlike the one before, no program can set it back. */
  ctimeNs: bigint;
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
    throw unreadable(cause, shown);
  }
  throw notRegular(shown);
}

function unreadable(cause: unknown, shown: string): HugwireError {
  const denied = explainSystemError(cause)?.kind === 'denied';
  const words = denied ? 'may not be read by hugwire' : `cannot be read (${systemCode(cause)})`;
  return new HugwireError(isMissing(cause) ? 'not_found' : 'blocked', `"${shown}" ${words}.`, { cause });
}

function notRegular(shown: string): HugwireError {
  return new HugwireError('blocked', `"${shown}" is not a regular file.`, {
    hint: 'Only files can be sent, not directories, pipes or devices.',
  });
}

/** The state of an open file, for `readUnchanged`. */
async function stateOf(handle: FileHandle): Promise<FileState> {
  const { dev, ino, size, mtimeNs, ctimeNs } = await handle.stat({ bigint: true });
  return { dev, ino, size, mtimeNs, ctimeNs };
}

/** What a file holds, from one reading of it. */
interface Examination {
  /** The first bytes, up to `CREDENTIAL_BYTES`. */
  start: Uint8Array;
  /** SHA-256, in hex. */
  hash: string;
  /** Whether the token stands in it; the rest is then not complete. */
  sawToken: boolean;
}

async function examine(handle: FileHandle, size: number, token: string | undefined): Promise<Examination> {
  const search = new TokenSearch(token);
  const hash = createHash('sha256');
  const start = Buffer.alloc(Math.min(size, CREDENTIAL_BYTES));
  for await (const { piece, at } of readPieces(handle, { start: 0, end: size, reuse: 1 })) {
    start.set(piece.subarray(0, Math.max(0, start.length - at)), Math.min(at, start.length));
    if (search.sees(piece)) return { start, hash: '', sawToken: true };
    hash.update(piece);
  }
  return { start, hash: hash.digest('hex'), sawToken: false };
}

/** A part of a file, and after how many more a piece of it may be overwritten; 0 for never. */
interface Span {
  start: number;
  end: number;
  reuse: number;
}

/** The bytes of an open file within a span, as many as there are. */
async function* readPieces(
  handle: FileHandle,
  { start, end, reuse }: Span,
): AsyncGenerator<{ piece: Uint8Array; at: number }> {
  const used: Buffer[] = [];
  for (let at = start, turn = 0; at < end; turn += 1) {
    const free = (reuse > 0 && used[turn % reuse]) || Buffer.allocUnsafeSlow(CHUNK);
    if (reuse > 0) used[turn % reuse] = free;
    const { bytesRead, buffer } = await handle.read(free, 0, CHUNK, at);
    if (bytesRead === 0) return;
    // Up to the size that was checked and announced.
    yield { piece: buffer.subarray(0, Math.min(bytesRead, end - at)), at };
    at += bytesRead;
  }
}

/** What was found when a file was checked. */
interface Checked {
  state: FileState;
  hash: string;
  token: string | undefined;
}

/**
 * Reads a file in pieces, provided that it is the one that was checked, and still is at the end: the last piece is given only
 * when all of them together are what was checked. Of a part, only the state of the file tells. It is opened with the first piece and closed with the last, or when the
 * reader leaves.
 * @param path absolute, links resolved
 * @param checked what was found
 * @param shown what messages call it
 * @throws HugwireError `blocked` when it was replaced or changed, or cannot be read any more
 */
async function* readUnchanged(
  path: string,
  { state, hash, token }: Checked,
  shown: string,
  span: Span,
): AsyncGenerator<Uint8Array> {
  const isWhole = span.start === 0 && span.end === Number(state.size);
  // One piece is held back here.
  const wider = span.reuse > 0 ? { ...span, reuse: span.reuse + 1 } : span;
  const handle = await openRegular(path, shown);
  const search = new TokenSearch(token);
  const sum = createHash('sha256');
  let held: Uint8Array | undefined;
  try {
    await refuseChanged(handle, state, shown);
    for await (const { piece } of readPieces(handle, wider)) {
      // A token across two pieces is seen before the first of them is given.
      if (search.sees(piece)) throw changed(shown);
      sum.update(piece);
      if (held) yield held;
      held = piece;
    }
    await refuseChanged(handle, state, shown);
    if (isWhole && sum.digest('hex') !== hash) throw changed(shown);
    if (held) yield held;
  } catch (cause) {
    if (cause instanceof HugwireError) throw cause;
    throw unreadable(cause, shown);
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
/** How to set it. */
export const LIMIT_HINT = `The user can raise ${LIMIT_KEY} in hugwire's config.`;

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
    return { bytes: maxFileSize, hint: `${site.id} does not take larger files: send a smaller one.` };
  }
  return { bytes: maxBytes, hint: LIMIT_HINT };
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
