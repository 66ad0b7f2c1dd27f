import { Readable } from 'node:stream';
import type { DemoResponse } from '../types.js';
import type { DemoContent } from './repos.js';

/** Bytes that a large file is sent in at a time. */
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
  const [start, end] = part ?? [0, content.size];
  const described: Record<string, string> = {
    'Accept-Ranges': 'bytes',
    ...headers,
    'Content-Length': String(end - start),
    ...(part && { 'Content-Range': `bytes ${start}-${end - 1}/${content.size}` }),
  };
  const body = end - start <= CHUNK ? content.slice(start, end) : Readable.from(chunks(content, start, end));
  return { status: part ? 206 : 200, headers: described, body };
}

function parseRange(range: string | undefined, size: number): [number, number] | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [first, last] = [match[1], match[2]].map((text) => (text ? Number(text) : undefined));
  const start = first ?? Math.max(0, size - (last ?? 0));
  const end = first === undefined ? size : Math.min(size, (last ?? size - 1) + 1);
  return start < end ? [start, end] : 'unsatisfiable';
}

function* chunks(content: DemoContent, start: number, end: number): Generator<Buffer> {
  for (let at = start; at < end; at += CHUNK) yield content.slice(at, Math.min(end, at + CHUNK));
}
