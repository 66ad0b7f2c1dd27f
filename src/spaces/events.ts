import { cleanLine } from '../text/sanitize.js';
import { plainText } from './plain-text.js';
import type { CallEvent } from './types.js';

const MAX_STEPS = 10;

/**
 * What an event of the client library tells about a running call. Everything in it came from the Space: numbers that are
 * none are dropped, text is cleaned and cut.
 * @param event a `status` or `log` event of `@gradio/client`
 */
export function readEvent(event: object): CallEvent[] {
  const { type, stage, original_msg, position, size, eta, progress_data, level, log, title, visible } = event as Record<
    string,
    unknown
  >;
  if (type === 'log') {
    const heading = plainText(title, 80);
    const message = plainText(log, 500);
    if (visible === false || message === '') return [];
    const isPlain = heading === '' || /^(?:info|warning|success|error)$/i.test(heading);
    return [{ kind: 'log', level: cleanLine(level, 20), message: isPlain ? message : `${heading}: ${message}` }];
  }
  if (type !== 'status' || stage !== 'pending') return [];
  if (original_msg === 'process_starts') return [{ kind: 'started', etaSeconds: amount(eta) }];
  if (Array.isArray(progress_data)) return readSteps(progress_data.slice(0, MAX_STEPS));
  const ahead = amount(position);
  if (ahead === undefined) return [];
  return [{ kind: 'queued', position: ahead, size: amount(size) ?? ahead + 1, etaSeconds: amount(eta) }];
}

/** Nested bars, outermost first, as one: how far the outer one is, and what the inner one says. */
function readSteps(steps: unknown[]): CallEvent[] {
  const read = steps.flatMap(readStep);
  const inner = read.at(-1);
  if (!inner) return [];
  const fraction = read.find((step) => step.fraction !== undefined)?.fraction;
  return [{ ...inner, fraction, description: inner.description || read[0]?.description }];
}

function readStep(step: unknown): Extract<CallEvent, { kind: 'step' }>[] {
  if (step === null || typeof step !== 'object') return [];
  const { index, length, unit, progress, desc } = step as Record<string, unknown>;
  const [done, total, share] = [amount(index), amount(length), amount(progress)];
  const fraction = share ?? (done !== undefined && total ? done / total : undefined);
  const read: Extract<CallEvent, { kind: 'step' }> = { kind: 'step', index: done, length: total };
  if (fraction !== undefined) read.fraction = Math.min(1, fraction);
  if (typeof unit === 'string') read.unit = cleanLine(unit, 20);
  if (typeof desc === 'string') read.description = cleanLine(desc, 120);
  return [read];
}

function amount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}
