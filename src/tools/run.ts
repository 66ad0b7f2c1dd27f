import { explainError, type HugwireError, toHugwireError } from '../lib/errors.js';
import { redact } from '../lib/text.js';
import { readArguments } from './input.js';
import type { AnyTool, ToolContext, ToolResult } from './tool.js';

/** A failure as `hugwire call --json` prints it. */
export interface FailureData {
  error: { code: string; message: string; hint?: string; retryAfterSeconds?: number; requestId?: string };
}

/**
 * Runs a tool on arguments as a client sent them, or has it tell what it would do. Never throws: a failure is a result that says what to do next.
 * @param tool what to run
 * @param args raw arguments
 * @param ctx what the tool may touch
 */
export async function runTool(tool: AnyTool, args: unknown, ctx: ToolContext): Promise<ToolResult> {
  try {
    const input = readArguments(tool, args);
    return await (ctx.config.tools.dryRun && tool.plan ? tool.plan(input, ctx) : tool.run(input, ctx));
  } catch (error) {
    return failureResult(toHugwireError(error));
  }
}

/**
 * The result that tells of a failure.
 * @param error what happened
 */
export function failureResult(error: HugwireError): ToolResult<FailureData> {
  const { code, message, hint, retryAfterSeconds, requestId } = error;
  const clean = (text: string | undefined) => text && redact(text);
  return {
    text: explainError(error),
    data: {
      error: { code, message: redact(message), hint: clean(hint), retryAfterSeconds, requestId: clean(requestId) },
    },
    isError: true,
  };
}
