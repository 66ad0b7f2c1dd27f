import { ERROR_CODES } from '../errors.js';
import type { CallRecording } from '../server/mcp.js';
import type { CallRecord, Outcome, Recorder } from '../sessions/recorder.js';
import type { Spaces } from '../spaces/types.js';
import type { ToolContext, ToolResult } from '../tools/tool.js';

/**
 * Records a call of a tool: its arguments, what it tells on the way, its result, and what is left of the Hub's limits.
 * @param recorder of the session
 * @param tool its name
 * @param args as they came
 * @param dryRun whether nothing will be done
 */
export function recordCall(recorder: Recorder, tool: string, args: unknown, dryRun = false): CallRecording {
  const record = recorder.call(tool, args, dryRun);
  let hub: ToolContext['hub'] | undefined;
  return {
    observe(ctx) {
      if (record.id === undefined) return ctx;
      hub = ctx.hub;
      const progress: ToolContext['progress'] = (step) => {
        record.progress(step);
        ctx.progress(step);
      };
      return { ...ctx, progress, spaces: withLogs(ctx.spaces, record) };
    },
    end(result, milliseconds) {
      if (record.id === undefined) return;
      record.end(readOutcome(result), milliseconds);
      recorder.limits({
        ...Object.fromEntries((hub?.limits() ?? []).map(({ bucket, ...window }) => [bucket, window])),
        ...readQuota(result.data),
      });
    },
  };
}

/** The same Spaces, which tell the record of a call what they log while it runs. */
function withLogs(spaces: Spaces, record: CallRecord): Spaces {
  return { ...spaces, start: (call) => spaces.start({ ...call, onLog: (line) => record.log(line) }) };
}

function readOutcome({ text, images, data, isError }: ToolResult): Outcome {
  const { error, files } = (data ?? {}) as { error?: { code?: unknown }; files?: unknown };
  return {
    summary: text,
    bytes: Buffer.byteLength(text),
    ...(images?.length ? { images: images.length } : {}),
    failed: isError === true,
    ...(isError ? { error: readCode(error?.code, text) } : {}),
    ...(Array.isArray(files) && files.length > 0 ? { files: files.flatMap(readFile) } : {}),
  };
}

/** The code of the error; where several parts failed, that of the first, as the text has it. */
function readCode(code: unknown, text: string): string | undefined {
  const said = typeof code === 'string' ? code : text.match(/\b([a-z_]+): /)?.[1];
  return ERROR_CODES.find((one) => one === said);
}

/** A file that a Space made, as its result tells of it. */
function readFile(file: unknown): { path: string; bytes: number; mimeType: string }[] {
  const { path, bytes, mimeType } = (file ?? {}) as Record<string, unknown>;
  if (typeof path !== 'string' || typeof bytes !== 'number' || typeof mimeType !== 'string') return [];
  return [{ path, bytes, mimeType }];
}

/** What is left of the ZeroGPU quota, where the result happens to tell. */
function readQuota(data: unknown): Record<string, unknown> {
  const { zeroGpu } = (data ?? {}) as { zeroGpu?: unknown };
  return zeroGpu === undefined ? {} : { zeroGpu };
}
