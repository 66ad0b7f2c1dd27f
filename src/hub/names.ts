import { HugwireError } from '../errors.js';
import { cleanLine } from '../text/sanitize.js';

/** What a name must not be, in the order in which it is checked, after huggingface_hub's `validate_repo_id`. */
const ID_RULES: [(id: string) => boolean, string][] = [
  [(id) => id === '', 'it is empty'],
  [(id) => id.split('/').length > 2, 'it has more than one slash'],
  [(id) => id.split('/').includes(''), 'the owner or the name is empty'],
  [(id) => !/^[\w\-./]+$/.test(id), 'only letters, digits, "-", "_" and "." are allowed'],
  [(id) => id.includes('--') || id.includes('..'), '"--" and ".." are not allowed'],
  [(id) => id.split('/').some((part) => /^[-.]|[-.]$/.test(part)), 'a part must not begin or end with "-" or "."'],
  [(id) => (id.split('/').at(-1) ?? '').length > 96, 'the name is longer than 96 characters'],
  [(id) => id.endsWith('.git'), 'it ends in ".git"'],
];

const MAX_REVISION = 256;
const MAX_PATH = 4096;

// biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what this refuses
const CONTROL = /[\u0000-\u001F\u007F]/;

/**
 * Checks a repository id by the Hub's rules.
 * @param id `owner/name`, or the single name of an old canonical repository such as `gpt2`
 * @returns the same id
 * @throws HugwireError `invalid_arguments` that says which rule it breaks
 */
export function checkRepoId(id: string): string {
  for (const [broken, why] of ID_RULES) {
    if (broken(id)) throw invalid(`"${cleanLine(id, 120)}" is no repository id: ${why}.`, 'Ids look like owner/name.');
  }
  return id;
}

/**
 * Checks a revision: a branch, a tag, a commit, or a reference such as `refs/pr/1`.
 * @param revision decoded, without `@`
 * @returns the same revision
 * @throws HugwireError `invalid_arguments`
 */
export function checkRevision(revision: string): string {
  const bad =
    revision === '' ||
    revision.length > MAX_REVISION ||
    CONTROL.test(revision) ||
    /[\s~^:?*[\\]|\.\.|@\{/.test(revision) ||
    /^[-/.]|[/.]$|\/\/|\.lock$/.test(revision);
  if (bad) {
    throw invalid(
      `"${cleanLine(revision, 120)}" is no revision.`,
      'A revision is a branch (main), a tag, a commit hash, or a reference such as refs/pr/1.',
    );
  }
  return revision;
}

/**
 * Checks the path of a file or folder in a repository.
 * @param path decoded, relative to the repository's root
 * @returns the same path
 * @throws HugwireError `invalid_arguments`
 */
export function checkPath(path: string): string {
  const parts = path.split('/');
  if (
    path.length > MAX_PATH ||
    CONTROL.test(path) ||
    parts.some((part) => part === '' || part === '.' || part === '..')
  ) {
    throw invalid(
      `"${cleanLine(path, 120)}" is no path in a repository.`,
      'A path is relative to the root of the repository, such as onnx/model.onnx, without "." or ".." in it.',
    );
  }
  return path;
}

/**
 * An `invalid_arguments` error.
 * @param message what is wrong
 * @param hint what is right
 */
export function invalid(message: string, hint: string): HugwireError {
  return new HugwireError('invalid_arguments', message, { hint });
}
