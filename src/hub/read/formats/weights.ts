import { setImmediate } from 'node:timers/promises';
import { HugwireError } from '../../../lib/errors.js';
import { formatBytes, formatCount, plural } from '../../../lib/format.js';
import { isObject } from '../../../lib/json.js';
import { readJson } from '../../../lib/large-json.js';
import { cleanLine, cleanText } from '../../../lib/text.js';
import type { RemoteFile } from '../remote-file.js';
import { type Describe, showCell } from './description.js';

interface Tensor {
  name: string;
  dtype: string;
  shape: number[];
}

/** The format allows 100 MB; real headers stay far below this. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const MOST_TENSORS = 12;
const MOST_DIMENSIONS = 16;
const MOST_TYPES = 8;

/**
 * Describes safetensors by its header: eight bytes of length (little endian), then JSON with name, type and shape of
 * every tensor.
 * @see https://huggingface.co/docs/safetensors
 */
export const describeSafetensors: Describe = async (file) => {
  const length = headerLength(file);
  if (length === undefined) return { facts: ['safetensors with a broken header'] };
  if (length > MAX_HEADER_BYTES)
    return { facts: [`safetensors with a header of ${formatBytes(length)}, too large to read`] };
  const text = new TextDecoder().decode(await file.read(8, 8 + length));
  const header = await parseHeader(text).catch(() => undefined);
  if (!header) return { facts: ['safetensors with a broken header'] };
  const { tensors, metadata } = header;
  const weights = tensors.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  const types = [...countTypes(tensors)]
    .slice(0, MOST_TYPES)
    .map(([type, count]) => `${cleanLine(type)} ${formatCount(count)}`);
  const shown = tensors
    .slice(0, MOST_TENSORS)
    .map(({ name, dtype, shape }) => `${cleanLine(name, 120)} ${cleanLine(dtype)} [${shape.join(', ')}]`);
  const rest = tensors.length - shown.length;
  return {
    facts: [
      `safetensors, ${plural(tensors.length, 'tensor')}, ${formatCount(weights)} parameters (${types.join(', ')})`,
    ],
    inside: cleanText([...metadata, ...shown, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n'), 6000),
  };
};

function headerLength({ head, size }: RemoteFile): number | undefined {
  if (head.length < 8) return undefined;
  const length = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
  return length > 1 && length + 8 <= size ? length : undefined;
}

async function parseHeader(text: string): Promise<{ tensors: Tensor[]; metadata: string[] } | undefined> {
  const header = await readJson(text, { what: 'The header', deep: 'cut' });
  if (!isObject(header)) return undefined;
  const { __metadata__: told, ...rest } = header;
  const metadata = isObject(told) ? Object.entries(told).slice(0, 8) : [];
  const tensors = Object.entries(rest).flatMap(([name, tensor]) => {
    if (!isObject(tensor) || !Array.isArray(tensor.shape)) return [];
    const [dtype, shape] = [String(tensor.dtype).slice(0, 20), tensor.shape.slice(0, MOST_DIMENSIONS).map(Number)];
    return [{ name, dtype, shape }];
  });
  return { tensors, metadata: metadata.map(([key, value]) => `${cleanLine(key, 40)}: ${cleanLine(value, 120)}`) };
}

const sizeOf = ({ shape }: Tensor) => shape.reduce((product, dimension) => product * dimension, 1);

function countTypes(tensors: readonly Tensor[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const tensor of tensors) counts.set(tensor.dtype, (counts.get(tensor.dtype) ?? 0) + sizeOf(tensor));
  return counts;
}

/**
 * Keys of the header; the tokenizer's vocabulary can make it several megabytes long. The parser begins a value anew with
 * every part that it gets, so more would take it seconds.
 */
const MAX_GGUF_HEADER_BYTES = 16 * 1024 * 1024;
/** Keys that the facts tell, or that are tables for programs. */
const HIDDEN = /^(?:version|tensor_count|kv_count)$|^tokenizer\.ggml\.(?:tokens|scores|token_type|merges)$/;

/** Describes GGUF by its header: keys, number of tensors and of weights, quantisation. */
export const describeGguf: Describe = async (file) => {
  const { gguf, GGMLQuantizationType } = await import('@huggingface/gguf');
  try {
    // The parser speaks fetch; it gets the file's own way of reading parts, whatever address it asks.
    const { metadata, tensorInfos } = await gguf('https://file.invalid/', { fetch: fetchFrom(file) });
    const weights = tensorInfos.reduce((sum, { shape }) => sum + shape.reduce((size, n) => size * Number(n), 1), 0);
    const types = [...new Set(tensorInfos.map(({ dtype }) => GGMLQuantizationType[dtype] ?? `type ${dtype}`))];
    const shown = Object.entries(metadata)
      .filter(([key]) => !HIDDEN.test(key))
      .map(([key, value]) => `${cleanLine(key, 80)}: ${cleanLine(showCell(value, 200), 200)}`);
    return {
      facts: [
        `GGUF, ${plural(tensorInfos.length, 'tensor')}, ${formatCount(weights)} parameters (${types.slice(0, 4).join(', ')})`,
      ],
      inside: cleanText(shown.join('\n'), 4000),
    };
  } catch (error) {
    if (error instanceof HugwireError) throw error;
    const reason = cleanLine(error instanceof Error ? error.message : String(error), 120);
    return { facts: [`GGUF whose header cannot be read: ${reason}`] };
  }
};

function fetchFrom(file: RemoteFile): typeof fetch {
  return async (_address, init) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(new Headers(init?.headers).get('range') ?? '') ?? [];
    const start = Number(first);
    if (!(start < MAX_GGUF_HEADER_BYTES)) throw new Error('the header is too long');
    const bytes = await file.read(start, Number(last) + 1);
    // The parser goes through all that it has got in one go.
    await setImmediate();
    return new Response(Buffer.from(bytes), {
      status: 206,
      headers: { 'content-range': `bytes ${start}-${start + bytes.length - 1}/${file.size}` },
    });
  };
}
