import { applyDiff } from '../spaces/diff.js';
import { findFiles, nameOf } from '../spaces/files-out.js';
import { readInlineImage } from '../spaces/inline-image.js';
import { shownLength, textOf } from '../spaces/long-values.js';
import { plainText } from '../spaces/plain-text.js';
import type { SavedFile, SpaceOutcome } from '../spaces/types.js';
import { formatBytes } from '../text/format.js';
import { cleanLine, cleanText, cutText, fence } from '../text/sanitize.js';
import type { ToolImage } from './tool.js';

/** Up to here a value stands on the line of its label. */
const MAX_LINE = 300;
const MAX_LOGS = 5;
/** Characters of all values together; those that come after get little: an app may have hundreds of outputs. */
const MAX_TEXT = 24_000;
/** Hosts drop results beyond about a million characters. */
const MAX_BASE64 = 700_000;

/** An answer as `--json` prints it: files are paths on this machine. */
export interface OutcomeData {
  space: string;
  endpoint: string;
  seconds: number;
  values: { label: string; component: string; value: unknown }[];
  files: SavedFile[];
  sent: string[];
  logs: string[];
  notes: string[];
}

/**
 * What an endpoint answered, as data.
 * @param outcome of a finished job
 */
export function outcomeData(outcome: SpaceOutcome): OutcomeData {
  const { site, endpoint, seconds, files, sent, logs, notes } = outcome;
  const data = placeFiles(outcome, ({ path }) => path);
  const values = endpoint.returns.map(({ label, component }, at) => ({ label, component, value: data[at] ?? null }));
  return { space: site.id, endpoint: endpoint.name, seconds, values, files, sent, logs, notes };
}

/**
 * The same as text for the assistant. All that the Space said is cleaned, cut, and fenced where it is long.
 * @param outcome of a finished job
 * @param shown the files that go along as images
 */
export function renderOutcome(outcome: SpaceOutcome, shown: readonly SavedFile[] = []): string {
  const { site, endpoint, seconds, files, sent, logs, notes } = outcome;
  const inner = files.filter(({ at }) => at.length > 1);
  const data = placeFiles(outcome, (file) => (inner.includes(file) ? `file ${inner.indexOf(file) + 1}` : file.path));
  const limit = shownLength(data.map(textOf));
  let room = MAX_TEXT;
  const lines = endpoint.returns.map(({ label, component }, at) => {
    const name = nameValue(label, at);
    const file = files.find((one) => one.at.length === 1 && one.at[0] === at);
    if (file && !file.whole) return `${name}: ${nameFile(file, shown)}`;
    const entry = renderEntry(name, renderValue(component, data[at]), Math.min(limit, room), site.id);
    room = Math.max(100, room - entry.length);
    return file ? `${entry}\nWhole: ${nameFile(file, shown)}` : entry;
  });
  return [
    `${site.id} ${nameEndpoint(endpoint.name)} answered in ${seconds.toFixed(1)} s${lines.length === 0 ? ', without a value.' : '.'}`,
    ...lines,
    ...inner.map((file, index) => `File ${index + 1}: ${nameFile(file, shown)}`),
    ...(logs.length > 0 ? [`Log: ${logs.slice(-MAX_LOGS).map(quote).join(' / ')}`] : []),
    ...(sent.length > 0 ? [`Sent to ${site.id}: ${sent.join(', ')}`] : []),
    ...notes,
  ].join('\n');
}

/**
 * Picks the files that may go along as images, within the size for one and for all of them.
 * @param files of an outcome
 * @param maxBytes of one image
 */
export async function inlineImages(files: readonly SavedFile[], maxBytes: number) {
  const shown: SavedFile[] = [];
  const images: ToolImage[] = [];
  let room = MAX_BASE64;
  for (const file of files) {
    if (Math.ceil(file.bytes / 3) * 4 > room) continue;
    const image = await readInlineImage(file, maxBytes);
    if (!image) continue;
    room -= image.data.length;
    shown.push(file);
    images.push(image);
  }
  return { shown, images };
}

/** The values with something of ours where the app had its own description of a file. */
function placeFiles({ data, files }: SpaceOutcome, place: (file: SavedFile) => string): unknown[] {
  const saved = new Map(files.filter(({ whole }) => !whole).map((file) => [JSON.stringify(file.at), file]));
  const replaced = findFiles(data).map(({ at, file }) => {
    const known = saved.get(JSON.stringify(at));
    return ['replace', at, known ? place(known) : `${cleanLine(nameOf(file), 80) || 'a file'} (not saved)`];
  });
  return applyDiff(structuredClone(data), replaced) as unknown[];
}

/** The name of an endpoint, in quotation marks where it reads like more than a name. */
function nameEndpoint(name: string): string {
  return /^\/[\p{L}\p{N}_.-]{1,80}$/u.test(name) ? name : quote(name);
}

/** The label of a value, in quotation marks where it reads like more than a label. */
function nameValue(label: string, at: number): string {
  const name = plainText(label, 60);
  if (name === '') return `Output ${at + 1}`;
  return /^[\p{L}\p{N}][\p{L}\p{N} _()/,&+-]{0,39}$/u.test(name) ? name : quote(name);
}

function renderEntry(label: string, { text, isText }: Rendered, max: number, space: string): string {
  const short = cutText(text, max);
  const count = short === text ? '' : ` (the first ${short.length} of ${text.length} characters)`;
  if (short.length > MAX_LINE || short.includes('\n')) return `${label}${count}:\n${fence(short, `from ${space}`)}`;
  return `${label}${count}: ${isText ? `“${short}”` : short}`;
}

interface Rendered {
  text: string;
  /** Prose, which is to be told from ours by quotation marks. */
  isText?: boolean;
}

function renderValue(component: string, value: unknown): Rendered {
  if (value === null || value === undefined) return { text: '(nothing)' };
  if (typeof value === 'string') {
    const text = cleanText(value).trim();
    return text ? { text, isText: true } : { text: '(empty)' };
  }
  const label = component === 'label' ? renderLabel(value) : undefined;
  return { text: label ?? cleanText(JSON.stringify(value)) };
}

/** Gradio's classification: `cat 92 %, dog 5 %`. */
function renderLabel(value: unknown): string | undefined {
  const { label, confidences } = value as { label?: unknown; confidences?: unknown };
  if (!Array.isArray(confidences) || confidences.length === 0) return cleanLine(label) || undefined;
  return confidences
    .slice(0, 20)
    .map((one) => `${cleanLine(one?.label, 60)} ${Math.round(Number(one?.confidence) * 100)} %`)
    .join(', ');
}

function nameFile(file: SavedFile, shown: readonly SavedFile[]): string {
  const inline = shown.includes(file) ? ', shown below' : '';
  return `${file.path} (${file.mimeType}, ${formatBytes(file.bytes)}${inline})`;
}

function quote(line: string): string {
  return `“${cleanLine(line, 200)}”`;
}
