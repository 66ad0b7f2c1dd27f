import { BadCondition, orderOf } from './condition.js';
import type { Row } from './table.js';

/**
 * Reads the `orderby` of `/filter`: columns, each with ASC or DESC behind it or neither.
 * @param text such as `"score" DESC, "id"`
 * @param columns names that exist
 * @returns a comparison for sorting; missing values come last
 * @throws BadCondition
 */
export function parseOrder(text: string, columns: readonly string[]): (a: Row, b: Row) => number {
  const keys = text.split(',').map((part) => {
    const match = /^\s*(?:"((?:[^"]|"")+)"|([A-Za-z_]\w*))(?:\s+(asc|desc))?\s*$/i.exec(part);
    const name = match?.[1]?.replaceAll('""', '"') ?? match?.[2];
    if (!name || !columns.includes(name)) throw new BadCondition('no such column to order by');
    return { name, sign: match?.[3]?.toLowerCase() === 'desc' ? -1 : 1 };
  });
  return (a, b) => {
    for (const { name, sign } of keys) {
      const order = compareCells(a[name], b[name], sign);
      if (order !== 0) return order;
    }
    return 0;
  };
}

function compareCells(a: unknown, b: unknown, sign: number): number {
  const [left, right] = [a ?? null, b ?? null];
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  if (typeof left === 'object' || typeof right === 'object') throw new BadCondition('a column without an order');
  return sign * orderOf(left as string | number | boolean, right as string | number | boolean);
}
