import { HugwireError } from '../lib/errors.js';
import type { Consent } from '../spaces/types.js';
import type { Question, ToolContext } from './tool.js';

/**
 * Asks the user to agree to something. Only a form that was accepted with every box ticked is consent; whatever goes
 * wrong on the way is none.
 * @param question to the user, whose fields are boxes to tick
 * @param ctx of the tool's call
 * @throws HugwireError `cancelled`
 */
export async function askConsent(question: Question, { ask }: Pick<ToolContext, 'ask'>): Promise<Consent> {
  if (!ask) return 'nobody';
  try {
    const answer = await ask(question);
    if (answer.action !== 'accept') return answer.action;
    const { values } = answer;
    return Object.keys(question.fields).every((name) => values[name] === true) ? 'accept' : 'decline';
  } catch (error) {
    if (error instanceof HugwireError && (error.code === 'timeout' || error.code === 'unavailable')) return 'nobody';
    throw error;
  }
}

/**
 * Asks the user whether the Space of a call may be used, where it is an app on this machine or its network that nothing
 * allows yet. Called before anything that asks the app itself, which refuses what is not allowed then.
 * @param space as the assistant wrote it
 * @param ctx of the tool's call
 */
export async function askForApp(space: string, ctx: ToolContext): Promise<void> {
  if (ctx.ask) await ctx.spaces.askConsent(space, (message) => askConsent({ message, fields: {} }, ctx));
}
