import { constants } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type Conf from 'conf';
import { sameValue, valueAt, withoutValue, withValue } from '../lib/documents/document.js';
import { setJsonValue } from '../lib/documents/json.js';
import { HugwireError } from '../lib/errors.js';
import { changeFile, fileFailure, readText, withFileLock, withPatience } from '../lib/files.js';
import { isObject } from '../lib/json.js';
import { redact } from '../lib/text.js';
import { checkConfig, parseJsonFile } from './load.js';
import { applyProfile, type Config, configJsonSchema, configSchema } from './schema.js';

type Raw = Record<string, unknown>;

/** One change of the config file. */
export interface ConfigEdit {
  /** Keys, and positions in lists; the position after the last adds to a list. */
  path: readonly (string | number)[];
  /** The new value; undefined removes what is there. */
  value?: unknown;
}

/**
 * Makes edits that depend on what is there.
 * @param raw what the file itself says, without defaults; with a profile: what the profile says
 * @param config what is in force
 */
export type MakeEdits = (raw: Raw, config: Config) => readonly ConfigEdit[] | Promise<readonly ConfigEdit[]>;

interface EditOptions {
  /** Edits what this profile says; it must exist, and paths are then below it. */
  profile?: string;
  /**
   * Has a last look, before anything is written.
   * @param config what would be in force
   * @param before what is in force; unset where the file is invalid
   * @throws HugwireError when it is not to be
   */
  check?(config: Config, before?: Config): void;
}

/** What came of an edit. */
export interface EditedConfig {
  /** False: the file says already what it is to say, and was not touched. */
  written: boolean;
  /** What was in force before, with the profile; unset where the file was invalid. */
  before?: Config;
  /** What is in force afterwards, with the profile. */
  config: Config;
}

/** Beside the config file, so that an editor completes keys without a network. */
export const SCHEMA_FILE = 'config.schema.json';
const SCHEMA_REFERENCE = `./${SCHEMA_FILE}`;
/** What a config file begins as. */
export const NEW_FILE = `{\n  "$schema": ${JSON.stringify(SCHEMA_REFERENCE)}\n}\n`;
const BOM = '\uFEFF';

/** Tokens of the Hub and JWTs, long enough not to be the name of a Space or a tool. */
const TOKEN = /(?<![A-Za-z0-9])(?:(?:hf_|api_org_)[A-Za-z0-9]{16,}|hf_jwt_)|(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}/;
const TOKEN_HINT =
  'The config says where the token is read from, never what it is: `hugwire auth login` stores it, or set HF_TOKEN.';

/**
 * Changes the config file: whole or not at all, one process at a time, with its formatting kept. What comes out is
 * checked as a whole before it is written. A new file refers to its JSON Schema, which is put beside it.
 * @param path of the config file; it need not exist
 * @param edits in order, or what makes them from what is there; the latter needs a valid file, while a list may also
 *   put an invalid one right
 * @param options which part of the file is edited
 * @throws HugwireError `invalid_arguments` when the file is no JSON, or would become an invalid config, or would hold a
 *   token; `unavailable` when it cannot be written. It is then as it was
 */
export async function editConfig(
  path: string,
  edits: readonly ConfigEdit[] | MakeEdits,
  { profile, check }: EditOptions = {},
): Promise<EditedConfig> {
  const edited = await withFileLock(path, async () => {
    const text = await readText(path);
    const store = await openStore(path, text);
    const found = store.store;
    const before = readInForce(found, path, { profile, strict: profile !== undefined || typeof edits === 'function' });
    const values = await applyEdits(found, edits, { before, profile });
    const whole = text === undefined ? { $schema: SCHEMA_REFERENCE, ...values } : values;
    const config = applyProfile(checkConfig(whole, path, 'Nothing was changed.'), profile);
    check?.(config, before);
    // Nothing to say is no reason to make a file.
    const written = !sameValue(found, values);
    if (written) await writeStore(store, whole);
    return { written, before, config };
  });
  if (edited.written && edited.config.$schema === SCHEMA_REFERENCE) await refreshSchema(path);
  return edited;
}

/**
 * Replaces the text of the config file, if it is still what it was.
 * @param path of the config file; it need not exist
 * @param texts what was there (undefined: no file) and what is to be there
 * @throws HugwireError `invalid_arguments` as `editConfig`; `unavailable` when somebody changed the file meanwhile
 */
export async function replaceConfig(
  path: string,
  { before, after }: { before: string | undefined; after: string },
): Promise<Config> {
  const raw = parseValues(after, path);
  refuseSecrets([], raw);
  const config = checkConfig(raw, path, 'Nothing was changed.');
  // Text for text: what is there may be broken, which a store could not open.
  await changeFile(path, (text) => {
    if (text !== before) throw new HugwireError('unavailable', `${path} was changed by somebody else meanwhile.`);
    return after;
  });
  if (config.$schema === SCHEMA_REFERENCE) await refreshSchema(path);
  return config;
}

/** The config file as a store of values, which are written into the text that was there; they are checked before. */
async function openStore(path: string, text = NEW_FILE): Promise<Conf<Raw>> {
  const Conf = await importConf();
  return new Conf<Raw>({
    cwd: dirname(path),
    configName: basename(path),
    fileExtension: '',
    // An existing file keeps its permissions.
    configFileMode: undefined,
    // Not what conf reads, which knows UTF-8 alone.
    deserialize: () => parseValues(text, path),
    serialize: (values) => setJsonValue(text, [], values),
  });
}

