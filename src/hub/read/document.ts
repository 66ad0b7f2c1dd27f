/** Something that was read, in whichever form tells most of it. */
export interface Document {
  /** What it is, as `parseReference` reads it. */
  uri: string;
  type:
    | 'card'
    | 'file'
    | 'folder'
    | 'paper'
    | 'docs'
    | 'discussion'
    | 'collection'
    | 'bucket'
    | 'kernel'
    | 'row'
    | 'cell';
  /** Short lines in hugwire's words; what third parties wrote in them is clean. */
  facts: string[];
  /** What somebody else wrote: clean, to be fenced. */
  body?: string;
  /** Where the body goes on, when there is more of it; entries for a folder, characters for the rest. */
  next?: number;
  /** Characters of the whole, where that is known. */
  length?: number;
  image?: { bytes: Uint8Array; mimeType: string };
}

/** How much is wanted, and from where. */
export interface ReadOptions {
  /** Characters (entries of a folder) to skip; unset: the beginning, in whichever form tells most. */
  offset?: number;
  /** Characters at most. */
  maxChars: number;
  /** True when the caller chose `offset` or `maxChars`: then text is what they want, however long it is. */
  asText: boolean;
  /** Images up to this size are returned themselves. */
  inlineImageBytes: number;
}
