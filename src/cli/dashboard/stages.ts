import type { Stages } from '../../dashboard/types.js';
import { toHugwireError } from '../../errors.js';
import { cleanLine } from '../../text/sanitize.js';
import type { Runtime } from '../runtime.js';

const TIMEOUT_MS = 10_000;

/**
 * Asks the Hub for the stages of Spaces, all at the same time.
 * @param runtime the way to the Hub
 * @param spaces ids, or URLs of apps on this machine, which have none
 * @returns one for each Space; where it cannot be known, why
 */
export async function askStages(runtime: Pick<Runtime, 'context'>, spaces: readonly string[]): Promise<Stages> {
  const { spaces: directory } = runtime.context(AbortSignal.timeout(TIMEOUT_MS), () => {});
  const ask = async (space: string): Promise<[string, Stages[string]]> => {
    try {
      const { kind, stage, hardware } = await directory.find(space);
      return [space, kind === 'local' ? { stage: 'on this machine' } : { stage, hardware }];
    } catch (error) {
      return [space, { problem: cleanLine(toHugwireError(error).code.replaceAll('_', ' '), 80) }];
    }
  };
  return Object.fromEntries(await Promise.all([...new Set(spaces)].map(ask)));
}
