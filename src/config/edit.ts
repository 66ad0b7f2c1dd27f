import { basename, dirname, join } from 'node:path';
import { HugwireError } from '../errors.js';
import { changeFile } from '../files/change.js';
import { removeJsonValue, setJsonValue } from '../files/json.js';
import { type ConfigEdit, outsideLists } from './edit-lists.js';
import { parseJson } from './json-file.js';
import { applyProfile } from './profile.js';
import { type Config, configJsonSchema, configSchema } from './schema.js';
import { refuseSecrets } from './secrets.js';
import { checkConfig } from './store.js';

export type { ConfigEdit } from './edit-lists.js';

type Raw = Record<string, unknown>;

/**
 * Makes edits that depend on what is there.
 * @param raw what the file itself says, without defaults; with a profile: what the profile says
 * @param config what is in force
 */
export type MakeEdits = (raw: Raw, config: Config) => readonly ConfigEdit[];

export interface EditOptions {
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
  let outcome: Omit<EditedConfig, 'written'> = { config: configSchema.parse({}) };
  const written = await changeFile(path, (text) => {
    const raw = parseObject(text ?? '{}', path);
    const before = readInForce(raw, path, { profile, strict: profile !== undefined || typeof edits === 'function' });
    const edited = applyEdits(text ?? NEW_FILE, edits, { raw, before, profile });
    const config = applyProfile(checkConfig(parseObject(edited, path), path, 'Nothing was changed.'), profile);
    check?.(config, before);
    outcome = { before, config };
    // Nothing to say is no reason to make a file.
    return text === undefined && edited === NEW_FILE ? undefined : edited;
  });
  if (written && outcome.config.$schema === SCHEMA_REFERENCE) await refreshSchema(path);
  return { written, ...outcome };
}

/** Anything but an object would be refused later, in worse words. */
function parseObject(text: string, path: string): Raw {
  const raw = parseJson(text.startsWith(BOM) ? text.slice(1) : text, path);
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) checkConfig(raw, path);
  return raw as Raw;
}

/** Where it must be valid, an invalid file is refused, and a profile that is not there as well. */
function readInForce(raw: Raw, path: string, { profile, strict }: { profile?: string; strict: boolean }) {
  return strict ? applyProfile(checkConfig(raw, path), profile) : configSchema.safeParse(raw).data;
}

function applyEdits(
  text: string,
  edits: readonly ConfigEdit[] | MakeEdits,
  { raw, before, profile }: { raw: Raw; before?: Config; profile?: string },
): string {
  const place = profile === undefined ? [] : ['profiles', profile];
  const section = place.reduce((value, key) => value[key] as Raw, raw);
  const made = typeof edits === 'function' ? edits(section, before as Config) : edits;
  return made.reduce((current, edit) => applyEdit(current, edit, place, before), text);
}

function applyEdit(text: string, edit: ConfigEdit, place: readonly string[], config: Config | undefined): string {
  refuseSecrets(edit.path, edit.value);
  const section = place.reduce((value, key) => value[key], JSON.parse(text.replace(BOM, '')));
  const { path, value } = outsideLists(edit, section, config);
  const keys = [...place, ...path];
  return value === undefined ? removeJsonValue(text, keys) : setJsonValue(text, keys, value);
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
  const raw = parseObject(after, path);
  refuseSecrets([], raw);
  const config = checkConfig(raw, path, 'Nothing was changed.');
  await changeFile(path, (text) => {
    if (text !== before) throw new HugwireError('unavailable', `${path} was changed by somebody else meanwhile.`);
    return after;
  });
  if (config.$schema === SCHEMA_REFERENCE) await refreshSchema(path);
  return config;
}

/** An editor's aid only: where it cannot be written, the config is changed all the same. */
async function refreshSchema(path: string): Promise<void> {
  const text = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  // A config of the same name would be overwritten.
  if (basename(path) === SCHEMA_FILE) return;
  await changeFile(join(dirname(path), SCHEMA_FILE), () => text).catch(() => {});
}
