import type { RemoteFile } from '../remote-file.js';
import type { Describe } from './description.js';
import { describeJson } from './json.js';
import { describeParquet } from './parquet.js';
import { describeCsv, describeJsonLines } from './rows.js';
import { describeGguf, describeSafetensors } from './weights.js';

/** Formats of bytes, which are described whatever their size: by name, and by how they begin. */
const BINARY: { name: RegExp; magic?: string; describe: Describe }[] = [
  { name: /\.parquet$/i, magic: 'PAR1', describe: describeParquet },
  { name: /\.safetensors$/i, describe: describeSafetensors },
  { name: /\.gguf$/i, magic: 'GGUF', describe: describeGguf },
];

/** Formats of text, which are described when they are long. */
const TEXT: [name: RegExp, describe: Describe][] = [
  [/\.(?:csv|tsv)$/i, describeCsv],
  [/\.(?:jsonl|ndjson)$/i, describeJsonLines],
  [/\.(?:json|geojson)$/i, describeJson],
];

/**
 * How a binary file is described, if hugwire knows its format.
 * @param file any file
 */
export function binaryFormat({ path, head }: RemoteFile): Describe | undefined {
  const begin = new TextDecoder('latin1').decode(head.subarray(0, 4));
  return BINARY.find(({ name, magic }) => name.test(path) && (magic === undefined || magic === begin))?.describe;
}

/**
 * How a long text file of data is described, if hugwire knows its format.
 * @param file a text file
 */
export function textFormat({ path }: RemoteFile): Describe | undefined {
  return TEXT.find(([name]) => name.test(path))?.[1];
}
