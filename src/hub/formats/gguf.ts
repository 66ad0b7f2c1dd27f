import { HugwireError } from '../../errors.js';
import { formatCount, plural } from '../../text/format.js';
import { cleanLine, cleanText } from '../../text/sanitize.js';
import type { RemoteFile } from '../remote-file.js';
import { type Describe, showValue } from './description.js';

/** Keys of the header; the tokenizer's vocabulary can make it several megabytes long. */
const MAX_HEADER_BYTES = 24 * 1024 * 1024;
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
      .map(([key, value]) => `${cleanLine(key, 80)}: ${cleanLine(showValue(value, 200), 200)}`);
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
    if (!(start < MAX_HEADER_BYTES)) throw new Error('the header is too long');
    const bytes = await file.read(start, Number(last) + 1);
    return new Response(Buffer.from(bytes), {
      status: 206,
      headers: { 'content-range': `bytes ${start}-${start + bytes.length - 1}/${file.size}` },
    });
  };
}
