import { text as readAll } from 'node:stream/consumers';
import { record } from '../../hub/fields.js';
import { apiPath } from '../../hub/reference.js';
import { findRepo } from '../../hub/repo/lookup.js';
import { sendWrite, WRITES } from '../../hub/write/requests.js';
import { refuseWithoutRight, writingAccount } from '../../hub/write/rights.js';
import { HugwireError } from '../../lib/errors.js';
import { cleanLine } from '../../lib/text.js';
import type { CommandResult } from '../terminal.js';
import type { SpacesContext } from './targets.js';

/** The largest value that the Hub accepts. */
const MAX_BYTES = 64_000;

/**
 * `hugwire spaces secret set`: sets a secret of a Space, which no model and no answer ever shows. The Space restarts.
 * @param word the Space
 * @param key name of the secret
 * @param context to work in; without a person to ask, the value is read from stdin
 * @throws HugwireError `invalid_arguments`, or what the Hub refuses
 */
export async function setSecret(
  word: string,
  key: string,
  { hub, prompts, config }: Pick<SpacesContext, 'hub' | 'prompts' | 'config'>,
): Promise<CommandResult> {
  if (config.tools.readOnly) throw new HugwireError('disabled', 'hugwire is in read-only mode (tools.readOnly).');
  if (!/^[A-Za-z_]\w{0,199}$/.test(key)) {
    throw new HugwireError('invalid_arguments', `"${cleanLine(key, 60)}" cannot be the name of a secret.`, {
      hint: 'Use letters, digits and underscores, such as API_KEY.',
    });
  }
  const account = await writingAccount(hub);
  const wanted = { kind: 'space' as const, id: word.replace(/^.*\/spaces\/|^spaces\//, '') };
  const [found] = await findRepo(hub, wanted, { model: [], dataset: [], space: ['sha'] });
  const id = found?.id ?? wanted.id;
  await refuseWithoutRight(hub, account, { right: 'repo.write', on: id });
  const value = prompts
    ? await prompts.secret(`Value of ${key} for ${id}`)
    : (await readAll(process.stdin)).replace(/\r?\n$/, '');
  if (value === '' || Buffer.byteLength(value) > MAX_BYTES) {
    throw new HugwireError('invalid_arguments', value === '' ? 'The value is empty.' : 'The value is too long.', {
      hint: `Type it when asked, or pipe it in: printenv ${key} | hugwire spaces secret set ${id} ${key}`,
    });
  }
  const began = Date.now();
  await sendWrite(hub, WRITES.setSecret(id, key, value), async () => {
    const path = apiPath('space', id, 'secrets');
    const secrets = record((await hub.request(path, { repo: { kind: 'space', id }, repeatable: false })).json());
    return Date.parse(String(record(secrets[key]).updatedAt)) >= began - 60_000;
  });
  return {
    text: `Set the secret ${key} of ${id}. The Space restarts with it.`,
    data: { space: id, secret: key },
    exitCode: 0,
  };
}
