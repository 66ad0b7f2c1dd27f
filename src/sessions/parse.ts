import type { Entry } from './types.js';

const TYPES = new Set<string>([
  'SessionStart',
  'SessionEnd',
  'FunctionCall',
  'FunctionResponse',
  'ToolMessage',
  'HumanMessage',
  'AssistantMessage',
] satisfies Entry['type'][]);

const TEXTS: Partial<Record<Entry['type'], string[]>> = {
  SessionStart: ['session', 'version'],
  FunctionCall: ['tool'],
  FunctionResponse: ['tool', 'summary'],
  ToolMessage: ['kind', 'text'],
  HumanMessage: ['text'],
  AssistantMessage: ['text'],
};

/**
 * Reads one line of a journal.
 * @param line without its end
 * @returns undefined for a line that was cut off, or that is no entry of a kind known here
 */
export function parseEntry(line: string): Entry | undefined {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(line);
  } catch {
    // A process that was killed leaves half a line.
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !TYPES.has(String(value.type))) return undefined;
  if (typeof value.id !== 'string' || typeof value.order !== 'number') return undefined;
  if (typeof value.time !== 'string' || Number.isNaN(Date.parse(value.time))) return undefined;
  const texts = TEXTS[value.type as Entry['type']] ?? [];
  return texts.every((name) => typeof value[name] === 'string') ? (value as unknown as Entry) : undefined;
}
