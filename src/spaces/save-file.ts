import { randomBytes } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import type { Endpoint } from '../gradio/types.js';
import { HugwireError } from '../lib/errors.js';
import { expandHome } from '../lib/files.js';
import { explainSystemError, systemCode } from '../lib/system-errors.js';
import type { SavedFile, SpaceApp } from './types.js';

const MAX_TRIES = 10_000;

/** A file being written; nobody sees it under its own name before it is whole. */
interface Draft {
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Gives the file its name: `stem_1.extension`, or the next number that is free.
   * @returns the absolute path
   */
  publish(stem: string, extension: string): Promise<string>;
  /** Removes what was written; does nothing after `publish`. */
  discard(): Promise<void>;
}

/**
 * Begins a file in a directory, which is made if need be. Several processes may do so in the same directory.
 * @param directory where to save; a leading `~` is the home directory
 * @throws HugwireError `unavailable` that says what is wrong with the directory or the disk, here and in every method
 */
export async function draftFile(directory: string): Promise<Draft> {
  const home = resolve(expandHome(directory));
  const path = join(home, `.hugwire-${randomBytes(9).toString('base64url')}.part`);
  const handle = await explained(home, async () => {
    await mkdir(home, { recursive: true });
    return open(path, 'wx');
  });
  return new OpenDraft(home, path, handle);
}

class OpenDraft implements Draft {
  #open = true;

  constructor(
    readonly directory: string,
    readonly path: string,
    readonly handle: FileHandle,
  ) {}

  async write(chunk: Uint8Array): Promise<void> {
    await explained(this.directory, () => this.handle.writeFile(chunk));
  }

  async publish(stem: string, extension: string): Promise<string> {
    return explained(this.directory, async () => {
      await this.#close();
      for (let count = 1; count <= MAX_TRIES; count += 1) {
        const target = join(this.directory, `${stem}_${count}.${extension}`);
        if (await claim(this.path, target)) return target;
      }
      const target = join(this.directory, `${stem}_${randomBytes(6).toString('hex')}.${extension}`);
      await rename(this.path, target);
      return target;
    });
  }

  async discard(): Promise<void> {
    await this.#close();
    await rm(this.path, { force: true });
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.handle.close();
  }
}

/** Moves a file to a name that nobody has; false when somebody has it. */
async function claim(path: string, target: string): Promise<boolean> {
  try {
    // Unlike a rename, a link never replaces what is there.
    await link(path, target);
    await rm(path, { force: true });
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
  }
  // The file system has no links: take the name first, then replace what is now ours.
  try {
    await (await open(target, 'wx')).close();
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
  await rename(path, target);
  return true;
}

async function explained<T>(directory: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const reason = explainSystemError(cause)?.directory ?? `the system says ${systemCode(cause) || 'no'}`;
    throw new HugwireError('unavailable', `Nothing can be saved in ${directory}: ${reason}.`, {
      hint: 'files.saveTo in the config names another directory.',
      cause,
    });
  }
}

const MAX_SLUG = 40;

/** Programs and links that a double click would run: never saved under their own extension. */
const RUNNABLE = new Set(
  (
    'exe com bat cmd scr msi msp pif cpl ps1 psm1 vbs vbe js jse mjs wsf wsh hta lnk url reg inf dll sys jar apk app ' +
    'command tool workflow terminal desktop sh bash zsh csh fish run appimage dmg pkg deb rpm py pyw rb pl php'
  ).split(' '),
);

/**
 * The beginning of the names of a call's files: Space and prompt, or Space and endpoint where there is no prompt.
 * @param app called
 * @param endpoint called
 * @param prompt the text that the call was given, if any
 * @returns letters, digits and `-`, with one `_` between the parts; never empty, never a reserved name
 */
export function fileStem(app: SpaceApp, endpoint: Endpoint, prompt?: string): string {
  const space = app.site.kind === 'local' ? (app.title ?? 'local-app') : basename(app.site.id);
  const about = slug(prompt ?? '') || slug(endpoint.name) || 'output';
  return `${slug(space) || 'space'}_${about}`;
}

/**
 * Text as a part of a file name that every system takes.
 * @param text any text
 */
