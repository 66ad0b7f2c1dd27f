import { readMembers, type TomlMember } from './toml-statements.js';
import { writeTomlKey, writeTomlValue } from './toml-text.js';

/** Where an inline table or list, or a pair that holds one, has its value. */
type Holder = Pick<TomlMember, 'valueStart' | 'end'>;

/**
 * Adds a value to an inline table or list.
 * @param holder of the table or list
 * @param keys that lead to the value; what is missing on the way is made
 */
export function insertInline(text: string, holder: Holder, keys: readonly string[], value: unknown): string {
  const members = readMembers(text, holder.valueStart);
  const inner = members.find((member) => member.keys.every((key, at) => keys[at] === key));
  if (inner) return insertInline(text, inner, keys.slice(inner.keys.length), value);
  const isList = text[holder.valueStart] === '[';
  const written = isList ? writeTomlValue(value) : `${keys.map(writeTomlKey).join('.')} = ${writeTomlValue(value)}`;
  const last = members.at(-1);
  if (last) return `${text.slice(0, last.end)}, ${written}${text.slice(last.end)}`;
  const gap = isList ? '' : ' ';
  const [open, close] = [holder.valueStart + 1, holder.end - 1];
  const between = text.slice(open, close).trim() === '' ? '' : text.slice(open, close);
  return text.slice(0, open) + between + gap + written + gap + text.slice(close);
}

/**
 * Takes a member out of an inline table or list, with the comma that joined it to the others.
 * @returns undefined when there is no such member
 */
export function removeInline(text: string, holder: Holder, keys: readonly string[]): string | undefined {
  const members = readMembers(text, holder.valueStart);
  const at = members.findIndex((member) => member.keys.every((key, step) => keys[step] === key));
  const member = members[at];
  if (!member) return undefined;
  if (member.keys.length < keys.length) return removeInline(text, member, keys.slice(member.keys.length));
  const [before, after] = [members[at - 1], members[at + 1]];
  if (before) return text.slice(0, before.end) + text.slice(member.end);
  if (after) return text.slice(0, member.start) + text.slice(after.start);
  return text.slice(0, holder.valueStart + 1) + text.slice(holder.end - 1);
}
