import type { DemoFile } from '../repos.js';
import { madeUpContent, wholeContent } from './content.js';
import { blobId, sha256 } from './hashes.js';
import type { FileSeed } from './seeds.js';

/** Kept in LFS whatever their size, as in the `.gitattributes` that the Hub gives to new repositories. */
const LFS_ENDINGS = /\.(?:bin|gguf|jpg|model|mp4|npz|onnx|parquet|pkl|png|pt|pth|safetensors|wav|zip)$/;

const GIT_ATTRIBUTES = ['bin', 'gguf', 'model', 'onnx', 'parquet', 'pt', 'pth', 'safetensors', 'zip']
  .map((ending) => `*.${ending} filter=lfs diff=lfs merge=lfs -text\n`)
  .join('');

/** The file that every repository begins with. */
export const gitAttributes: FileSeed = { path: '.gitattributes', text: GIT_ATTRIBUTES };

/**
 * Works out what the Hub says of a file. Hashes are the true ones, save those of weights that are made up.
 * @param owner kind and id of the repository, for the hashes of made-up content
 */
export function buildFile(owner: string, seed: FileSeed): DemoFile {
  if ('size' in seed) {
    const oid = sha256(`${owner} ${seed.path} ${seed.size}`);
    const xetHash = sha256(`xet ${oid}`);
    const content = madeUpContent(seed.path, seed.size);
    return { ...inLfs(seed.path, seed.size, oid), xetHash, content, scan: seed.scan ?? 'safe' };
  }
  const bytes = 'text' in seed ? Buffer.from(seed.text) : seed.bytes();
  const content = wholeContent(bytes);
  if (LFS_ENDINGS.test(seed.path)) {
    return { ...inLfs(seed.path, bytes.length, sha256(bytes)), content, scan: 'safe' };
  }
  return { path: seed.path, size: bytes.length, oid: blobId(bytes), content, scan: 'safe' };
}

function inLfs(path: string, size: number, oid: string) {
  const pointer = Buffer.from(lfsPointer(oid, size));
  return { path, size, oid: blobId(pointer), lfs: { oid, size, pointerSize: pointer.length } };
}

/** The text that git holds in place of a large file (git-lfs specification, version 1). */
export function lfsPointer(oid: string, size: number): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`;
}
