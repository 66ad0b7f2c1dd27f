import { HugwireError } from '../../../lib/errors.js';
import { formatCount, plural } from '../../../lib/format.js';
import { cleanLine } from '../../../lib/text.js';
import type { Describe } from './description.js';
import { describeRows } from './rows.js';

type Hyparquet = typeof import('hyparquet');
type Compressors = import('hyparquet').Compressors;
type FileMetaData = Awaited<ReturnType<Hyparquet['parquetMetadataAsync']>>;
type SchemaTree = ReturnType<Hyparquet['parquetSchema']>;

const FOOTER_BYTES = 64 * 1024;
/** Rows can only be read by whole column chunks; larger ones are left to dataset_rows. */
const MAX_GROUP_BYTES = 4 * 1024 * 1024;
/** A footer names its own length: a false one must not fetch gigabytes. */
const MAX_PART_BYTES = 32 * 1024 * 1024;
const MAX_UNPACKED = 64 * 1024 * 1024;

/** Snappy is built into hyparquet; Node knows these two more. */
async function loadCompressors(): Promise<Compressors> {
  const { brotliDecompressSync, gunzipSync } = await import('node:zlib');
  return {
    GZIP: (bytes) => gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED }),
    BROTLI: (bytes) => brotliDecompressSync(bytes, { maxOutputLength: MAX_UNPACKED }),
  };
}

/** Describes Parquet by its footer, and by its first rows where they are cheap to read. */
export const describeParquet: Describe = async (file) => {
  const { parquetMetadataAsync, parquetSchema, parquetReadObjects } = await import('hyparquet');
  // What is checked is what is read then.
  const read = new Map<string, Promise<ArrayBuffer>>();
  const buffer = {
    byteLength: file.size,
    slice: async (start: number, end = file.size) => {
      if (end - start > MAX_PART_BYTES) throw new Error('it is too long');
      const part = read.get(`${start}-${end}`) ?? file.read(start, end).then(toArrayBuffer);
      read.set(`${start}-${end}`, part);
      return part;
    },
  };
  let metadata: FileMetaData;
  let schema: SchemaTree;
  try {
    await checkFooter(buffer);
    metadata = await parquetMetadataAsync(buffer, { initialFetchSize: FOOTER_BYTES });
    schema = parquetSchema(metadata);
  } catch (error) {
    if (error instanceof HugwireError) throw error;
    return { facts: [`Parquet whose footer cannot be read: ${reasonOf(error)}`] };
  }
  const columns = schema.children.map((column) => ({
    name: column.element.name,
    type: typeOf(column),
  }));
  const groups = metadata.row_groups.length;
  const count = `${formatCount(Number(metadata.num_rows))} rows in ${plural(groups, 'row group')}`;
  const small = firstGroupBytes(metadata) <= MAX_GROUP_BYTES && metadata.num_rows > 0n;
  const rows =
    small && (await hasPlainPages(metadata, buffer).catch(() => false))
      ? await parquetReadObjects({
          file: buffer,
          metadata,
          rowStart: 0,
          rowEnd: 3,
          // Bytes without a type are pictures more often than words.
          utf8: false,
          compressors: await loadCompressors(),
        }).catch(() => [])
      : [];
  return describeRows(
    'Parquet',
    columns,
    rows.map((row) => columns.map(({ name }) => row[name])),
    count,
  );
};

interface Parts {
  byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
}

/** Values of a footer, and of the pages that are read: the library makes room for as many as the file claims to have. */
const MAX_VALUES = 500_000;
const MAX_THRIFT_LEVELS = 64;

/** @throws Error when the footer claims more than it holds, or holds more than is taken apart */
async function checkFooter(buffer: Parts): Promise<void> {
  const start = Math.max(0, buffer.byteLength - FOOTER_BYTES);
  const end = Buffer.from(await buffer.slice(start, buffer.byteLength));
  const length = end.length < 8 ? 0 : end.readUInt32LE(end.length - 8);
  const from = buffer.byteLength - 8 - length;
  if (from < 0) throw new Error('it is longer than the file');
  const footer =
    from < start ? Buffer.concat([Buffer.from(await buffer.slice(from, start)), end]) : end.subarray(from - start);
  const view = new DataView(footer.buffer, footer.byteOffset, length);
  readStruct({ view, at: 0, left: MAX_VALUES }, 0);
}

