import { isObject } from '../../schema/json-schema.js';
import { formatBytes, formatCount, plural } from '../../text/format.js';
import { cleanLine, cleanText } from '../../text/sanitize.js';
import type { RemoteFile } from '../remote-file.js';
import type { Describe } from './description.js';

interface Tensor {
  name: string;
  dtype: string;
  shape: number[];
}

/** The format allows 100 MB; real headers stay far below this. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;
const MOST_TENSORS = 12;

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
  const header = parseHeader(text);
  if (!header) return { facts: ['safetensors with a broken header'] };
  const { tensors, metadata } = header;
  const weights = tensors.reduce((sum, tensor) => sum + sizeOf(tensor), 0);
  const types = [...countTypes(tensors)].map(([type, count]) => `${type} ${formatCount(count)}`);
  const shown = tensors
    .slice(0, MOST_TENSORS)
    .map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.join(', ')}]`);
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

function parseHeader(text: string): { tensors: Tensor[]; metadata: string[] } | undefined {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(header)) return undefined;
  const { __metadata__: told, ...rest } = header;
  const metadata = isObject(told) ? Object.entries(told).slice(0, 8) : [];
  const tensors = Object.entries(rest).flatMap(([name, tensor]) => {
    if (!isObject(tensor) || !Array.isArray(tensor.shape)) return [];
    return [{ name: cleanLine(name, 120), dtype: cleanLine(tensor.dtype, 20), shape: tensor.shape.map(Number) }];
  });
  return { tensors, metadata: metadata.map(([key, value]) => `${cleanLine(key, 40)}: ${cleanLine(value, 120)}`) };
}

const sizeOf = ({ shape }: Tensor) => shape.reduce((product, dimension) => product * dimension, 1);

function countTypes(tensors: readonly Tensor[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const tensor of tensors) counts.set(tensor.dtype, (counts.get(tensor.dtype) ?? 0) + sizeOf(tensor));
  return counts;
}