/** How when-exit, which conf writes with, listens to a signal; nothing else tells its listeners from those of others. */
const WHEN_EXIT = /^\(\) => this\.exit\(\w+\)$/;

/**
 * conf writes with when-exit, which listens to every signal from the moment it is loaded, and ends the process whoever
 * else handles it: to remove half-written files, of which a write that nothing can interrupt leaves none. The dashboard
 * and the server, where a pin is written, end in their own way.
 */
async function importConf(): Promise<typeof Conf> {
  const { default: Conf } = await import('conf');
  for (const signal of Object.keys(constants.signals) as NodeJS.Signals[]) {
    for (const listener of process.listeners(signal))
      if (WHEN_EXIT.test(String(listener))) process.off(signal, listener);
  }
  return Conf;
}

async function writeStore(store: Conf<Raw>, values: Raw): Promise<void> {
  try {
    await withPatience(async () => {
      store.store = values;
    });
  } catch (cause) {
    throw cause instanceof HugwireError ? cause : fileFailure(store.path, 'written', cause);
  }
}

/** Anything but an object would be refused later, in worse words. */
function parseValues(text: string, path: string): Raw {
  const raw = parseJsonFile(text.startsWith(BOM) ? text.slice(1) : text, path);
  if (!isObject(raw)) checkConfig(raw, path);
  return raw as Raw;
}

/** Where it must be valid, an invalid file is refused, and a profile that is not there as well. */
function readInForce(raw: Raw, path: string, { profile, strict }: { profile?: string; strict: boolean }) {
  return strict ? applyProfile(checkConfig(raw, path), profile) : configSchema.safeParse(raw).data;
}

async function applyEdits(
  values: Raw,
  edits: readonly ConfigEdit[] | MakeEdits,
  { before, profile }: { before?: Config; profile?: string },
): Promise<Raw> {
  const place = profile === undefined ? [] : ['profiles', profile];
  const made = typeof edits === 'function' ? await edits(valueAt(values, place) as Raw, before as Config) : edits;
  return made.reduce((current, edit) => applyEdit(current, edit, place, before), values);
}

function applyEdit(values: Raw, edit: ConfigEdit, place: readonly string[], config: Config | undefined): Raw {
  refuseSecrets(edit.path, edit.value);
  const { path, value } = outsideLists(edit, valueAt(values, place), config);
  const keys = [...place, ...path];
  return (value === undefined ? withoutValue(values, keys) : withValue(values, keys, value)) as Raw;
}

/** An editor's aid only: where it cannot be written, the config is changed all the same. */
async function refreshSchema(path: string): Promise<void> {
  const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  // A config of the same name would be overwritten.
  if (basename(path) === SCHEMA_FILE) return;
  await changeFile(join(dirname(path), SCHEMA_FILE), () => text).catch(() => {});
}

/**
 * The same change without positions: a change inside a list becomes a change of the whole list.
 * @param edit any change
 * @param root what the file says
 * @param inForce what counts where the file says nothing: a list that is not in the file is taken from there
 * @throws HugwireError `invalid_arguments` when there is no such place in the list
 */
function outsideLists(edit: ConfigEdit, root: unknown, inForce: unknown): { path: string[]; value: unknown } {
  const first = edit.path.findIndex((key) => typeof key === 'number');
  if (first < 0) return { path: edit.path.map(String), value: edit.value };
  const path = edit.path.slice(0, first).map(String);
  const list = valueAt(root, path) ?? valueAt(inForce, path);
  return { path, value: changeInside(list, edit.path.slice(first), edit.value, edit.path) };
}

function changeInside(
  container: unknown,
  [key, ...rest]: readonly (string | number)[],
  value: unknown,
  whole: ConfigEdit['path'],
): unknown {
  if (key === undefined) return value;
  if (typeof key === 'string') {
    const { [key]: old, ...others } = (container ?? {}) as Record<string, unknown>;
    const changed = changeInside(old, rest, value, whole);
    if (changed === undefined) return others;
    return { ...(container as object | undefined), [key]: changed };
  }
  const list = container === undefined ? [] : container;
  if (!Array.isArray(list) || key < 0 || key > list.length) throw outOfList(whole, list);
  const changed = changeInside(list[key], rest, value, whole);
  return list.toSpliced(key, 1, ...(changed === undefined ? [] : [changed]));
}

function outOfList(path: ConfigEdit['path'], list: unknown): HugwireError {
  const found = Array.isArray(list) ? `the list has ${list.length}` : 'there is no list';
  return new HugwireError('invalid_arguments', `"${path.join('.')}" is not a key of the config: ${found}.`, {
    hint: 'Positions in a list start at 0.',
  });
}

/**
 * Refuses to write a token into the config. In the section `token`, where people put it most, whatever may be one.
 * @param path of the value
 * @param value anything
 * @throws HugwireError `invalid_arguments`; it names the key and never the value
 */
function refuseSecrets(path: readonly (string | number)[], value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) refuseSecrets([...path, key], inner);
  }
  const inTokens = path.includes('token');
  const secret = (text: string) => TOKEN.test(text) || (inTokens && redact(text) !== text);
  if (!path.some((key) => secret(String(key))) && !(typeof value === 'string' && secret(value))) return;
  throw new HugwireError('invalid_arguments', `The value for "${redact(path.join('.'))}" looks like a token.`, {
    hint: TOKEN_HINT,
  });
}
