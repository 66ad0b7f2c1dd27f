import { createHash } from 'node:crypto';
import { constants, readFileSync } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { assistantDirectory, assistantsLockPath } from '../config/paths.js';
import { HugwireError } from '../lib/errors.js';
import { decodeText, fileFailure } from '../lib/files.js';
import { canonicalJson, isObject, parseJsonObject } from '../lib/json.js';
import { nearest } from '../lib/nearest.js';
import { isMissing } from '../lib/system-errors.js';
import { cleanLine, cleanText } from '../lib/text.js';

/** The files of an assistant. Of several prompts the first counts, as in tiny-agents for JS. */
export const AGENT_FILE = 'agent.json';
export const PROMPT_FILES = ['AGENTS.md', 'PROMPT.md'] as const;
/** Bytes of each. */
export const MAX_FILE_BYTES = 256 * 1024;
const MAX_LOCK_BYTES = 4 * 1024 * 1024;

/** What the names of assistants look like: they are folders, ids of models in the API, and prompts of MCP. */
export const ASSISTANT_NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

/** The texts of an assistant's files, by name. */
export type AssistantFiles = Partial<Record<typeof AGENT_FILE | (typeof PROMPT_FILES)[number], string>>;

/** An assistant that was added, as `assistants.lock.json` has it. */
export interface AddedAssistant {
  name: string;
  title?: string;
  description?: string;
  /** Where the files of somebody else's came from. Missing: it is the user's own. */
  source?: {
    /** Such as `datasets/owner/name`. */
    repo: string;
    /** Of its folder; "" is the root. */
    path: string;
    commit: string;
  };
  /** Whether it came from a folder: whoever wrote it, it can only narrow what the config allows. */
  isFolder?: boolean;
  /** Of its files as the user has seen them, see `hashFiles`. */
  hash: string;
  /** Other MCP servers that the user has agreed to: by name, the hash of how each is launched. */
  servers: Readonly<Record<string, string>>;
  /** ISO 8601. */
  addedAt: string;
}

/**
 * Reads which assistants were added. Synchronous: it is small, and what a server declares depends on it.
 * @param config path of the config file
 * @returns sorted by name; none where there is no record
 * @throws HugwireError `invalid_arguments` for a record that cannot be used
 */
