import { HugwireError, toHugwireError } from '../errors.js';
import type { App } from '../spaces/types.js';
import { cleanLine } from '../text/sanitize.js';
import type { ToolContext } from './tool.js';

/**
 * Describes a Space's app. Wakes the Space where needed, but not longer than a call may take before its client gives up.
 * @param space as the assistant wrote it
 * @param ctx of the tool's call
 * @returns the app, or why there is none
 */
export async function openInTime(space: string, ctx: ToolContext): Promise<App | HugwireError> {
  const seconds = Math.max(5, ctx.config.spaces.waitSeconds);
  const limit = AbortSignal.timeout(seconds * 1000);
  let steps = 0;
  try {
    return await ctx.spaces.open(space, {
      signal: AbortSignal.any([ctx.signal, limit]),
      onEvent: (event) => {
        if (event.kind === 'waiting') ctx.progress({ progress: ++steps, message: event.message });
      },
    });
  } catch (error) {
    const failure = toHugwireError(error);
    if (ctx.signal.aborted || !limit.aborted) return failure;
    return stillComing(space, seconds, failure);
  }
}

function stillComing(space: string, seconds: number, cause: HugwireError): HugwireError {
  return new HugwireError('space_asleep', `${cleanLine(space, 120)} has not come up within ${seconds} s.`, {
    hint: 'It was asked to start: call space_info again in a minute.',
    retryAfterSeconds: 60,
    cause,
  });
}
