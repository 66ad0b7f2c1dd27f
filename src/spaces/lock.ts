import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DEFAULT_PIN, type PinnedSpace, TOOL_NAME } from '../config/schema.js';
import { hostSchema, repairSchema } from '../gradio/schema.js';
import { HugwireError } from '../lib/errors.js';
import { decodeText, fileFailure, replaceFile } from '../lib/files.js';
import { canonicalJson, isObject } from '../lib/json.js';
import type { JsonSchema } from '../lib/json-schema.js';
import { isMissing } from '../lib/system-errors.js';
import { cleanLine } from '../lib/text.js';

const VERSION = 1;
const MAX_BYTES = 4 * 1024 * 1024;
const MAX_DESCRIPTION = 300;

/** A Space's endpoint as the user has seen and approved it: what its tool is built from, without any network. */
export interface LockEntry {
  /** `owner/name`, or the URL of a local app. */
  space: string;
  /** With its slash. */
  endpoint: string;
  /** Name of the tool. */
  tool: string;
  title: string;
  description: string;
  /** The tool's input schema: keywords that every host takes, words of the app's own. Listed is what `aliasSchema` makes of it. */
  schema: JsonSchema;
  /** Names of the parameters that take files. */
  files: string[];
  /** Of everything above, see `hashEntry`. */
  hash: string;
  /** Gradio's version, where it was seen. */
  gradio?: string;
  /** The Space's commit. */
  sha?: string;
  /** ISO 8601. */
  pinnedAt: string;
  /** Set where the preview showed all of it; that of hugwire 0.1.0 did not. */
  shown?: 'whole';
}

/** What a lock file holds, as far as it can be read. */
export interface Lock {
  entries: LockEntry[];
  /** Entries that are other than their hash says, or that were not shown whole: nobody approved them as they are. */
  altered: LockEntry[];
  /** Why nothing in the file can be used; a file that is not there is no fault. */
  unusable?: string;
  /** One line for each thing that is wrong with the file. */
  warnings: string[];
}

/**
 * Reads the lock file. Synchronous: it is small, and tools cannot be listed before it.
 * @param path of `spaces.lock.json`
 * @returns no entries when there is no file; a broken one is told of, never thrown
 */
export function readLock(path: string): Lock {
  let text: string;
  try {
    text = decodeText(readFileSync(path)).replace(/^\uFEFF/, '');
  } catch (error) {
    return isMissing(error)
      ? { entries: [], altered: [], warnings: [] }
      : useless(fileFailure(path, 'read', error).message);
  }
  const listed = parseLock(text);
  if (!listed) return useless(`${path} is not a hugwire lock file, so it is ignored.`);
  const lock: Lock = { entries: [], altered: [], warnings: [] };
  for (const [index, raw] of listed.entries()) {
    const entry = readEntry(raw);
    if (!entry) {
      lock.warnings.push(`${path}: entry ${index + 1} is incomplete, so it is left out.`);
    } else if ([...lock.entries, ...lock.altered].some(({ tool }) => tool === entry.tool)) {
      lock.warnings.push(`${path}: the tool ${entry.tool} is listed twice; the first one is used.`);
    } else if (!isObject(raw) || raw.hash !== hashEntry(raw)) lock.altered.push(entry);
    else {
      // Of what may have been made valid just now.
      entry.hash = hashEntry(entry);
      (entry.shown || wasShown(entry.schema) ? lock.entries : lock.altered).push(entry);
    }
  }
  return lock;
}

/** Whether the preview of hugwire 0.1.0 showed every word of a schema. */
function wasShown({ properties }: JsonSchema): boolean {
  const isShown = (value: unknown) => cleanLine(value) === value && JSON.stringify(value).length <= 40;
  return Object.values(properties as Record<string, JsonSchema>).every((one) => {
    const { enum: members = [], items, default: value, properties: parts } = one;
    const { type: _, enum: inner = [], ...further } = isObject(items) ? items : {};
    const choices = [members, inner].flat();
    const isPlain = parts === undefined && Object.keys(further).length === 0;
    return isPlain && choices.length <= 8 && [...choices, typeof value === 'string' ? value : ''].every(isShown);
  });
}

/**
 * What became of a record that the user has not approved as it is.
 * @param entry one of `altered`
 * @returns the rest of a sentence about it
 */
export function whyUnapproved(entry: LockEntry): string {
  return entry.shown || entry.hash !== hashEntry(entry)
    ? 'was changed since it was approved'
    : 'was approved with hugwire 0.1.0, which did not show all of it';
}

function useless(problem: string): Lock {
  return { entries: [], altered: [], unusable: problem, warnings: [problem] };
}

function parseLock(text: string): unknown[] | undefined {
  if (text.length > MAX_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && value.version === VERSION && Array.isArray(value.spaces) ? value.spaces : undefined;
  } catch {
    return undefined;
  }
}

function readEntry(raw: unknown): LockEntry | undefined {
  if (!isObject(raw) || !isObject(raw.schema)) return undefined;
  const { space, endpoint, tool } = raw;
  if (typeof space !== 'string' || typeof endpoint !== 'string' || !endpoint.startsWith('/')) return undefined;
  if (typeof tool !== 'string' || !TOOL_NAME.test(tool)) return undefined;
  return makeEntry(raw, { tool, schema: repairSchema(raw.schema), hash: cleanLine(raw.hash, 64) });
}

/**
 * Makes a record as the lock file has it. Of what is read from there, everything is made valid once more: a hand may have
 * been at it, and a bad schema takes a host's whole tool list down.
 * @param raw its fields
 * @param checked those that are right: the name of the tool, a repaired schema, the hash; made anew where there is none
 */
