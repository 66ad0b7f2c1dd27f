import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, link, mkdir, open, readFile, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import type { Endpoint } from '../gradio/types.js';
import { HugwireError } from '../lib/errors.js';
import { expandHome, withPatience } from '../lib/files.js';
import { formatBytes } from '../lib/format.js';
import { isShowable, isShownKind } from '../lib/pictures.js';
import { explainSystemError, systemCode } from '../lib/system-errors.js';
import type { SavedFile, SpaceApp } from './types.js';

const MAX_TRIES = 10_000;

/** A file being written; nobody sees it under its own name before it is whole. */
interface Draft {
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Gives the file its name: `stem_1.extension`, or the next number that is free.
   * @returns what it is called now, and what is in it
   */
  publish(stem: string, extension: string): Promise<{ path: string; bytes: number; sha256: string }>;
  /** All bytes that were written. */
  read(): Promise<Buffer>;
  /** Removes what was written; does nothing after `publish`. */
  discard(): Promise<void>;
}

/** How much of the disk stays free, whatever Spaces return: this share, or this many bytes where that is less. */
const SPARE = { share: 0.01, bytes: 256_000_000 };
/** After so many more bytes the free space is looked at again. */
const LOOK_EVERY = 16_000_000;

/**
 * Begins a file in a directory, which is made if need be. Several processes may do so in the same directory.
 * @param directory where to save; a leading `~` is the home directory; "" where nothing may be saved
 * @param expected bytes that it will have, as far as is known
 * @throws HugwireError `unavailable` that says what is wrong with the directory or the disk, here and in every method
 */
export async function draftFile(directory: string, expected = 0): Promise<Draft> {
  if (directory === '') throw new HugwireError('disabled', 'this server saves no files.');
  const home = resolve(expandHome(directory));
  const path = join(home, `.hugwire-${randomBytes(9).toString('base64url')}.part`);
  const handle = await explained(home, async () => {
    await mkdir(home, { recursive: true });
    await refuseFull(home, expected);
    return open(path, 'wx');
  });
  return new OpenDraft(home, path, handle);
}

/** Refuses to fill the disk. Where the system does not tell how much is free, the disk itself says when it is full. */
async function refuseFull(directory: string, wanted: number): Promise<void> {
  const disk = await statfs(directory).catch(() => undefined);
  if (!disk || disk.blocks === 0) return;
  const free = disk.bavail * disk.bsize;
  const spare = Math.min(disk.blocks * disk.bsize * SPARE.share, SPARE.bytes);
  if (free - spare >= wanted) return;
  throw new HugwireError(
    'unavailable',
    `Nothing can be saved in ${directory}: only ${formatBytes(free)} of the disk are free.`,
    {
      hint: 'Make room, or name another directory: files.saveTo in the config.',
    },
  );
}

class OpenDraft implements Draft {
  readonly #hash = createHash('sha256');
  #bytes = 0;
  #lookAt = LOOK_EVERY;
  #open = true;

  constructor(
    readonly directory: string,
    readonly path: string,
    readonly handle: FileHandle,
  ) {}

  async write(chunk: Uint8Array): Promise<void> {
    await explained(this.directory, () => this.handle.writeFile(chunk));
    this.#hash.update(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes < this.#lookAt) return;
    this.#lookAt = this.#bytes + LOOK_EVERY;
    await refuseFull(this.directory, 0);
  }

  read(): Promise<Buffer> {
    return readFile(this.path);
  }

  async publish(stem: string, extension: string) {
    const path = await explained(this.directory, async () => {
      await this.#close();
      // Before it has its name: nobody opens it unmarked. Where the file system takes no marks, there is none to set.
      await QUARANTINE[process.platform]?.(this.path).catch(() => {});
      return this.#rename(stem, extension);
    });
    return { path, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  async #rename(stem: string, extension: string): Promise<string> {
    for (let count = 1; count <= MAX_TRIES; count += 1) {
      const target = join(this.directory, `${stem}_${count}.${extension}`);
      if (await claim(this.path, target)) return target;
    }
    const target = join(this.directory, `${stem}_${randomBytes(6).toString('hex')}.${extension}`);
    await withPatience(() => rename(this.path, target));
    return target;
  }

  async discard(): Promise<void> {
    await this.#close();
    await withPatience(() => rm(this.path, { force: true }));
  }

  async #close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.handle.close();
  }
}

/** How a system is told that a file came from elsewhere, so that it asks before it opens it. */
export const QUARANTINE: Partial<Record<NodeJS.Platform, (path: string) => Promise<unknown>>> = {
  // What browsers write: a mark of their own beside the file, on NTFS.
  win32: (path) => writeFile(`${path}:Zone.Identifier`, '[ZoneTransfer]\r\nZoneId=3\r\n'),
  darwin: async (path) => {
    const { startProgram } = await import('../lib/children.js');
    const mark = `0081;${Math.floor(Date.now() / 1000).toString(16)};hugwire;`;
    const args = ['-w', 'com.apple.quarantine', mark, path];
    return once(startProgram('xattr', args, { env: process.env, stdio: 'ignore', timeout: 5_000 }), 'exit');
  },
};

