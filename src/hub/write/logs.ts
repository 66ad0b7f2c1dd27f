import { HugwireError } from '../../lib/errors.js';
import { parseJsonObject } from '../../lib/json.js';
import { readEvents } from '../../lib/sse.js';
import { cleanText } from '../../lib/text.js';
import type { HubClient, HubRequest } from '../types.js';

/** A log stays open where something runs: such a silence means that all was told so far. */
const QUIET_MS = 5000;
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_LINE = 100_000;

/**
 * Reads a log of the Hub as far as it goes now.
 * @param hub the Hub
 * @param path of the log
 * @param request what it is about
 * @returns its lines, cleaned; those of a log that broke off as far as they came
 */
export async function readLog(hub: HubClient, path: string, request: HubRequest = {}): Promise<string[]> {
  const answer = await hub.request(path, {
    ...request,
    headers: { accept: 'text/event-stream' },
    quietMs: QUIET_MS,
    maxBytes: MAX_BYTES,
    truncate: true,
  });
  const lines: string[] = [];
  try {
    for await (const event of readEvents(inPieces(answer.bytes), { maxMessage: MAX_LINE, maxStream: MAX_BYTES + 1 })) {
      const { data } = parseJsonObject(event) ?? {};
      if (typeof data === 'string') lines.push(...cleanText(data.slice(0, MAX_LINE)).replace(/\n$/, '').split('\n'));
    }
  } catch (error) {
    if (!(error instanceof HugwireError)) throw error;
    lines.push(`(${error.message})`);
  }
  if (answer.truncated) lines.push('(the log broke off here)');
  return lines;
}

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
