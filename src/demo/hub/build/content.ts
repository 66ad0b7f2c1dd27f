import type { DemoContent } from '../repos.js';
import { sha256 } from './hashes.js';

/** The content of a file that is there as a whole. */
export function wholeContent(bytes: Buffer): DemoContent {
  return { size: bytes.length, slice: (start, end) => bytes.subarray(start, end) };
}

/**
 * The content of weights that nobody has: a true header of the format, then bytes that are the same every time.
 * @param path tells the format and what the bytes are drawn from
 * @param size in bytes
 */
export function madeUpContent(path: string, size: number): DemoContent {
  const head = header(path, size);
  const block = Buffer.from(sha256(path), 'hex');
  return {
    size,
    slice(start, end) {
      const bytes = Buffer.alloc(end - start);
      for (let at = 0; at < bytes.length; at += 1) bytes[at] = block[(start + at) % block.length] ?? 0;
      if (start < head.length) head.copy(bytes, 0, start, Math.min(end, head.length));
      return bytes;
    },
  };
}

function header(path: string, size: number): Buffer {
  if (path.endsWith('.safetensors')) return safetensorsHeader(size);
  if (path.endsWith('.gguf')) return ggufHeader(path);
  if (path.endsWith('.parquet')) return Buffer.from('PAR1');
  return Buffer.alloc(0);
}

/** Length, then JSON padded with spaces to a multiple of eight: one tensor of bytes that takes all the rest. */
function safetensorsHeader(size: number): Buffer {
  const describe = (data: number) =>
    JSON.stringify({
      __metadata__: { format: 'pt' },
      'model.weight': { dtype: 'U8', shape: [data], data_offsets: [0, data] },
    });
  const length = Math.ceil(describe(size).length / 8) * 8;
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(length));
  return Buffer.concat([prefix, Buffer.from(describe(size - 8 - length).padEnd(length))]);
}

/** GGUF version 3 with the keys that readers look for and one tensor. */
function ggufHeader(path: string): Buffer {
  const u32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const u64 = (value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
  };
  const text = (value: string) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
  const [typeU32, typeString, tensorF32] = [4, 8, 0];
  const name = path.split('/').at(-1)?.replace('.gguf', '') ?? '';
  const keys = [
    Buffer.concat([text('general.architecture'), u32(typeString), text('llama')]),
    Buffer.concat([text('general.name'), u32(typeString), text(name)]),
    Buffer.concat([text('llama.context_length'), u32(typeU32), u32(131_072)]),
    Buffer.concat([text('llama.block_count'), u32(typeU32), u32(32)]),
    Buffer.concat([text('llama.embedding_length'), u32(typeU32), u32(4096)]),
  ];
  const tensor = Buffer.concat([text('token_embd.weight'), u32(1), u64(4096), u32(tensorF32), u64(0)]);
  return Buffer.concat([Buffer.from('GGUF'), u32(3), u64(1), u64(keys.length), ...keys, tensor]);
}