export function slug(text: string): string {
  const plain = text
    .slice(0, MAX_SLUG * 8)
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|(?<!-)-+$/g, '');
  if (plain.length <= MAX_SLUG) return plain;
  // At a word's end where there is one, and never within a character.
  const head = [...plain].slice(0, MAX_SLUG).join('');
  return head.replace(/-[^-]*$/, '') || head;
}

/**
 * The extension under which a Space's file is saved.
 * @param sniffed what the bytes are, "" when they do not tell
 * @param named the Space's own name for the file
 */
export function safeExtension(sniffed: string, named: string): string {
  const extension = sniffed || extensionOf(named) || 'bin';
  return RUNNABLE.has(extension) ? 'bin' : extension;
}

/** A kind of file: its MIME type, and the extension that goes with it (no dot, lower case; "" when there is none). */
export interface FileKind {
  mimeType: string;
  extension: string;
}

/** What a container or a text is found to be by its first bytes, where the name tells more. */
const VAGUE = new Set(['application/xml', 'application/zip', 'application/gzip', 'application/x-cfb', 'text/plain']);
/** The extension that people know, where the table of types lists another one first. */
const USUAL: Record<string, string> = {
  'text/plain': 'txt',
  'text/html': 'html',
  'text/markdown': 'md',
  'image/jpeg': 'jpg',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'video/mpeg': 'mpg',
};
const UNKNOWN = 'application/octet-stream';
/** Pictures, sound and film are never text, but for drawings. */
const BINARY = /^(?:image\/(?!svg)|audio\/|video\/)/;
const EXTENSION = /^[a-z0-9]{1,8}$/;

/**
 * Finds out what a file is: by its first bytes where these are telling, else by its name.
 * @param head the first bytes, 4,100 are enough
 * @param name file name, or any path that ends in it
 * @param told a MIME type that someone claims; the last resort
 */
export async function sniffKind(head: Uint8Array, name: string, told?: string): Promise<FileKind> {
  const [{ fileTypeFromBuffer }, { lookup, mimes }] = await Promise.all([import('file-type'), import('mrmime')]);
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  const extension = extensionOf(name);
  const byName = lookup(extension);
  const isVague = found && VAGUE.has(found.mime) && byName && !BINARY.test(byName);
  if (found && !isVague) return { mimeType: found.mime, extension: found.ext };
  const claimed = /^[\w.+-]+\/[\w.+-]+/.exec(told ?? '')?.[0]?.toLowerCase();
  const mimeType = byName ?? claimed ?? UNKNOWN;
  if (BINARY.test(mimeType) && isText(head)) return { mimeType: UNKNOWN, extension: 'bin' };
  if (byName || mimeType === UNKNOWN) return { mimeType, extension };
  const usual = USUAL[mimeType] ?? Object.keys(mimes).find((one) => mimes[one] === mimeType) ?? '';
  return { mimeType, extension: extension || usual };
}

/** Whether bytes can only be text: there are some, and none that text never has. */
function isText(head: Uint8Array): boolean {
  return head.length > 0 && head.every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0x1b);
}

/**
 * The extension of a name, lower case, without its dot; "" when there is none or it is a strange one.
 * @param name file name or path, of any system
 */
export function extensionOf(name: string): string {
  const extension = extname(name.split(/[?#]/)[0] ?? '')
    .slice(1)
    .toLowerCase();
  return EXTENSION.test(extension) ? extension : '';
}

/** Images with a longer edge are refused by some hosts once a conversation holds several. */
const MAX_EDGE = 2000;
const SHOWN = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);

/**
 * The image of a saved file, for an answer that shows it; undefined when it is no picture that every host can show, has
 * too many bytes or pixels, or is gone.
 * @param file saved by `saveOutputs`
 * @param maxBytes of the file itself; base64 adds a third
 */
export async function readInlineImage(
  file: SavedFile,
  maxBytes: number,
): Promise<{ data: string; mimeType: string } | undefined> {
  if (!SHOWN.has(file.mimeType) || file.bytes > maxBytes || file.bytes === 0) return undefined;
  try {
    const [bytes, { imageSize }] = await Promise.all([readFile(file.path), import('image-size')]);
    if (bytes.length > maxBytes) return undefined;
    const { width, height } = imageSize(bytes);
    if (width > MAX_EDGE || height > MAX_EDGE) return undefined;
    return { data: bytes.toString('base64'), mimeType: file.mimeType };
  } catch {
    return undefined;
  }
}
