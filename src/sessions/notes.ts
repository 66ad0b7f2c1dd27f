import { explainSystemError } from '../lib/system-errors.js';
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

/**
 * Why a session is not recorded any further.
 * @param directory of the journals
 * @param error of the system
 */
export function describeFailure(directory: string, error: unknown): string {
  const reason = explainSystemError(error)?.directory ?? (error as Error).message;
  return `this session is not recorded any further: nothing can be written in ${directory}: ${reason}`;
}
