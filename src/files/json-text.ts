import type { Layout } from './layout.js';
import { isMapping } from './value.js';

/** Lists of plain values stay on a line up to this width. */
const LINE_WIDTH = 80;

/**
 * Writes a value as JSON over several lines; short lists of plain values stay on one.
 * @param value anything that JSON can say
 * @param layout of the document that it goes into
 * @param indent of the line that it begins on
 */
export function writeJson(value: unknown, layout: Layout, indent: string): string {
  const deeper = indent + layout.unit;
  const block = (open: string, items: string[], close: string) =>
    items.length === 0
      ? open + close
      : [open, items.map((item) => deeper + item).join(`,${layout.eol}`), indent + close].join(layout.eol);
  if (isMapping(value)) {
    const members = Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => `${JSON.stringify(key)}: ${writeJson(inner, layout, deeper)}`);
    return block('{', members, '}');
  }
  if (!Array.isArray(value)) return JSON.stringify(value);
  const line = writeJsonLine(value, ' ');
  const plain = value.every((item) => typeof item !== 'object' || item === null);
  if (plain && line.length <= LINE_WIDTH) return line;
  return block(
    '[',
    value.map((item) => writeJson(item, layout, deeper)),
    ']',
  );
}

/**
 * Writes a value as JSON on one line.
 * @param gap what follows a comma or colon: a space, or nothing
 */
export function writeJsonLine(value: unknown, gap: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => writeJsonLine(item, gap)).join(`,${gap}`)}]`;
  if (!isMapping(value)) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .map(([key, inner]) => `${JSON.stringify(key)}:${gap}${writeJsonLine(inner, gap)}`);
  return members.length === 0 ? '{}' : `{${gap}${members.join(`,${gap}`)}${gap}}`;
}
