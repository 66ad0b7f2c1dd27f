import { HugwireError } from '../../lib/errors.js';
import { cleanLine, showName } from '../../lib/text.js';
import { type Account, fetchAccount } from '../account/account.js';
import type { HubClient } from '../types.js';

/** What a token must be allowed, as fine-grained tokens name it. */
type Right = 'repo.write' | 'discussion.write' | 'job.write';

const TOKENS_PAGE = 'https://huggingface.co/settings/tokens';

/** What is wanted, and with what. */
interface Wish {
  right: Right;
  /** The id of a repository, or the user or organisation alone where none is there yet. */
  on: string;
  /** What may be done where the owner is somebody else. */
  instead?: string;
}

/**
 * Whose token writes.
 * @param hub the Hub
 * @throws HugwireError `unauthorized` when there is no token, or the Hub does not accept it
 */
export async function writingAccount(hub: HubClient): Promise<Account> {
  const { value, unusable } = await hub.token();
  if (value !== undefined) return fetchAccount(hub);
  const unsent = unusable === undefined ? '' : ` The one that was found is not sent: ${cleanLine(unusable, 200)}.`;
  throw new HugwireError('unauthorized', `Writing to the Hub needs a token, and none was found.${unsent}`, {
    hint: `Make one with write access at ${TOKENS_PAGE}, then run \`hf auth login\` or set HF_TOKEN.`,
  });
}

/**
 * Whether an account may do something with its token, as far as the Hub has said.
 * @param account of `writingAccount`
 * @param wish what is wanted
 */
export function mayDo(account: Account, wish: Wish): boolean {
  return explainLack(account, wish) === undefined;
}

/**
 * Refuses what the token cannot do, before anybody is asked and anything is sent.
 * @param hub the Hub, which tells where the token is from
 * @param account of `writingAccount`
 * @param wish what is wanted
 * @throws HugwireError `unauthorized` that names what is missing and where to get it
 */
export async function refuseWithoutRight(hub: HubClient, account: Account, wish: Wish): Promise<void> {
  // Its owner may just have given the token the right.
  const lack = explainLack(account, wish) && explainLack(await fetchAccount(hub, true), wish);
  if (!lack) return;
  const { source } = await hub.token();
  throw new HugwireError('unauthorized', lack.message.replace('{token}', `The token from ${cleanLine(source, 120)}`), {
    hint: lack.hint,
  });
}

/** Roles in an organisation that only let one look. */
const LOOKING = new Set(['read', 'no_access']);

function explainLack(account: Account, wish: Wish): { message: string; hint: string } | undefined {
  const { token, scopes, name, orgs } = account;
  const { right, on, instead = '' } = wish;
  const [owner = on] = on.split('/');
  if (token.role === 'read') {
    return {
      message: `{token} may only read; ${right} for ${on} is missing.`,
      hint: `Make a token with the role "write", or a fine-grained one with ${right} for ${owner}, at ${TOKENS_PAGE}; then run \`hf auth login\` or set HF_TOKEN.`,
    };
  }
  const writable = [name, ...orgs.filter(({ role }) => !LOOKING.has(role ?? '')).map((org) => org.name)];
  // Anybody may take part in what is discussed beside a repository, and propose changes to it.
  const isOpen = right === 'discussion.write';
  if (!isOpen && !writable.some((one) => one.toLowerCase() === owner.toLowerCase())) {
    return {
      message: `The account ${showName(name)} may not write under ${showName(owner)}.`,
      hint: `It may write under ${writable
        .slice(0, 20)
        .map((one) => showName(one))
        .join(', ')}. ${instead}`.trim(),
    };
  }
  if (!scopes) return undefined;
  const isFor = (scope: string | undefined) =>
    scope === undefined || [owner, on].some((one) => one.toLowerCase() === scope.toLowerCase());
  if (scopes.some((scope) => isFor(scope.name) && scope.permissions.includes(right))) return undefined;
  return {
    message: `{token} is fine-grained and lacks the permission ${right} for ${on}.`,
    hint: `Turn it on for ${owner} at ${TOKENS_PAGE}. A token for an organisation may have to be approved there first.`,
  };
}
