import { HugwireError } from '../errors.js';

type Key = string | number;
type Container = Record<string, unknown> | unknown[];

/** How often one change may step down; Gradio's own values are far flatter. */
const MAX_DEPTH = 100;

/**
 * Applies the changes that a generator's later messages carry (Gradio's `[action, path, value]` lists). Only keys that a
 * value has of its own can be reached, so that a hostile Space gets at no prototype and makes no sparse arrays.
 * @param value what the output was; it is changed in place
 * @param changes `replace`, `append`, `add` and `delete`
 * @returns what the output is now
 * @throws HugwireError `space_broken` when a change does not fit the value
 */
export function applyDiff(value: unknown, changes: unknown): unknown {
  if (!Array.isArray(changes)) throw misfit();
  let root = value;
  for (const change of changes) {
    if (!Array.isArray(change)) throw misfit();
    const [action, path, next] = change;
    if (!Array.isArray(path) || path.length > MAX_DEPTH || !path.every(isKey)) throw misfit();
    root = applyChange(root, action, path, next);
  }
  return root;
}

function applyChange(root: unknown, action: unknown, path: Key[], next: unknown): unknown {
  if (path.length === 0) {
    if (action === 'replace') return next;
    if (action === 'append') return joined(root, next);
    throw misfit();
  }
  const last = path[path.length - 1] as Key;
  const parent = container(path.slice(0, -1).reduce<unknown>(step, root));
  if (action === 'add') insert(parent, last, next);
  else if (action === 'replace') replace(parent, last, next);
  else if (action === 'append') replace(parent, last, joined(step(parent, last), next));
  else if (action === 'delete') remove(parent, last);
  else throw misfit();
  return root;
}

function step(parent: unknown, key: Key): unknown {
  const within = container(parent);
  if (Array.isArray(within)) return within[index(key, within.length - 1)];
  if (!Object.hasOwn(within, key)) throw misfit();
  return within[key];
}

function insert(parent: Container, key: Key, value: unknown): void {
  if (Array.isArray(parent)) parent.splice(index(key, parent.length), 0, value);
  else define(parent, key, value);
}

function replace(parent: Container, key: Key, value: unknown): void {
  step(parent, key);
  if (Array.isArray(parent)) parent[index(key, parent.length - 1)] = value;
  else define(parent, key, value);
}

function remove(parent: Container, key: Key): void {
  step(parent, key);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete parent[key];
}

/** Sets an own property even when the key is `__proto__`. */
function define(parent: Record<string, unknown>, key: Key, value: unknown): void {
  Object.defineProperty(parent, key, { value, writable: true, enumerable: true, configurable: true });
}

function joined(before: unknown, after: unknown): unknown {
  if (typeof before === 'string' && typeof after === 'string') return before + after;
  if (typeof before === 'number' && typeof after === 'number') return before + after;
  throw misfit();
}

function index(key: Key, max: number): number {
  const position = Number(key);
  if (!Number.isInteger(position) || position < 0 || position > max) throw misfit();
  return position;
}

function container(value: unknown): Container {
  if (value === null || typeof value !== 'object') throw misfit();
  return value as Container;
}

function isKey(key: unknown): key is Key {
  return typeof key === 'string' || typeof key === 'number';
}

function misfit(): HugwireError {
  return new HugwireError('space_broken', 'The Space sent a change that does not fit its own output.');
}
