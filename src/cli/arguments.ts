import { HugwireError } from '../errors.js';

/**
 * The arguments of a tool as typed in a shell: `key=value` is text (which the tool bends as it needs), `key:=json` is
 * JSON, a repeated key makes a list.
 * @param pairs the words of the command line
 * @param json `--args`: an object that the pairs add to
 * @throws HugwireError `invalid_arguments`
 */
export function readPairs(pairs: readonly string[], json?: string): Record<string, unknown> {
  const given = json === undefined ? {} : parseObject(json);
  const typed = [...groupPairs(pairs)].map(([key, list]) => [key, list.length === 1 ? list[0] : list]);
  return { ...given, ...Object.fromEntries(typed) };
}

function groupPairs(pairs: readonly string[]): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const pair of pairs) {
    const match = pair.match(/^([\w.-]+)(:?=)(.*)$/s);
    if (!match?.[1]) {
      throw new HugwireError('invalid_arguments', `"${pair}" is no argument.`, {
        hint: 'Write key=value, or key:=JSON.',
      });
    }
    const [, key, sign, value = ''] = match;
    groups.set(key, [...(groups.get(key) ?? []), sign === ':=' ? parseJson(value, pair) : value]);
  }
  return groups;
}

function parseObject(json: string): Record<string, unknown> {
  const value = parseJson(json, '--args');
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HugwireError('invalid_arguments', '--args takes a JSON object.', {
      hint: `Such as --args '{"query":"bert"}'.`,
    });
  }
  return value as Record<string, unknown>;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HugwireError('invalid_arguments', `${where} holds no valid JSON.`, { cause });
  }
}
