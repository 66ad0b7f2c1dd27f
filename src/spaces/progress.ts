import { formatDuration } from '../lib/format.js';
import { quote } from '../lib/text.js';
import type { SpaceEvent } from './types.js';

/** Where a call stands: 0 to 100, and in words. */
export interface Standing {
  progress: number;
  message: string;
}

export interface ProgressStep extends Standing {
  total: number;
}

/** Four a second are plenty for a person; a client that hears nothing for ten seconds may give up. */
const MIN_GAP_MS = 250;
const SIGN_OF_LIFE_MS = 8_000;
const CEILING = 99.9;

type Read<Kind extends SpaceEvent['kind']> = (event: Extract<SpaceEvent, { kind: Kind }>, before: Standing) => Standing;

/** Each phase of a call has its stretch of the scale. */
const READINGS: { [Kind in SpaceEvent['kind']]: Read<Kind> } = {
  waiting: ({ message }, before) => ({ progress: Math.min(4, before.progress + 0.5), message }),
  uploading: ({ done, total }) => ({
    progress: 5 + 3 * share(done, total),
    message: `Uploading ${done}/${total} files`,
  }),
  queued: ({ position, size, etaSeconds }) => ({
    progress: 8 + 2 / (position + 1.5),
    message: `Queue position ${position + 1} of ${Math.max(size, position + 1)}${eta(etaSeconds)}`,
  }),
  started: ({ etaSeconds }) => ({
    progress: 10,
    message: `Running${etaSeconds ? `, usually ${duration(etaSeconds)}` : ''}`,
  }),
  step: (event, before) => ({
    progress: event.fraction === undefined ? Math.min(90, before.progress + 1) : 10 + 85 * event.fraction,
    message: describeStep(event),
  }),
  partial: ({ text }, before) => ({
    progress: Math.min(90, before.progress + 1),
    message: text ? quote(text) : 'Receiving',
  }),
  log: ({ message }, before) => ({ progress: before.progress, message: quote(message) }),
  saving: ({ done, total }) => ({ progress: 95 + 4 * share(done, total), message: `Saving ${done}/${total} files` }),
};

/**
 * Where a call stands after an event; never behind where it stood before.
 * @param before where it stood
 * @param event what happened
 */
export function advance(before: Standing, event: SpaceEvent): Standing {
  const read = READINGS[event.kind] as Read<SpaceEvent['kind']>;
  const { progress, message } = read(event as never, before);
  return { progress: Math.max(before.progress, progress), message };
}

function describeStep({ description, fraction, index, length, unit }: Extract<SpaceEvent, { kind: 'step' }>): string {
  const count =
    index === undefined
      ? ''
      : `${short(index)}${length === undefined ? '' : `/${short(length)}`}${unit ? ` ${unit}` : ''}`;
  const amount = count || (fraction === undefined ? '' : `${Math.round(fraction * 100)} %`);
  return [description && quote(description), amount].filter(Boolean).join(' ') || 'Running';
}

const short = (value: number): number => Math.round(value * 1000) / 1000;
const share = (done: number, total: number): number => (total > 0 ? Math.min(1, done / total) : 1);
const duration = (seconds: number): string => formatDuration(Math.max(1, seconds));
const eta = (seconds?: number): string => (seconds === undefined ? '' : `, about ${duration(seconds)} left`);

/**
 * Passes on where a call stands as MCP wants it: strictly rising, at most four a second (the last one wins), and a sign of
 * life every eight seconds whatever happens.
 * @param emit takes a step
 * @returns `report` takes a standing at any rate; `stop` ends it all
 */
export function createPacer(emit: (step: ProgressStep) => void) {
  const startedAt = Date.now();
  let current: Standing | undefined;
  let sent: Standing & { at: number } = {
    progress: Number.NEGATIVE_INFINITY,
    message: '',
    at: Number.NEGATIVE_INFINITY,
  };
  let nextSend: NodeJS.Timeout | undefined;
  let nextSign = waitForSign();
  let stopped = false;

  function waitForSign(): NodeJS.Timeout {
    return setTimeout(() => {
      const { progress = 0, message = 'Waiting' } = current ?? {};
      send({ progress, message }, ` (${formatDuration((Date.now() - startedAt) / 1000)})`);
    }, SIGN_OF_LIFE_MS);
  }

  function send({ progress, message }: Standing, suffix = ''): void {
    clearTimeout(nextSend);
    nextSend = undefined;
    clearTimeout(nextSign);
    nextSign = waitForSign();
    // Where nothing is gained, ever smaller steps keep it rising without reaching the end.
    const wanted = short(Math.min(CEILING, progress));
    const crept = sent.progress + (100 - sent.progress) / 1000;
    // Rounded down: what creeps towards the end must not reach it.
    const next = [wanted, Math.floor(crept * 1000) / 1000].find((one) => one > sent.progress) ?? crept;
    if (next > sent.progress) emit({ progress: next, total: 100, message: `${message}${suffix}` });
    sent = { progress: next, message, at: Date.now() };
  }

  return {
    report(standing: Standing): void {
      if (stopped || (standing.progress <= sent.progress && standing.message === sent.message)) return;
      current = standing;
      const gap = sent.at + MIN_GAP_MS - Date.now();
      if (gap <= 0) send(standing);
      else nextSend ??= setTimeout(() => send(current ?? standing), gap);
    },
    stop(): void {
      stopped = true;
      clearTimeout(nextSend);
      clearTimeout(nextSign);
    },
  };
}
