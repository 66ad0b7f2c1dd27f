import { HugwireError } from '../errors.js';

/** One change of the config file. */
export interface ConfigEdit {
  /** Keys, and positions in lists; the position after the last adds to a list. */
  path: readonly (string | number)[];
  /** The new value; undefined removes what is there. */
  value?: unknown;
}

/**
 * The same change without positions: a change inside a list becomes a change of the whole list.
 * @param edit any change
 * @param root what the file says
 * @param inForce what counts where the file says nothing: a list that is not in the file is taken from there
 * @throws HugwireError `invalid_arguments` when there is no such place in the list
 */
export function outsideLists(edit: ConfigEdit, root: unknown, inForce?: unknown): { path: string[]; value: unknown } {
  const first = edit.path.findIndex((key) => typeof key === 'number');
  if (first < 0) return { path: edit.path.map(String), value: edit.value };
  const path = edit.path.slice(0, first).map(String);
  const list = find(root, path) ?? find(inForce, path);
  return { path, value: changeInside(list, edit.path.slice(first), edit.value, edit.path) };
}

const find = (root: unknown, path: readonly string[]) =>
  path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], root);

function changeInside(
  container: unknown,
  [key, ...rest]: readonly (string | number)[],
  value: unknown,
  whole: ConfigEdit['path'],
): unknown {
  if (key === undefined) return value;
  if (typeof key === 'string') {
    const { [key]: old, ...others } = (container ?? {}) as Record<string, unknown>;
    const changed = changeInside(old, rest, value, whole);
    if (changed === undefined) return others;
    return { ...(container as object | undefined), [key]: changed };
  }
  const list = container === undefined ? [] : container;
  if (!Array.isArray(list) || key < 0 || key > list.length) throw outOfList(whole, list);
  const changed = changeInside(list[key], rest, value, whole);
  return list.toSpliced(key, 1, ...(changed === undefined ? [] : [changed]));
}

function outOfList(path: ConfigEdit['path'], list: unknown): HugwireError {
  const found = Array.isArray(list) ? `the list has ${list.length}` : 'there is no list';
  return new HugwireError('invalid_arguments', `"${path.join('.')}" is no place in the config: ${found}.`, {
    hint: 'Positions in a list begin with 0.',
  });
}
