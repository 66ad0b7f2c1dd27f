import { explainError, HugwireError, toHugwireError } from '../lib/errors.js';
import type { AnyTool, Progress, Question, ToolResult } from '../tools/tool.js';
import type { Prompts } from './assistants.js';
import { findTool } from './call.js';
import { elicitationParams } from './elicitation.js';
import { INVALID_PARAMS, invalidParams } from './messages.js';
import type { Service } from './service.js';

/** The one key of `inputRequests` and `inputResponses`. */
export const ANSWER = 'answer';
/** Up to revision 2025-11-25; later ones have no code of its own for it. */
const RESOURCE_NOT_FOUND = -32002;
const INTERNAL_ERROR = -32603;

/** A tool's result as `tools/call` has it. */
export function renderResult({ text, images = [], isError }: ToolResult) {
  return {
    content: [
      { type: 'text' as const, text },
      ...images.map(({ data, mimeType }) => ({ type: 'image' as const, data, mimeType })),
    ],
    ...(isError ? { isError } : {}),
  };
}

/**
 * A question as the answer to a call of revision 2026-07-28: the next request of the call holds the user's answer.
 * @param question what to ask
 * @param requestState comes back with the answer
 */
export function renderQuestion(question: Question, requestState: string) {
  const params = { mode: 'form' as const, ...elicitationParams(question) };
  return {
    resultType: 'input_required' as const,
    inputRequests: { [ANSWER]: { method: 'elicitation/create' as const, params } },
    requestState,
  };
}

/**
 * Reports the steps of a call. The protocol wants progress to rise strictly, and none after the answer (the SDKs drop that).
 * @param progressToken of the request; without one nobody wants to hear
 * @param send a notification, within the request
 */
export function relayProgress(
  progressToken: string | number | undefined,
  send: (notification: {
    method: 'notifications/progress';
    params: Pick<Progress, keyof Progress> & { progressToken: string | number };
  }) => Promise<void>,
): (step: Progress) => void {
  if (progressToken === undefined) return () => {};
  let last = Number.NEGATIVE_INFINITY;
  return (step) => {
    if (!(step.progress > last)) return;
    last = step.progress;
    void send({ method: 'notifications/progress', params: { progressToken, ...step } }).catch(() => {});
  };
}

/**
 * Finds the tool of a call. The protocol answers a call of no tool with an error, not with a result.
 * @throws Error with code -32602
 */
export function findCalled(host: Pick<Service, 'tools' | 'knownTools' | 'onRefusal'>, name: string): AnyTool {
  try {
    return findTool(host, name);
  } catch (error) {
    const { message } = toHugwireError(error);
    host.onRefusal?.(message);
    throw invalidParams(message);
  }
}

/**
 * Gives a prompt as `prompts/get` has it: one message of the user.
 * @throws Error with a code of JSON-RPC
 */
export async function renderPrompt(
  prompts: Prompts | undefined,
  name: string,
  args: Record<string, unknown> | undefined,
) {
  try {
    if (!prompts) throw new HugwireError('not_found', 'This caller has no prompts.');
    const { description, text } = await prompts.get(name, args ?? {});
    return { description, messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }] };
  } catch (cause) {
    throw invalidParams(explainError(toHugwireError(cause)));
  }
}

/**
 * Reads resources. What goes wrong becomes an error of JSON-RPC: there is no result to say it in.
 * @param isModern whether the request is of revision 2026-07-28
 * @throws Error with a code of JSON-RPC
 */
export async function readResources<Result>(isModern: boolean, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    const error = toHugwireError(cause);
    const missing = isModern ? INVALID_PARAMS : RESOURCE_NOT_FOUND;
    const codes: Partial<Record<typeof error.code, number>> = { not_found: missing, internal: INTERNAL_ERROR };
    throw Object.assign(new Error(explainError(error)), { code: codes[error.code] ?? INVALID_PARAMS });
  }
}