export function readAdded(config: string): AddedAssistant[] {
  const path = assistantsLockPath(config);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw fileFailure(path, 'read', cause);
  }
  const found = text.length <= MAX_LOCK_BYTES ? parseJsonObject(text.replace(/^\uFEFF/, '')) : undefined;
  if (found?.version !== 1 || !isObject(found.assistants)) {
    throw new HugwireError('invalid_arguments', `${path} is not a record of hugwire; it is not used.`, {
      hint: 'Move it away, then add the assistants again: `hugwire assistants add`.',
    });
  }
  return Object.entries(found.assistants)
    .flatMap(([name, raw]) => readEntry(name, raw) ?? [])
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** A hand may have been at it: what is shown is cleaned once more, and what is incomplete is left out. */
function readEntry(name: string, raw: unknown): AddedAssistant | undefined {
  if (!ASSISTANT_NAME.test(name) || !isObject(raw) || typeof raw.hash !== 'string') return undefined;
  const { title, description, source, isFolder, hash, servers, addedAt } = raw;
  const texts = (value: unknown) =>
    Object.fromEntries(
      Object.entries(isObject(value) ? value : {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    );
  const { repo = '', path = '', commit = '' } = texts(source);
  return {
    name,
    title: cleanLine(title, 100) || undefined,
    description: cleanLine(description, 500) || undefined,
    ...(source === undefined ? {} : { source: { repo, path, commit } }),
    ...(isFolder === true ? { isFolder } : {}),
    hash,
    servers: texts(servers),
    addedAt: cleanLine(addedAt, 30),
  };
}

/**
 * Stands for the files of an assistant, each of their bytes.
 * @param files texts by name
 */
export function hashFiles(files: AssistantFiles): string {
  return createHash('sha256').update(canonicalJson(files)).digest('hex');
}

/**
 * Reads the folder of an assistant. Nothing outside of it is read: its files may not be links.
 * @param folder absolute
 * @returns the texts of its files
 * @throws HugwireError `not_found` when there is no agent.json; `invalid_arguments` or `too_large` for files that cannot be used
 */
export async function readFolder(folder: string): Promise<AssistantFiles> {
  const files: AssistantFiles = {};
  for (const name of [AGENT_FILE, ...PROMPT_FILES] as const) {
    const text = await readFile(join(folder, name));
    if (text !== undefined) files[name] = text;
  }
  if (files[AGENT_FILE] === undefined) {
    throw new HugwireError('not_found', `There is no ${AGENT_FILE} in ${folder}.`, {
      hint: '`hugwire assistants create NAME` makes an assistant to start from.',
    });
  }
  return files;
}

async function readFile(path: string): Promise<string | undefined> {
  try {
    const found = await lstat(path);
    if (!found.isFile() || found.nlink > 1) {
      throw new HugwireError('invalid_arguments', `${path} is a link, or not a plain file.`, {
        hint: 'Put a copy there: links in the folder of an assistant are not followed.',
      });
    }
    // It may have become a link meanwhile; Windows knows no such flag.
    const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      if (bytesRead > MAX_FILE_BYTES) throw tooLarge(path);
      return decodeText(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw cause instanceof HugwireError ? cause : fileFailure(path, 'read', cause);
  }
}

/**
 * The error of a file that is larger than any that an assistant needs.
 * @param path of the file
 */
export function tooLarge(path: string): HugwireError {
  return new HugwireError('too_large', `${path} is larger than ${MAX_FILE_BYTES / 1024} kB.`, {
    hint: 'Shorten it: all that it says is sent to the model with every question.',
  });
}

/** What the files tell the model, clean. */
export function instructionsOf(files: AssistantFiles): string {
  const prompt = PROMPT_FILES.map((file) => files[file]).find((text) => text !== undefined);
  return cleanText((prompt ?? '').replace(/^\uFEFF/, '')).trim();
}

/**
 * The files of an assistant that was added.
 * @param config path of the config file
 * @param added from `readAdded`
 * @throws HugwireError `blocked` where those of somebody else's are not what the user has seen
 */
export async function readAddedFiles(config: string, added: AddedAssistant): Promise<AssistantFiles> {
  const { name, source, hash } = added;
  const files = await readFolder(assistantDirectory(config, name));
  if (!source || hashFiles(files) === hash) return files;
  throw new HugwireError('blocked', `The files of ${name} were changed since you agreed to them.`, {
    hint: `\`hugwire assistants refresh ${name}\` shows what is in ${source.repo} and puts it back; \`hugwire assistants copy ${name} my-${name}\` makes one of your own from what is there now.`,
  });
}

/** What MCP calls a prompt. */
interface Prompt {
  name: string;
  title?: string;
  description?: string;
  arguments: { name: string; description: string; required: boolean }[];
}

/** The assistants as prompts of MCP: the user picks one, and gives it a task. */
export interface Prompts {
  list(): Prompt[];
  /** @throws HugwireError `not_found` for one that is not there, and what its files cannot be read for */
  get(name: string, args: Record<string, unknown>): Promise<{ description?: string; text: string }>;
}

/**
 * Opens the prompts of a server.
 * @param config path of the config file
 * @returns undefined without any: the server then declares no prompts
 */
export function openPrompts(config: string): Prompts | undefined {
  const read = () => {
    try {
      return readAdded(config);
    } catch {
      // The commands say what is wrong with it.
      return [];
    }
  };
  if (read().length === 0) return undefined;
  const list = () =>
    read().map(({ name, title, description }) => ({
      name,
      title: title ?? name,
      ...(description ? { description } : {}),
      arguments: [{ name: 'task', description: 'What is to be done', required: false }],
    }));
  return {
    list,
    async get(name, { task }) {
      const added = read();
      const found = added.find((one) => one.name === name);
      if (!found) {
        const names = added.map((one) => one.name);
        const meant = nearest(name, names);
        throw new HugwireError(
          'not_found',
          `There is no assistant "${cleanLine(name, 60)}". ${meant ? `Did you mean ${meant}? ` : ''}There are: ${names.join(', ') || 'none'}`,
        );
      }
      const instructions = instructionsOf(await readAddedFiles(config, found));
      const wanted = typeof task === 'string' ? task.trim() : '';
      return { description: found.description, text: [instructions, wanted].filter(Boolean).join('\n\n') || name };
    },
  };
}
