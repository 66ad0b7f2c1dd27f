import { extname } from 'node:path';

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
