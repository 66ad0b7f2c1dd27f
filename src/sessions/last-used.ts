import { readTail } from './lines.js';
import { sessionFile } from './names.js';
import { parseEntry } from './parse.js';
import { listNames } from './reader.js';

/** How much of the past is looked at. */
const MAX_FILES = 100;
const MAX_BYTES = 128 * 1024;

/**
 * When each tool was last called, as far as the newest journals tell.
 * @param directory of the journals
 */
export async function lastUsed(directory: string): Promise<Map<string, Date>> {
  const used = new Map<string, Date>();
  for (const { id } of (await listNames(directory)).slice(0, MAX_FILES)) {
    const lines = await readTail(sessionFile(directory, id), MAX_BYTES).catch(() => []);
    for (const line of lines) {
      const entry = line.startsWith('{"type":"FunctionCall"') ? parseEntry(line) : undefined;
      if (entry?.type !== 'FunctionCall') continue;
      const at = new Date(entry.time);
      if (at > (used.get(entry.tool) ?? 0)) used.set(entry.tool, at);
    }
  }
  return used;
}
