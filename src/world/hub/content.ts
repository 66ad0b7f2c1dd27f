import { Readable } from 'node:stream';
import { isObject } from '../../lib/json.js';
import { parseRange } from '../http.js';
import { drawDigit, playTone } from '../pictures.js';
import type { DemoResponse } from '../types.js';
import weightHashes from './data/weights.json';
import { type FileSeed, type RepoSeed, wholeText } from './data.js';
import { blobId, sha256 } from './hashes.js';
import type { DemoContent, DemoFile } from './repos.js';

/** Kept in LFS whatever their size, as in the `.gitattributes` that the Hub gives to new repositories. */
const LFS_ENDINGS = /\.(?:bin|gguf|jpg|model|mp4|npz|onnx|parquet|pkl|png|pt|pth|safetensors|wav|zip)$/;

const GIT_ATTRIBUTES = ['bin', 'gguf', 'model', 'onnx', 'parquet', 'pt', 'pth', 'safetensors', 'zip']
  .map((ending) => `*.${ending} filter=lfs diff=lfs merge=lfs -text\n`)
  .join('');

/** The file that every repository begins with. */
export const gitAttributes: FileSeed = { path: '.gitattributes', text: GIT_ATTRIBUTES };

/**
 * Builds a file with its hashes. They are the true ones, save for the files of web crawls, which nobody has summed up.
 * @param owner kind and id of the repository, for the hashes of made-up content
 */
export function buildFile(owner: string, seed: FileSeed): DemoFile {
  if ('size' in seed) {
    const weights: Record<string, string> = weightHashes;
    const oid = weights[`${seed.path} ${seed.size}`] ?? sha256(`${owner} ${seed.path} ${seed.size}`);
    const xetHash = sha256(`xet ${oid}`);
    const content = madeUpContent(seed.path, seed.size);
    return { ...inLfs(seed.path, seed.size, oid), xetHash, content, scan: seed.scan ?? 'safe' };
  }
  const bytes = bytesOf(seed);
  return LFS_ENDINGS.test(seed.path) ? largeFile(seed.path, bytes) : smallFile(seed.path, bytes);
}

/** A file that git holds itself. */
export function smallFile(path: string, bytes: Buffer): DemoFile {
  return { path, size: bytes.length, oid: blobId(bytes), content: wholeContent(bytes), scan: 'safe' };
}

/** A file in LFS. */
export function largeFile(path: string, bytes: Buffer): DemoFile {
  return { ...inLfs(path, bytes.length, sha256(bytes)), content: wholeContent(bytes), scan: 'safe' };
}

/** Whether a file goes to LFS: by its name, its size, or since it is no text. */
export function isLarge(path: string, size: number, sample: Buffer): boolean {
  return size > 0 && (LFS_ENDINGS.test(path) || size > 10_000_000 || sample.includes(0));
}

function bytesOf(seed: Exclude<FileSeed, { size: number }>): Buffer {
  if ('text' in seed) return Buffer.from(wholeText(seed.text));
  return 'digit' in seed ? drawDigit(seed.digit) : playTone(seed.tone.hertz, seed.tone.seconds);
}

function inLfs(path: string, size: number, oid: string) {
  const pointer = Buffer.from(lfsPointer(oid, size));
  return { path, size, oid: blobId(pointer), lfs: { oid, size, pointerSize: pointer.length } };
}

/** The text that git holds in place of a large file (git-lfs specification, version 1). */
export function lfsPointer(oid: string, size: number): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${size}\n`;
}

/** The content of a file that is in memory. */
function wholeContent(bytes: Buffer): DemoContent {
  return { size: bytes.length, slice: (start, end) => bytes.subarray(start, end) };
}

/**
 * The content of made-up weights: a valid header of the format, then bytes that are the same every time.
 * @param path gives the format, and seeds the bytes
 * @param size in bytes
 */
function madeUpContent(path: string, size: number): DemoContent {
  const head = header(path, size);
  const block = Buffer.from(sha256(path), 'hex');
  return {
    size,
    slice(start, end) {
      const turn = start % block.length;
      const bytes = Buffer.alloc(end - start, Buffer.concat([block.subarray(turn), block.subarray(0, turn)]));
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

/**
 * The text of README.md.
 * @param cardData its front matter
 */
export function cardText(seed: RepoSeed, cardData: Record<string, unknown>): string {
  const body = wholeText(seed.card ?? '');
  if (seed.cardForm === 'no-front-matter') return `${body}\n`;
  const text = `---\n${toYaml(cardData)}\n---\n\n${body}\n`;
  return seed.cardForm === 'bom-crlf' ? `\ufeff${text.replaceAll('\n', '\r\n')}` : text;
}

/** Leaves out what is missing or empty, as front matter does. */
export function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0)),
  );
}

/**
 * Writes front matter as YAML: maps, lists and scalars, which are all that cards use.
 * @param value a map
 */
function toYaml(value: Record<string, unknown>): string {
  return lines(value, '').join('\n');
}

function lines(value: Record<string, unknown>, indent: string): string[] {
  return Object.entries(value).flatMap(([name, item]) => entry(`${indent}${name}:`, item, indent));
}

function entry(head: string, item: unknown, indent: string): string[] {
  if (Array.isArray(item)) return [head, ...item.flatMap((one) => listItem(one, indent))];
  if (isObject(item)) return [head, ...lines(item, `${indent}  `)];
  return [`${head} ${scalar(item)}`];
}

function listItem(item: unknown, indent: string): string[] {
  if (!isObject(item)) return [`${indent}- ${scalar(item)}`];
  const [first, ...rest] = lines(item, `${indent}  `);
  return [`${indent}- ${first?.trimStart()}`, ...rest];
}

/** Quotes what YAML would not read as that text: `no` is Norwegian here, not false. */
function scalar(item: unknown): string {
  if (typeof item !== 'string') return String(item);
  const plain = /^[A-Za-z][\w\-./+ ]*$/.test(item) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(item);
  return plain && item.trimEnd() === item ? item : JSON.stringify(item);
}

/** Size of the pieces in which a large file is sent, bytes. */
const CHUNK = 64 * 1024;

/**
 * A file's bytes, or the part of them that `Range` asks for: one range, as RFC 9110 section 14 has it. More than one
 * range is answered with the whole file, which the RFC allows.
 * @param range the header's value
 * @param headers to send beside those about length and range
 */
export function serveContent(
  content: DemoContent,
  range: string | undefined,
  headers: Record<string, string>,
): DemoResponse {
  const part = parseRange(range, content.size);
  if (part === 'unsatisfiable') {
    return { status: 416, headers: { 'Content-Range': `bytes */${content.size}`, 'Content-Type': 'text/plain' } };
  }
  const { start, end } = part ?? { start: 0, end: content.size };
  const described: Record<string, string> = {
    'Accept-Ranges': 'bytes',
    ...headers,
    'Content-Length': String(end - start),
    ...(part && { 'Content-Range': `bytes ${start}-${end - 1}/${content.size}` }),
  };
  const body = end - start <= CHUNK ? content.slice(start, end) : Readable.from(chunks(content, start, end));
  return { status: part ? 206 : 200, headers: described, body };
}

function* chunks(content: DemoContent, start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end; at += CHUNK) yield content.slice(at, Math.min(end, at + CHUNK));
}
