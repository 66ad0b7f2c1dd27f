import { isObject } from '../../lib/json.js';
import { cleanLine } from '../../lib/text.js';

type MediaKind = 'image' | 'audio' | 'video' | 'PDF';

/** A picture, sound, film or PDF in a cell, as the viewer gives it: a link that is signed for about an hour. */
export interface Media {
  kind: MediaKind;
  /** Such as `audio/wav`, where it is told. */
  mime?: string;
  width?: number;
  height?: number;
  link: string;
}

const MAX_DEPTH = 12;
const BY_ENDING: [RegExp, MediaKind][] = [
  [/\.pdf$/i, 'PDF'],
  [/\.(?:mp4|webm|mov|mkv|avi|m4v)$/i, 'video'],
  [/\.(?:wav|mp3|flac|ogg|opus|m4a)$/i, 'audio'],
];

/**
 * All media in a cell, in the order in which they stand in it, however deep.
 * @param cell of a column that holds media
 */
export function findMedia(cell: unknown): Media[] {
  const found: Media[] = [];
  replaceMedia(cell, (media) => found.push(media));
  return found;
}

/**
 * A cell with something else in place of each of its media.
 * @param cell of a column that holds media
 * @param by what to put there
 */
export function replaceMedia(cell: unknown, by: (media: Media) => unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH || typeof cell !== 'object' || cell === null) return cell;
  const media = readMedia(cell);
  if (media) return by(media);
  if (Array.isArray(cell)) return cell.map((part) => replaceMedia(part, by, depth + 1));
  return Object.fromEntries(Object.entries(cell).map(([name, part]) => [name, replaceMedia(part, by, depth + 1)]));
}

/** An object with the link in `src`; of a sound a list of them, the same in several formats. */
function readMedia(cell: object): Media | undefined {
  const sound = Array.isArray(cell) && cell.every((form) => isObject(form) && typeof form.type === 'string');
  const one = sound ? cell[0] : cell;
  if (!isObject(one) || typeof one.src !== 'string' || !URL.canParse(one.src)) return undefined;
  const { src, type, width, height } = one;
  const url = new URL(src);
  if (!/^https?:$/.test(url.protocol)) return undefined;
  const mime = typeof type === 'string' ? cleanLine(type, 60) : undefined;
  return {
    kind: kindOf(mime, 'thumbnail' in one ? '.pdf' : url.pathname),
    mime,
    width: typeof width === 'number' ? width : undefined,
    height: typeof height === 'number' ? height : undefined,
    link: url.href,
  };
}

function kindOf(mime: string | undefined, path: string): MediaKind {
  const told = mime?.split('/')[0];
  if (told === 'image' || told === 'audio' || told === 'video') return told;
  return BY_ENDING.find(([ending]) => ending.test(path))?.[1] ?? 'image';
}

/**
 * A medium in a few words: `image 28×28`, `audio/wav`.
 * @param media found in a cell
 */
export function describeMedia({ kind, mime, width, height }: Media): string {
  return `${mime ?? kind}${width !== undefined && height !== undefined ? ` ${width}×${height}` : ''}`;
}
