import { isAbsolute } from 'node:path';
import * as z from 'zod';
import type { Document, ReadOptions } from '../hub/read/document.js';
import { readOpenFile } from '../hub/read/file.js';
import { readReference } from '../hub/read/read.js';
import type { RemoteFile } from '../hub/read/remote-file.js';
import { parseReference } from '../hub/reference.js';
import { type Attempt, attempt } from '../hub/repo/lookup.js';
import { watchStaleness } from '../hub/staleness.js';
import { explainError, HugwireError } from '../lib/errors.js';
import { formatBytes } from '../lib/format.js';
import { cleanLine, fence } from '../lib/text.js';
import { useSavedFile } from '../spaces/local-files.js';
import { failureResult } from './run.js';
import { defineTool, type ToolContext, type ToolImage, type ToolResult } from './tool.js';

const DEFAULT_CHARS = 20_000;
/** Files whose versions are remembered. */
const MAX_READS = 2000;

const input = z.object({
  uris: z
    .array(z.string())
    .min(1)
    .max(10)
    .describe(
      'owner/name[@revision][/path], …/commits/main, datasets/…, spaces/…, papers/2407.21783, docs/…, hf:// or web address',
    ),
  offset: z.int().min(0).optional().describe('From the last answer'),
  max_chars: z.int().min(100).max(100_000).optional().describe('Of all together'),
});

type Input = z.output<typeof input>;

/** One reference as it was asked for, and what it gave. */
interface Asked {
  uri: string;
  outcome: Attempt<Document[]>;
  /** Set when it is older than it should be. */
  note?: string;
}

export const hubRead = defineTool({
  name: 'hub_read',
  title: 'Read from the Hub',
  toolset: 'read',
  effect: 'read',
  description:
    'Read files, folders, cards, commits, papers, discussions and documentation of the Hugging Face Hub. Images are shown; large data and weights are described.',
  input,
  aliases: {
    names: {
      uri: 'uris',
      url: 'uris',
      urls: 'uris',
      path: 'uris',
      paths: 'uris',
      file: 'uris',
      files: 'uris',
      id: 'uris',
      ids: 'uris',
      start: 'offset',
      limit: 'max_chars',
      maxlength: 'max_chars',
      maxbytes: 'max_chars',
      length: 'max_chars',
    },
  },
  run,
});

async function run({ uris, offset, max_chars: maxChars }: Input, ctx: ToolContext): Promise<ToolResult> {
  const wanted = [...new Set(uris)];
  const { inlineImageBytes } = ctx.config.files;
  const options: ReadOptions = {
    offset,
    maxChars: Math.max(1, Math.floor((maxChars ?? DEFAULT_CHARS) / wanted.length)),
    asText: offset !== undefined || maxChars !== undefined,
    inlineImageBytes,
  };
  const asked = await Promise.all(
    wanted.map(async (uri): Promise<Asked> => {
      const { hub, note } = watchStaleness(ctx.hub);
      const read = async () =>
        (await readSaved(uri.trim(), ctx, options)) ?? readReference(hub, parseReference(uri, hub.endpoint), options);
      const outcome = await attempt(read());
      return { uri, outcome, note: note() };
    }),
  );
  const failed = asked.flatMap(({ outcome }) => ('error' in outcome ? [outcome.error] : []));
  if (asked.length === 1 && failed[0]) return failureResult(failed[0]);
  const { kept, images } = pickImages(asked, inlineImageBytes);
  for (const { outcome } of kept) if ('value' in outcome) for (const document of outcome.value) noteRead(document, ctx);
  return {
    text: kept.map(render).join('\n\n'),
    images: images.length > 0 ? images : undefined,
    data: { documents: kept.flatMap(toData) },
    isError: failed.length === asked.length,
  };
}

/** Paths that nobody would write for something on the Hub. */
const LOCAL_PATH = /^(?:~[\\/]|file:|[a-z]:[\\/]|\\\\|\/(?:home|Users|root|tmp|var|etc|usr|opt|mnt|private|Volumes)\/)/;

