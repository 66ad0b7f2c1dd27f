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
  const buffer = {
    byteLength: file.size,
    slice: async (start: number, end = file.size) => {
      if (end - start > MAX_PART_BYTES) throw new Error('it is too long');
      return toArrayBuffer(await file.read(start, end));
    },
  };
  let metadata: FileMetaData;
  let schema: SchemaTree;
  try {
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
  const rows = small
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
