import { formatBytes } from '../../../lib/format.js';
import type { RemoteFile } from '../remote-file.js';

export interface BinaryKind {
  mime?: string;
  /** In words, for people. */
  name: string;
}

/** What files are for that all look alike from outside. */
const BY_EXTENSION: Record<string, string> = {
  bin: 'PyTorch weights (pickle)',
  ckpt: 'weights (pickle)',
  h5: 'TensorFlow or Keras weights',
  joblib: 'Python objects (pickle)',
  mlmodel: 'Core ML model',
  model: 'SentencePiece model',
  msgpack: 'Flax weights',
  npy: 'NumPy array',
  npz: 'NumPy arrays',
  onnx: 'ONNX model',
  onnx_data: 'ONNX weights',
  pb: 'TensorFlow graph',
  pkl: 'Python objects (pickle)',
  pt: 'PyTorch weights (pickle)',
  pth: 'PyTorch weights (pickle)',
  spm: 'SentencePiece model',
  tflite: 'TensorFlow Lite model',
};

/** Bytes of the head that tell text from binary. */
const SNIFFED = 8192;

/**
 * What a binary file is, by its first bytes and its name.
 * @param file any file
 */
export async function identifyBinary({ head, path }: Pick<RemoteFile, 'head' | 'path'>): Promise<BinaryKind> {
  const { fileTypeFromBuffer } = await import('file-type');
  const found = await fileTypeFromBuffer(head).catch(() => undefined);
  const known = BY_EXTENSION[path.split('.').at(-1)?.toLowerCase() ?? ''];
  const name = known ?? (found ? `${found.ext.toUpperCase()} file` : 'binary file');
  return { mime: found?.mime, name };
}

/**
 * Whether a file is text: valid UTF-8 without NUL, and with hardly any control characters.
 * @param file any file
 */
export function isText({ head, size }: RemoteFile): boolean {
  const sample = head.subarray(0, SNIFFED);
  if (sample.includes(0)) return false;
  try {
    // A character may be cut in two at the end of the sample.
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: sample.length < size });
  } catch {
    return false;
  }
  const controls = sample.filter(
    (byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x1b,
  );
  return controls.length <= sample.length / 100;
}

/**
 * A binary file in a line: it is not shown, since bytes tell an assistant nothing.
 * @param file any file
 * @param kind what it is
 */
export function describeBinary({ size }: Pick<RemoteFile, 'size'>, { name, mime }: BinaryKind): string {
  return `${name}${mime ? ` (${mime})` : ''}, ${formatBytes(size)}; binary, not shown`;
}
