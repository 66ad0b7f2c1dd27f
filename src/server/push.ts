import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { ErrorCode, type McpError, type Result, ResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { cancelled, HugwireError } from '../errors.js';
import { cleanLine } from '../text/sanitize.js';
import type { Answer, Question } from '../tools/question.js';
import { ANSWER_MS, elicitationParams, readAnswer, unanswered } from './elicitation.js';

/**
 * Asks the user with a request of the server to its client, as revisions 2025-06-18 and 2025-11-25 have it.
 * @param server whose client can show forms
 * @param question what to ask
 * @param signal gives the question up; the client is told
 * @param answerMs how long it may take
 * @throws HugwireError `timeout`, `cancelled`, or `unavailable` when the client cannot ask or answers nonsense
 */
export async function pushQuestion(
  server: Pick<Server, 'request'>,
  question: Question,
  signal: AbortSignal,
  answerMs = ANSWER_MS,
): Promise<Answer> {
  if (signal.aborted) throw cancelled();
  // Of its own: the SDK goes on listening to the signal, and would cancel a question that was answered long ago.
  const controller = new AbortController();
  const abort = () => controller.abort('The call was cancelled');
  signal.addEventListener('abort', abort);
  try {
    const request = { method: 'elicitation/create' as const, params: elicitationParams(question) };
    const options = { timeout: answerMs, signal: controller.signal };
    const answer: Result = await server.request(request, ResultSchema, options);
    return readAnswer(question, answer);
  } catch (error) {
    if (error instanceof HugwireError) throw error;
    throw signal.aborted ? cancelled(error) : explain(error as McpError, answerMs);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function explain(error: McpError, answerMs: number): HugwireError {
  if (error.code === ErrorCode.RequestTimeout) return unanswered(answerMs);
  if (error.code === ErrorCode.ConnectionClosed) return cancelled(error);
  return new HugwireError('unavailable', `The client could not ask the user: ${cleanLine(error.message, 200)}`, {
    hint: 'Ask the user in the conversation.',
    cause: error,
  });
}
