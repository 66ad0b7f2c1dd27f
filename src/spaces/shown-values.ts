import { componentOf } from '../gradio/components.js';
import { toHugwireError } from '../lib/errors.js';
import { formatBytes, formatCount } from '../lib/format.js';
import { JSON_BUDGET } from '../lib/large-json.js';
import { cleanText, splitAt } from '../lib/text.js';
import { FILES_OF_A_CALL, keep, placeFiles, type SaveOneOptions, type SaveOptions, tooLarge } from './files-out.js';
import { draftFile, fileStem } from './save-file.js';
import type { SavedFile, SpaceOutcome } from './types.js';

/** Characters of one value that an answer shows: as long as all fit together, and where there are many values. */
const ROOMY = 4_000;
const TIGHT = 1_000;
const ALL = 12_000;
const MAX_SAVED = 20;

/** The call that reads in a saved file, from a byte on. */
export function showRead(path: string, offset: number): string {
  return `hub_read uris=[${JSON.stringify(path)}] offset=${offset}`;
}

/** A value of an answer as text. */
export interface ShownValue {
  /** Not clean yet; "" for what is nothing. */
  text: string;
  /** Whether it is text itself, or reads like it; else it is JSON, or hugwire's words. */
  isProse: boolean;
}

/**
 * The values of an answer as they are shown: with the paths of saved files, or numbers where several files stand in one.
 * @param outcome a call with its files on disk
 */
export function showValues(outcome: Pick<SpaceOutcome, 'data' | 'files' | 'site' | 'endpoint'>): ShownValue[] {
  const inner = innerFiles(outcome.files);
  const typeAt = (at: unknown) => componentOf(outcome.endpoint.returns[Number(at)]?.component ?? '');
  const name = (file: SavedFile) =>
    inner.includes(file) && !typeAt(file.at[0]).isChat ? `file ${inner.indexOf(file) + 1}` : file.path;
  return placeFiles(outcome, name).map((value, at): ShownValue => {
    if (typeof value === 'string') return { text: value, isProse: true };
    if (value === null || value === undefined) return { text: '', isProse: false };
    const { render, isChat = false } = typeAt(at);
    const words = render?.(value);
    return { text: words ?? JSON.stringify(value) ?? '', isProse: isChat && words !== undefined };
  });
}

/**
 * The files that are only a part of a value.
 * @param files of an answer
 */
export function innerFiles(files: readonly SavedFile[]): SavedFile[] {
  return files.filter(({ at, within }) => at.length > 1 || within);
}

/**
 * How many characters of each value an answer shows.
 * @param values all of the answer
 */
export function shownLength(values: readonly ShownValue[]): number {
  const length = values.reduce((sum, { text }) => sum + text.length, 0);
  return length > ALL ? Math.max(TIGHT, Math.min(ROOMY, Math.floor(ALL / values.length))) : ROOMY;
}

/** What came of saving values as files. */
interface SavedValues {
  files: SavedFile[];
  /** A sentence for each that could not be saved. */
  notes: string[];
}

type Place = Pick<SaveOptions, 'app' | 'endpoint' | 'saveTo' | 'savedFiles' | 'maxBytes'>;

/**
 * Saves the values of an answer that are too long to be shown whole, as they are shown.
 * @param outcome the values, and the files that the answer had, which count for the limit of the call
 * @param place where to, what for, and how much may be saved
 * @returns a file for each
 */
export async function saveLongValues(
  outcome: Pick<SpaceOutcome, 'data' | 'files' | 'site' | 'endpoint'>,
  place: Place,
): Promise<SavedValues> {
  const values = showValues(outcome);
  const limit = shownLength(values);
  const long = [...values.entries()].filter(([, { text }]) => text.length > limit).slice(0, MAX_SAVED);
  const saved: SavedValues = { files: [], notes: [] };
  let room = place.maxBytes * FILES_OF_A_CALL - outcome.files.reduce((sum, file) => sum + file.bytes, 0);
  for (const [at, { text, isProse }] of long) {
    try {
      const file = await saveText(text, isProse, { ...place, room, notes: saved.notes });
      room -= file.bytes;
      saved.files.push({ ...file, at: [at], whole: true });
    } catch (error) {
      saved.notes.push(`A long value was not saved: ${toHugwireError(error).message}`);
    }
  }
  return saved;
}

/**
 * Saves an answer that holds more values than hugwire takes apart, as the Space sent it.
 * @param raw JSON
 * @param place where to, what for, and how much may be saved
 */
export async function saveRaw(raw: string, place: Place): Promise<SavedValues> {
  const most = `${formatCount(JSON_BUDGET.nodes)} values, or an object of more than ${formatCount(JSON_BUDGET.keys)} keys`;
  const what = `The answer holds more than ${most}, which is more than hugwire can read`;
  const notes: string[] = [];
  try {
    const file = await saveText(raw, false, { ...place, room: place.maxBytes * FILES_OF_A_CALL, notes });
    const size = `${formatBytes(file.bytes)} of JSON`;
    notes.unshift(
      `${what}. ${file.path} has all of it, as the Space sent it (${size}); ${showRead(file.path, 0)} reads it.`,
    );
    return { files: [{ ...file, at: [], whole: true }], notes };
  } catch (error) {
    return { files: [], notes: [`${what}. It was not saved: ${toHugwireError(error).message}`] };
  }
}

async function saveText(
  text: string,
  isText: boolean,
  { app, endpoint, saveTo, ...options }: Place & Pick<SaveOneOptions, 'room' | 'notes'>,
): Promise<Omit<SavedFile, 'at'>> {
  const draft = await draftFile(saveTo, text.length);
  try {
    let bytes = 0;
    for (let at = 0; at < text.length; ) {
      const end = endOfPiece(text, at);
      const piece = text.slice(at, end);
      const written = Buffer.from(isText ? cleanText(piece) : piece);
      bytes += written.length;
      if (bytes > options.room) throw tooLarge(options);
      await draft.write(written);
      at = end;
    }
    const [extension, mimeType] = isText ? ['txt', 'text/plain'] : ['json', 'application/json'];
    return await keep(await draft.publish(fileStem(app, endpoint), extension), mimeType, options);
  } finally {
    await draft.discard();
  }
}

/** Characters that are cleaned and written at once. */
const PIECE = 262_144;

/** A piece ends after a line, where there is one: what is to be cleaned away stands within a line. */
function endOfPiece(text: string, at: number): number {
  if (text.length - at <= PIECE) return text.length;
  const line = text.slice(at, at + PIECE).lastIndexOf('\n');
  return line > 0 ? at + line + 1 : splitAt(text, at + PIECE);
}
