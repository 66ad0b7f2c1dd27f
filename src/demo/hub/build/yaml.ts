/**
 * Writes front matter as YAML: maps, lists and scalars, which is all that cards have.
 * @param value a map
 */
export function toYaml(value: Record<string, unknown>): string {
  return lines(value, '').join('\n');
}

function lines(value: Record<string, unknown>, indent: string): string[] {
  return Object.entries(value).flatMap(([name, item]) => entry(`${indent}${name}:`, item, indent));
}

function entry(head: string, item: unknown, indent: string): string[] {
  if (Array.isArray(item)) return [head, ...item.flatMap((one) => listItem(one, indent))];
  if (isMap(item)) return [head, ...lines(item, `${indent}  `)];
  return [`${head} ${scalar(item)}`];
}

function listItem(item: unknown, indent: string): string[] {
  if (!isMap(item)) return [`${indent}- ${scalar(item)}`];
  const [first, ...rest] = lines(item, `${indent}  `);
  return [`${indent}- ${first?.trimStart()}`, ...rest];
}

const isMap = (item: unknown): item is Record<string, unknown> =>
  typeof item === 'object' && item !== null && !Array.isArray(item);

/** Quotes what YAML would read as something other than that text: `no` is Norwegian here, not false. */
function scalar(item: unknown): string {
  if (typeof item !== 'string') return String(item);
  const plain = /^[A-Za-z][\w\-./+ ]*$/.test(item) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(item);
  return plain && item.trimEnd() === item ? item : JSON.stringify(item);
}
