import { HugwireError } from '../lib/errors.js';
import { cleanLine } from '../lib/text.js';
import type { SessionName } from './names.js';
import { listNames } from './reader.js';

/**
 * The session that somebody means.
 * @param directory of the journals
 * @param wanted its id, the begin of it, its last part or the begin of that; or `last`
 * @throws HugwireError `not_found`; `invalid_arguments` when several are meant
 */
export async function findSession(directory: string, wanted: string): Promise<SessionName> {
  const names = await listNames(directory);
  const word = wanted.trim();
  const exact = word === 'last' ? names.slice(0, 1) : names.filter(({ id, short }) => id === word || short === word);
  const found = exact.length > 0 ? exact : word === '' ? [] : names.filter((name) => begins(name, word));
  const [first, ...others] = found;
  if (first && others.length === 0) return first;
  const shown = cleanLine(word, 60);
  if (!first && names.length === 0) {
    throw new HugwireError('not_found', 'No session has been recorded yet.', {
      hint: 'One is with the next call of a tool by an assistant.',
    });
  }
  if (!first) {
    throw new HugwireError('not_found', `There is no session ${shown}.`, {
      hint: '`hugwire sessions list` shows them.',
    });
  }
  throw new HugwireError('invalid_arguments', `${found.length} sessions begin with ${shown}.`, {
    hint: `Say more of it: ${found
      .slice(0, 5)
      .map(({ short }) => short)
      .join(', ')}${found.length > 5 ? ', …' : ''}.`,
  });
}

function begins({ id, short }: SessionName, word: string): boolean {
  return id.startsWith(word) || id.startsWith(`s_${word}`) || short.startsWith(word);
}
