import { basename } from 'node:path';
import type { FunctionCall, FunctionResponse, SessionStart, ToolMessage } from '../sessions/types.js';
import { redact } from '../text/redact.js';
import { cleanLine } from '../text/sanitize.js';
import type { CallRecord, LimitRecord, SessionRecord } from './types.js';

const MAX_ARGUMENTS = 200;
const MAX_SUMMARY = 300;

/** Makes the address of a saved file; undefined for one that may not be served. */
export type FileUrl = (path: string, mimeType: string) => string | undefined;

/**
 * What the first entry of a session tells of it.
 * @param entry of its journal
 */
export function describeStart(entry: SessionStart): Partial<SessionRecord> {
  const { client } = entry;
  const name = cleanLine(client?.title ?? client?.name ?? '', 60);
  return {
    ...(name ? { client: name } : {}),
    version: cleanLine(client?.version ?? '', 30) || undefined,
    protocol: entry.protocol && cleanLine(entry.protocol, 20),
    capabilities: (entry.capabilities ?? []).map((name) => cleanLine(name, 40)),
    profile: entry.profile && cleanLine(entry.profile, 40),
    pid: entry.pid,
    started: entry.time,
  };
}

/**
 * A call that runs.
 * @param session id
 * @param entry with which it begins
 */
export function beginCall(session: string, entry: FunctionCall): CallRecord {
  return {
    session,
    id: entry.id,
    tool: cleanLine(entry.tool, 64),
    at: entry.time,
    arguments: cleanLine(redact(showArguments(entry.arguments)), MAX_ARGUMENTS),
    ...(entry.dryRun ? { dryRun: true } : {}),
  };
}

/**
 * A call that has ended.
 * @param call as it was while it ran
 * @param entry its answer
 * @param fileUrl makes the address of a saved file
 */
export function endCall(call: CallRecord, entry: FunctionResponse, fileUrl: FileUrl): CallRecord {
  const { milliseconds, failed, bytes, images } = entry;
  const error = cleanLine(entry.error, 80) || undefined;
  const files = entry.files?.map(({ path, bytes: size, mimeType }) => ({
    url: fileUrl(path, mimeType),
    name: cleanLine(basename(path), 120),
    bytes: size,
    mimeType,
  }));
  return {
    ...call,
    milliseconds,
    failed,
    error,
    bytes,
    images,
    summary: showText(entry.summary),
    files,
    progress: undefined,
  };
}

/**
 * What a journal tells in words, as the page shows it.
 * @param text of an entry
 */
export function showText(text: string): string {
  return cleanLine(redact(text), MAX_SUMMARY);
}

function showArguments(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value) ?? '';
  return Object.entries(value)
    .map(([name, inner]) => `${name}=${typeof inner === 'string' ? inner : JSON.stringify(inner)}`)
    .join(' ');
}

/**
 * How much of a call is done, from 0 to 1; undefined when it does not tell.
 * @param data of its message
 */
export function fractionOf(data: ToolMessage['data']): number | undefined {
  const { progress, total } = data ?? {};
  if (typeof progress !== 'number' || typeof total !== 'number' || total <= 0) return undefined;
  return Math.min(1, Math.max(0, progress / total));
}

/**
 * One record for each limit that is told of: a window of the Hub's rate limits, or the account's ZeroGPU time.
 * @param message of kind `limits`
 */
export function readLimits({ data = {}, time }: ToolMessage): LimitRecord[] {
  return Object.entries(data).flatMap(([name, window]) => {
    const { remaining, quota, base } = (window ?? {}) as Record<string, unknown>;
    if (typeof remaining !== 'number') return [];
    const of = [quota, base].find((value) => typeof value === 'number') as number | undefined;
    const known = name === 'zeroGpu' ? 'ZeroGPU seconds' : `Hub requests: ${cleanLine(name, 30)}`;
    return [{ name: known, at: time, left: remaining, of }];
  });
}
