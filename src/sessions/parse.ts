import type { Entry } from './types.js';

type Check = (value: unknown) => boolean;

const isAny: Check = () => true;
const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => Number.isFinite(value);
const isFlag: Check = (value) => typeof value === 'boolean';
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const has =
  (fields: Record<string, Check>): Check =>
  (value) =>
    isRecord(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

type Placed = 'type' | 'id' | 'time' | 'order' | 'parent';
type Fields<Type extends Entry['type']> = Record<Exclude<keyof Extract<Entry, { type: Type }>, Placed>, Check>;

/** What a journal may hold, so that whoever reads one can rely on it: others than hugwire may have written there. */
const FIELDS: { [Type in Entry['type']]: Fields<Type> } = {
  SessionStart: {
    session: isText,
    version: isText,
    pid: isNumber,
    node: isText,
    profile: maybe(isText),
    client: maybe(has({ name: isText, version: maybe(isText), title: maybe(isText) })),
    protocol: maybe(isText),
    capabilities: maybe(list(isText)),
    tools: list(isText),
  },
  SessionEnd: { reason: isText, calls: isNumber, failed: isNumber },
  FunctionCall: { tool: isText, arguments: isAny, dryRun: maybe(isFlag) },
  FunctionResponse: {
    tool: isText,
    summary: isText,
    bytes: isNumber,
    images: maybe(isNumber),
    milliseconds: isNumber,
    failed: isFlag,
    error: maybe(isText),
    files: maybe(list(has({ path: isText, bytes: isNumber, mimeType: isText }))),
  },
  ToolMessage: { kind: isText, text: isText, data: maybe(isRecord) },
  HumanMessage: { text: isText },
  AssistantMessage: { text: isText },
};

const isPlaced = has({
  id: isText,
  order: isNumber,
  parent: maybe(isText),
  time: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
});
const CHECKS = new Map<unknown, Check>(Object.entries(FIELDS).map(([type, fields]) => [type, has(fields)]));

/**
 * Reads one line of a journal.
 * @param line without its end
 * @returns undefined for a line that was cut off, or that is no entry of a kind and form known here
 */
export function parseEntry(line: string): Entry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // A process that was killed leaves half a line.
    return undefined;
  }
  if (!isRecord(value) || !isPlaced(value) || !CHECKS.get(value.type)?.(value)) return undefined;
  return value as unknown as Entry;
}
