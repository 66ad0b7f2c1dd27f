import { plural } from '../../../lib/format.js';
import { isObject, parseJson } from '../../../lib/json.js';
import { cleanMarkdown } from '../../../lib/markdown.js';
import { cleanText, cutText } from '../../../lib/text.js';
import { line, record, records } from '../../fields.js';
import type { RemoteFile } from '../remote-file.js';

/** A larger one is shown as the text that it is. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Characters of all cells: more is not worth an assistant's time, and takes ours. */
const MAX_TEXT = 1_000_000;
/** Of one output. */
const MAX_OUTPUT = 1000;

/**
 * Whether a file is shown as something else than the text that is in it.
 * @param path of the file
 */
export function isConverted(path: string): boolean {
  return /\.ipynb$/i.test(path);
}

/**
 * A Jupyter notebook as Markdown: its text, its code, and what the code printed. Pictures are left out.
 * @param file any file
 * @returns undefined when it is too large, or no notebook
 */
export async function readNotebook(file: RemoteFile): Promise<{ text: string; facts: string[] } | undefined> {
  if (file.size > MAX_BYTES) return undefined;
  const notebook = parseJson(new TextDecoder().decode(await file.read(0, file.size)));
  if (!isObject(notebook)) return undefined;
  // Before version 4 the cells were on sheets.
  const cells = records(notebook.cells ?? record(records(notebook.worksheets)[0]).cells);
  const { kernelspec, language_info: info } = record(notebook.metadata);
  const language = line(record(info).name, 20) ?? line(record(kernelspec).language, 20) ?? 'python';
  const left = cells.flatMap(({ outputs }) => records(outputs)).filter((output) => hasPicture(output)).length;
  const shown: string[] = [];
  let room = MAX_TEXT;
  for (const cell of cells) {
    const parts = showCell(cell, language, room);
    shown.push(...parts);
    room -= parts.reduce((sum, { length }) => sum + length, 0);
    if (room <= 0) break;
  }
  return {
    text: shown.join('\n\n'),
    facts: [
      plural(cells.length, 'cell'),
      ...(room <= 0 ? ['only the beginning: its text is too long'] : []),
      ...(left > 0 ? [`${plural(left, 'picture')} not shown`] : []),
    ],
  };
}

function showCell(cell: Record<string, unknown>, language: string, room: number): string[] {
  const source = cutText(joined(cell.source ?? cell.input), room).trimEnd();
  if (cell.cell_type !== 'code') return source === '' ? [] : [cleanMarkdown(source)];
  const outputs = records(cell.outputs).flatMap(showOutput);
  const printed = cutText(outputs.join('\n'), MAX_OUTPUT);
  return [
    ...(source === '' ? [] : [fenced(cleanText(source), language)]),
    ...(printed === '' ? [] : [fenced(printed, 'output')]),
  ];
}

function showOutput(output: Record<string, unknown>): string[] {
  const { ename, evalue, text, data } = output;
  if (output.output_type === 'error') return [cleanText(`${line(ename)}: ${joined(evalue)}`, MAX_OUTPUT)];
  // A picture has words too, such as <Figure size 640x480>, which tell nothing.
  const words = text ?? (hasPicture(output) ? '' : record(data)['text/plain']);
  const shown = cleanText(joined(words), MAX_OUTPUT).trimEnd();
  return shown === '' ? [] : [shown];
}

const hasPicture = ({ data }: Record<string, unknown>) =>
  Object.keys(record(data)).some((type) => type.startsWith('image/'));

/** Text is written whole or as a list of lines. */
function joined(value: unknown): string {
  if (Array.isArray(value)) return value.filter((part) => typeof part === 'string').join('');
  return typeof value === 'string' ? value : '';
}

/** A fence that is longer than any in the code. */
function fenced(code: string, language: string): string {
  const longest = Math.max(2, ...(code.match(/`{3,}/g) ?? []).map(({ length }) => length));
  const mark = '`'.repeat(longest + 1);
  return `${mark}${language}\n${code}\n${mark}`;
}