/** Whether no page of the first row group unpacks to more than its few megabytes allow. */
async function hasPlainPages({ row_groups: [first] }: FileMetaData, buffer: Parts): Promise<boolean> {
  let [values, bytes] = [0, 0];
  for (const { meta_data: data } of first?.columns ?? []) {
    if (!data) return false;
    const start = Number(data.dictionary_page_offset || data.data_page_offset);
    const view = new DataView(await buffer.slice(start, start + Number(data.total_compressed_size)));
    const state = { view, at: 0, left: MAX_VALUES };
    while (state.at < view.byteLength) {
      const header = readStruct(state, 0);
      // Sizes unpacked and packed; the headers of a page of data, of a dictionary, and of the newer page of data.
      const [unpacked, packed] = [Number(header.get(2)), Number(header.get(3))];
      const inner = [5, 7, 8].map((field) => header.get(field)).find((one) => one instanceof Map);
      const count = Number(inner?.get(1) ?? 0);
      values += count;
      bytes += unpacked;
      if (!(packed >= 0 && unpacked >= 0 && count >= 0) || values > MAX_VALUES || bytes > MAX_UNPACKED) return false;
      state.at += packed;
    }
  }
  return true;
}

interface Reading {
  view: DataView;
  at: number;
  /** Values that may still come. */
  left: number;
}

/**
 * Reads a structure in Thrift's compact protocol, whose lengths are all held against what is there.
 * @see https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
function readStruct(state: Reading, depth: number): Map<number, unknown> {
  if (depth > MAX_THRIFT_LEVELS) throw new Error('it is nested too deeply');
  const fields = new Map<number, unknown>();
  for (let field = 0; ; ) {
    const head = state.view.getUint8(state.at++);
    if ((head & 15) === 0) return fields;
    field = head >> 4 ? field + (head >> 4) : zigzag(readVarint(state));
    fields.set(field, readValue(state, head & 15, depth, false));
  }
}

function readValue(state: Reading, type: number, depth: number, inList: boolean): unknown {
  state.left -= 1;
  if (state.left < 0) throw new Error(`it holds more than ${formatCount(MAX_VALUES)} values`);
  if (type <= 2) return inList ? state.view.getUint8(state.at++) === 1 : type === 1;
  if (type === 3) return state.view.getInt8(state.at++);
  if (type <= 6) return zigzag(readVarint(state));
  if (type === 7) return skip(state, 8);
  if (type === 8) return skip(state, readVarint(state));
  if (type === 12) return readStruct(state, depth + 1);
  if (type !== 9) throw new Error('it has values of an unknown kind');
  if (depth > MAX_THRIFT_LEVELS) throw new Error('it is nested too deeply');
  const head = state.view.getUint8(state.at++);
  const count = head >> 4 === 15 ? readVarint(state) : head >> 4;
  // Each takes a byte at least.
  if (count > state.view.byteLength - state.at) throw new Error('a list in it is longer than the rest');
  for (let at = 0; at < count; at += 1) readValue(state, head & 15, depth + 1, true);
  return undefined;
}

function skip(state: Reading, length: number): undefined {
  if (length > state.view.byteLength - state.at) throw new Error('a text in it is longer than the rest');
  state.at += length;
}

function readVarint(state: Reading): number {
  let value = 0;
  for (let place = 0; place < 10; place += 1) {
    const byte = state.view.getUint8(state.at++);
    value += (byte & 127) * 128 ** place;
    if (byte < 128) return value;
  }
  throw new Error('a number in it is too long');
}

const zigzag = (value: number) => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

function typeOf({ element, children }: SchemaTree): string {
  if (element.logical_type?.type) return element.logical_type.type.toLowerCase();
  if (element.converted_type) return element.converted_type.toLowerCase();
  return children.length > 0 ? 'struct' : (element.type ?? '').toLowerCase();
}

function firstGroupBytes({ row_groups: [first] }: FileMetaData): number {
  const sizes = first?.columns.map(({ meta_data: data }) => Number(data?.total_compressed_size ?? 0)) ?? [];
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function reasonOf(error: unknown): string {
  return cleanLine(error instanceof Error ? error.message : String(error), 120);
}
