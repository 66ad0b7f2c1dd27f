import { cutText } from '../../lib/text.js';
import type { RepoKind } from '../types.js';

/** Something that was read, in whichever form tells most of it. */
export interface Document {
  /** What it is, as `parseReference` reads it. */
  uri: string;
  type:
    | 'card'
    | 'file'
    | 'folder'
    | 'commits'
    | 'commit'
    | 'discussion'
    | 'paper'
    | 'docs'
    | 'collection'
    | 'bucket'
    | 'kernel'
    | 'owner'
    | 'task'
    | 'page'
    | 'row'
    | 'cell';
  /** Of the repository that it is in. */
  kind?: RepoKind;
  /** Short lines in hugwire's words; what third parties wrote in them is clean. */
  facts: string[];
  /** What somebody else wrote: clean, to be fenced. */
  body?: string;
  /** Where the body goes on, when there is more of it, in `unit`. */
  next?: number;
  /** The whole in `unit`, where that is known. */
  length?: number;
  /** What `next` and `length` count: bytes of a file's text, entries of a list; unset: characters. */
  unit?: 'bytes' | 'entries';
  image?: { bytes: Uint8Array; mimeType: string };
  /** The file that it is, and the commit that it was read at. */
  version?: { kind: RepoKind; id: string; branch: string; path: string; commit: string };
}

/** How much is wanted, and from where. */
export interface ReadOptions {
  /** What to skip, in the document's `unit`; unset: the beginning, in whichever form tells most. */
  offset?: number;
  /** Characters at most. */
  maxChars: number;
  /** True when the caller chose `offset` or `maxChars`: then text is what they want, however long it is. */
  asText: boolean;
  /** Images up to this size are returned themselves. */
  inlineImageBytes: number;
}

/**
 * The rows of a list that fit on a page, at least one.
 * @param rows of the list from `start` on, in order
 * @param start where in the whole list the first row stands
 * @param maxChars characters of the page at most; a longer row is cut
 * @param total rows of the whole list, as far as it is known
 */
export function takeRows(
  rows: readonly string[],
  start: number,
  maxChars: number,
  total: number,
): Pick<Document, 'body' | 'next' | 'length' | 'unit'> {
  const shown: string[] = [];
  let length = 0;
  for (const row of rows) {
    length += row.length + 1;
    if (shown.length > 0 && length > maxChars + 1) break;
    shown.push(cutText(row, maxChars));
  }
  const next = start + shown.length;
  const more = next < total ? { next } : {};
  return { body: shown.join('\n') || undefined, ...more, length: total, unit: 'entries' };
}
