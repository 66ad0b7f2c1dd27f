import type { RemoteFile } from '../remote-file.js';

/** A file that is told about rather than shown. */
export interface Description {
  /** Facts in short lines: format, size, shape. Clean. */
  facts: string[];
  /** A look inside: columns, first rows, keys. Clean, but written by a third party. */
  inside?: string;
}

/** Describes the files of one format by no more than their head or footer. */
export type Describe = (file: RemoteFile) => Promise<Description>;

/**
 * A cell of a table or a value of a record, short enough to stand beside others.
 * @param value anything that a data file holds
 * @param maxLength characters at most
 */
export function showCell(value: unknown, maxLength = 60): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  const text = typeof value === 'object' ? JSON.stringify(value, toJson) : String(value);
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line;
}

/** JSON has no big integers and no bytes. */
function toJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? `<${value.length} bytes>` : value;
}
