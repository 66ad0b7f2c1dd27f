import type { Client } from './recorder.js';

/** Who is on the line, in words. */
export function describeClient({ client, protocol }: Client): string {
  return `The client is ${client?.name ?? 'unnamed'} ${client?.version ?? ''}, protocol ${protocol ?? 'unknown'}.`;
}

function describeLimit([name, left]: [string, unknown]): string {
  const { remaining, quota, base } = left as { remaining?: number; quota?: number; base?: number };
  const whole = quota ?? base;
  return `${name} ${remaining ?? '?'}${whole === undefined ? '' : ` of ${whole}`}`;
}

/**
 * What is left of limits, in words.
 * @param left by the name of the limit
 */
export function describeLimits(left: Record<string, unknown>): string {
  return `Left: ${Object.entries(left).map(describeLimit).join(', ')}`;
}

const REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a part of the path is a file',
};

/**
 * Why a session is not recorded any further.
 * @param directory of the journals
 * @param error of the system
 */
export function describeFailure(directory: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = REASONS[code ?? ''] ?? message;
  return `this session is not recorded any further: nothing can be written in ${directory}: ${reason}`;
}
