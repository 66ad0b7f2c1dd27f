import type { TreeEntry } from './tree.js';

/** Formats of weights by the end of the file's name. */
const WEIGHTS: [format: string, name: RegExp][] = [
  ['safetensors', /\.safetensors$/],
  ['GGUF', /\.gguf$/],
  ['ONNX', /\.onnx(?:_data)?$/],
  ['PyTorch', /\.(?:bin|pt|pth|ckpt)$/],
  ['TensorFlow', /\.(?:h5|pb|tflite)$/],
  ['Flax', /\.msgpack$/],
  ['OpenVINO', /^(?=.*openvino).*\.xml$/s],
  ['Core ML', /\.(?:mlmodel|mlpackage)$/],
  ['Keras', /\.keras$/],
  ['NeMo', /\.nemo$/],
];

interface WeightsSummary {
  format: string;
  files: number;
  bytes: number;
}

/**
 * The weights among some files, added up by format.
 * @param entries of a tree
 */
export function summariseWeights(entries: readonly TreeEntry[]): WeightsSummary[] {
  return WEIGHTS.flatMap(([format, name]) => {
    const files = entries.filter(({ type, path }) => type === 'file' && name.test(path));
    if (files.length === 0) return [];
    return [{ format, files: files.length, bytes: sumOf(files) }];
  });
}

/**
 * Bytes of all files together.
 * @param entries of a tree
 */
export function sumOf(entries: readonly TreeEntry[]): number {
  return entries.reduce((sum, { size }) => sum + (size ?? 0), 0);
}
