/**
 * Lays one JSON value over another: objects merge key by key at every depth; anything else, lists too, is replaced as a
 * whole. Neither value is changed.
 * @param base what counts where `over` says nothing
 * @param over what wins; a key that is undefined says nothing
 */
export function overlay<Base>(base: Base, over: unknown): Base {
  if (over === undefined) return base;
  if (!isPlain(base) || !isPlain(over)) return over as Base;
  const keys = [...new Set([...Object.keys(base), ...Object.keys(over)])];
  return Object.fromEntries(keys.map((key) => [key, overlay(base[key], over[key])])) as Base;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