/** Reads on in a file that hugwire saved from a Space; undefined for what may be something on the Hub. */
async function readSaved(uri: string, ctx: ToolContext, options: ReadOptions): Promise<Document[] | undefined> {
  const isLocal = LOCAL_PATH.test(uri);
  if (!isLocal && !isAbsolute(uri)) return undefined;
  const records = await ctx.savedFiles?.();
  const read = async (file: RemoteFile): Promise<Document> => ({
    uri: file.path,
    type: 'file',
    ...(await readOpenFile(file, options)),
  });
  const found = records && (await useSavedFile(uri, records, read));
  if (found) return [found];
  if (!isLocal) return undefined;
  const what = 'only things of the Hub can be read, and what hugwire itself saved on this machine';
  throw new HugwireError('invalid_arguments', `"${cleanLine(uri, 200)}" is not the Hub: ${what}.`, {
    hint: 'Files that space_call saved are read by the path in its answer.',
  });
}

/** How `reads` of the context names a file. */
export const readKey = ({ kind, id, branch, path }: Omit<NonNullable<Document['version']>, 'commit'>) =>
  JSON.stringify([kind, id.toLowerCase(), branch, path]);

/** Remembers which version was seen, so that a write cannot undo unseen what somebody else has done since. */
function noteRead({ version }: Document, { reads }: ToolContext): void {
  if (!version || !reads) return;
  const key = readKey(version);
  reads.delete(key);
  reads.set(key, version.commit);
  const [oldest] = reads.keys();
  if (reads.size > MAX_READS && oldest !== undefined) reads.delete(oldest);
}

/** Images that fit into the limit together; the others are told about. */
function pickImages(asked: readonly Asked[], limit: number): { kept: Asked[]; images: ToolImage[] } {
  const images: ToolImage[] = [];
  let bytes = 0;
  const pick = (document: Document): Document => {
    const { image, ...rest } = document;
    if (!image) return document;
    if (bytes + image.bytes.length > limit) {
      return { ...rest, facts: [...rest.facts, `not shown: the images together are over ${formatBytes(limit)}`] };
    }
    bytes += image.bytes.length;
    images.push({ data: Buffer.from(image.bytes).toString('base64'), mimeType: image.mimeType });
    return document;
  };
  const kept = asked.map(({ outcome, ...rest }) => ({
    ...rest,
    outcome: 'value' in outcome ? { value: outcome.value.map(pick) } : outcome,
  }));
  return { kept, images };
}

function render({ uri, outcome, note }: Asked): string {
  if ('error' in outcome) return `${cleanLine(uri, 120)}: ${explainError(outcome.error)}`;
  return [outcome.value.map(renderDocument).join('\n\n'), ...(note ? [note] : [])].join('\n');
}

function toData({ uri, outcome, note }: Asked): unknown[] {
  if ('error' in outcome) return [{ asked: uri, ...failureResult(outcome.error).data }];
  return outcome.value.map(({ image, version, ...document }) => ({
    asked: uri,
    ...document,
    commit: version?.commit,
    note,
    image: image && { mimeType: image.mimeType, bytes: image.bytes.length },
  }));
}

/**
 * One thing that was read: what it is, what is known of it, what it says, and where it goes on.
 * @param document as it was read; its body is clean
 */
function renderDocument(document: Document): string {
  const { uri, facts, body, type } = document;
  const [first = type, ...rest] = facts;
  return [`${uri} (${first})`, ...rest, body && fence(body.trimEnd(), uri), continuation(document)]
    .filter(Boolean)
    .join('\n');
}

function continuation({ uri, kind, next, length, unit }: Document): string | undefined {
  if (next === undefined) return undefined;
  const whole = length === undefined ? '' : ` of ${length}${unit ? ` ${unit}` : ''}`;
  // With its kind, so that it need not be looked up.
  const named = kind === 'model' && !uri.startsWith('https://') ? `models/${uri}` : uri;
  return `continues at offset ${next}${whole}: hub_read uris=[${JSON.stringify(named)}] offset=${next}`;
}
