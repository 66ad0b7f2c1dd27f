import { HugwireError } from '../errors.js';
import { cleanLine } from '../text/sanitize.js';

const MAX_TYPES = 50;
const CATEGORY = /^(?:image|video|audio|text)$/;

/**
 * The types of file that a component takes, as its author wrote them: `.pdf`, or a category such as `image`.
 * @param types `file_types` of the component
 * @returns undefined when it takes every file, or says it in a way that cannot be checked
 */
export function readFileTypes(types: unknown): string[] | undefined {
  if (!Array.isArray(types) || types.length === 0 || types.length > MAX_TYPES) return undefined;
  const known = types.map((one) => cleanLine(one, 30).toLowerCase());
  return known.every((one) => /^\.[^\s/]+$/.test(one) || CATEGORY.test(one)) ? known : undefined;
}

/**
 * Refuses a file that the app would refuse, before anything is sent.
 * @param parameter that it is for
 * @param file its name, and its type as far as it is known
 * @param accepted from `readFileTypes`
 * @throws HugwireError `invalid_arguments` that names the types
 */
export async function refuseFileType(
  parameter: string,
  { name, type }: Pick<File, 'name' | 'type'>,
  accepted: readonly string[],
): Promise<void> {
  const { lookup } = await import('mrmime');
  const types = [lookup(name), type];
  const fits = accepted.some((one) =>
    one.startsWith('.') ? name.toLowerCase().endsWith(one) : types.some((known) => known?.startsWith(`${one}/`)),
  );
  if (fits) return;
  const last = accepted.slice(-1).join();
  const list = accepted.length > 1 ? `${accepted.slice(0, -1).join(', ')} or ${last}` : last;
  throw new HugwireError('invalid_arguments', `"${parameter}" takes ${list} files, not ${cleanLine(name, 120)}.`, {
    hint: 'Nothing was sent. Convert the file, or give another one.',
  });
}