export function makeEntry(
  raw: Record<string, unknown>,
  { tool, schema, hash }: { tool: string; schema: JsonSchema; hash?: string },
): LockEntry {
  const seen = { gradio: cleanLine(raw.gradio, 30), sha: cleanLine(raw.sha, 64) };
  const entry = {
    space: cleanLine(raw.space, 300),
    endpoint: cleanLine(raw.endpoint, 130),
    tool,
    title: cleanLine(raw.title, 60) || tool,
    description: cleanLine(raw.description, MAX_DESCRIPTION),
    schema: hostSchema(schema),
    files: Array.isArray(raw.files) ? raw.files.filter((name) => typeof name === 'string') : [],
    ...(seen.gradio ? { gradio: seen.gradio } : {}),
    ...(seen.sha ? { sha: seen.sha } : {}),
    pinnedAt: cleanLine(raw.pinnedAt, 30),
    ...(raw.shown === 'whole' ? { shown: 'whole' as const } : {}),
  };
  return { ...entry, hash: hash ?? hashEntry(entry) };
}

/**
 * Writes the lock file: whole or not at all, entries sorted by tool, so that it reads well in a diff.
 * @param path of `spaces.lock.json`; its directory is made if need be
 * @param entries all of them
 * @throws HugwireError `unavailable` when it cannot be written, `too_large` when it could not be read again
 */
export async function writeLock(path: string, entries: readonly LockEntry[]): Promise<void> {
  const spaces = [...entries].sort((one, other) => (one.tool < other.tool ? -1 : 1));
  const text = `${JSON.stringify({ version: VERSION, spaces }, null, 2)}\n`;
  // It could not be read again, and no pinned Space would be left.
  if (text.length > MAX_BYTES) {
    throw new HugwireError(
      'too_large',
      `${path} would be larger than ${MAX_BYTES / 1024 / 1024} MB; nothing was changed.`,
      {
        hint: 'hugwire spaces list shows what is pinned, hugwire spaces remove TOOL makes room.',
      },
    );
  }
  await replaceFile(path, text);
}

/**
 * The SHA-256 of what an assistant gets to see of an entry and of where its calls go; the same for every order of keys.
 * @param entry with or without its hash
 */
export function hashEntry(entry: Omit<LockEntry, 'hash'> | Record<string, unknown>): string {
  const { space, endpoint, tool, title, description, schema, files } = entry;
  const seen = { space, endpoint, tool, title, description, schema, files };
  return createHash('sha256').update(canonicalJson(seen)).digest('hex');
}

const FLUX: Omit<LockEntry, 'hash'> = {
  ...DEFAULT_PIN,
  title: 'Generate an image',
  description:
    'Make a picture from a description, in seconds, with FLUX.1 [schnell]. Saves the file and shows it; returns the seed too.',
  schema: {
    type: 'object',
    properties: {
      prompt: { type: 'string', description: 'What to draw, in English' },
      seed: { type: 'integer', minimum: 0, maximum: 2147483647, default: 0 },
      randomize_seed: { type: 'boolean', default: true, description: 'false to use seed' },
      width: { type: 'integer', minimum: 256, maximum: 2048, default: 1024, description: 'step 32' },
      height: { type: 'integer', minimum: 256, maximum: 2048, default: 1024, description: 'step 32' },
      num_inference_steps: { type: 'integer', minimum: 1, maximum: 50, default: 4 },
    },
    required: ['prompt'],
  },
  files: [],
  pinnedAt: '2026-11-20T00:00:00.000Z',
};

/** The Spaces that a fresh install has pinned, so that it can make pictures at once. */
export const DEFAULT_LOCK: readonly LockEntry[] = [{ ...FLUX, hash: hashEntry(FLUX) }];

/** What the user has approved, and what was changed since without being approved again. */
export type Approvals = Pick<Lock, 'entries' | 'altered'>;

/**
 * Whether a pin is one that the user wants: an assistant's proposal is none, whatever else the config says of it.
 * @param pin of the config
 */
export function isOn({ enabled, proposed }: PinnedSpace): boolean {
  return enabled && !proposed;
}

/**
 * What the user approved for a pin.
 * @param pin of the config
 * @param lock from `readLock`
 * @returns the record, or in words why there is none and what to do
 */
export function findApproved(pin: PinnedSpace, { entries, altered }: Approvals): LockEntry | string {
  const { space, endpoint = '', tool } = pin;
  const what = `${space} is pinned as ${tool}, but`;
  const other = altered.find((one) => isOf(pin, one));
  if (other) {
    return `${what} its record in spaces.lock.json ${whyUnapproved(other)}; the tool is left out: run \`hugwire spaces enable ${tool}\` to look at it and approve it`;
  }
  const entry = [...entries, ...DEFAULT_LOCK].find((one) => isOf(pin, one));
  if (entry) return entry;
  return `${what} spaces.lock.json does not have it; the tool is left out: run \`hugwire spaces add ${space}${endpoint} --tool ${tool}\``;
}

/**
 * Whether a record is the one of a pin.
 * @param pin of the config
 * @param entry of the lock
 */
export function isOf(
  { space, endpoint, tool }: Pick<PinnedSpace, 'space' | 'endpoint' | 'tool'>,
  entry: LockEntry,
): boolean {
  if (entry.tool !== tool || (endpoint !== undefined && endpoint !== entry.endpoint)) return false;
  return isSpace(entry.space, space);
}

/**
 * Whether two names are of the same Space.
 * @param one name
 * @param other name
 */
export function isSpace(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