/** Moves a file to a name that nobody has; false when somebody has it. */
async function claim(path: string, target: string): Promise<boolean> {
  try {
    // Unlike a rename, a link never replaces what is there.
    await link(path, target);
    await withPatience(() => rm(path, { force: true }));
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
  await withPatience(() => rename(path, target));
  return true;
}

async function explained<T>(directory: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof HugwireError) throw cause;
    const reason = explainSystemError(cause)?.directory ?? `the system says ${systemCode(cause) || 'no'}`;
    throw new HugwireError('unavailable', `Nothing can be saved in ${directory}: ${reason}.`, {
      hint: 'files.saveTo in the config names another directory.',
      cause,
    });
  }
}

const MAX_SLUG = 40;

/** What a file may be saved as: kinds that a double click shows, and never runs. All others get `.bin`. */
const SAVED_AS = new Set(
  [
    // Pictures.
    'png jpg jpeg jfif gif apng webp avif heic heif jxl bmp tif tiff ico svg hdr exr psd dds tga pbm pgm ppm pnm jp2 dng',
    // Audio and video.
    'mp3 wav flac ogg oga opus m4a aac aif aiff weba mid midi amr ac3 mka caf au',
    'mp4 m4v mov webm mkv avi mpg mpeg ogv 3gp 3g2 mts m2ts ts flv',
    // Text and data.
    'txt md markdown rst log csv tsv srt vtt lrc ass tex bib diff patch',
    'json jsonl ndjson geojson yaml yml toml xml ipynb parquet arrow feather avro orc npy npz h5 hdf5 nc sqlite',
    'safetensors onnx gguf tflite pb pdb cif mmcif sdf mol mol2 xyz fasta fa fastq vcf bed nii dcm',
    // Documents that hold no macros.
    'pdf docx xlsx pptx odt ods odp epub rtf',
    // 3D.
    'glb gltf obj mtl stl ply fbx usdz usd usda usdc 3mf dae splat ksplat spz las laz vrm bvh off step stp iges igs dxf',
    // Archives.
    'zip gz tgz tar bz2 xz zst br lz4 7z rar',
    'bin',
  ].flatMap((line) => line.split(' ')),
);
/** Pages, which a browser runs: kept as text. */
const PAGES = new Set('html htm xhtml xht shtml mhtml mht'.split(' '));
/** What in a drawing or in XML makes a browser run something. */
const ACTIVE =
  /<(?:\w+:)?(?:script|foreignObject|iframe|object|embed|handler|listener)\b|<!(?:ENTITY|DOCTYPE[^>]{0,1000}\[)|<\?xml-stylesheet|\son\w{1,40}\s{0,9}=|xhtml|@import|=\s{0,9}["']?\s{0,9}data:text/i;
/** A larger drawing is saved as text: nobody has looked whether it runs something. */
export const MAX_MARKUP = 10_000_000;

/**
 * Whether a file is of a kind that may run something, depending on what is in it.
 * @param extension under which it would be saved
 */
export function isMarkup(extension: string): boolean {
  return extension === 'svg' || extension === 'xml';
}

/**
 * Whether a drawing or XML is only that: UTF-8, and nothing in it that a browser would run.
 * @param bytes all of it
 */
export function isInert(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/&#(?:x([0-9a-f]{1,6})|(\d{1,7}));?/gi, (_, hex, decimal) => {
      const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : '';
    });
  const isText = !text.includes('\0') && !text.includes('\ufffd');
  // Browsers leave out white space in addresses.
  return isText && !ACTIVE.test(text) && !/(?:java|vb)script:/i.test(text.replace(/\s+/g, ''));
}

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
 * @returns the extension, and the one that it takes the place of, where it does
 */
export function safeExtension(sniffed: string, named: string): { extension: string; instead?: string } {
  const wanted = sniffed || extensionOf(named) || 'bin';
  if (SAVED_AS.has(wanted)) return { extension: wanted };
  return { extension: PAGES.has(wanted) ? 'txt' : 'bin', instead: wanted };
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

/**
 * The MIME type of a picture that every host can show; undefined for anything else, and where an edge is too long.
 * @param bytes all of it
 */
export async function sniffPicture(bytes: Uint8Array): Promise<string | undefined> {
  try {
    const { imageSize } = await import('image-size');
    const { width, height, type } = imageSize(bytes);
    const mimeType = `image/${type === 'jpg' ? 'jpeg' : type}`;
    const fits = width <= MAX_EDGE && height <= MAX_EDGE && isShownKind(mimeType);
    return fits && (await isShowable(bytes, mimeType)) ? mimeType : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The image of a saved file, for an answer that shows it; undefined when it is no picture that every host can show, has
 * too many bytes or pixels, or is gone. One that is `damaged` cannot be shown by anybody.
 * @param file saved by `saveOutputs`
 * @param maxBytes of the file itself; base64 adds a third
 */
export async function readInlineImage(
  file: SavedFile,
  maxBytes: number,
): Promise<{ data: string; mimeType: string } | 'damaged' | undefined> {
  const { path, mimeType, image } = file;
  if (!isShownKind(mimeType) || file.bytes > maxBytes || file.bytes === 0) return undefined;
  if (image !== undefined) return { data: image, mimeType };
  // It was left at its Space.
  if (path === '' || /^https?:/.test(path)) return undefined;
  try {
    const [bytes, { imageSize }] = await Promise.all([readFile(path), import('image-size')]);
    if (bytes.length > maxBytes) return undefined;
    const { width, height } = imageSize(bytes);
    if (width > MAX_EDGE || height > MAX_EDGE) return undefined;
    return (await isShowable(bytes, mimeType)) ? { data: bytes.toString('base64'), mimeType } : 'damaged';
  } catch (error) {
    return systemCode(error) ? undefined : 'damaged';
  }
}
