import { HugwireError } from '../errors.js';
import { parseReference } from '../hub/ids.js';
import { isLoopback } from '../hub/origins.js';
import { cleanLine } from '../text/sanitize.js';

/** What a person may mean by a Space. */
export type SpaceReference =
  | { kind: 'id'; id: string }
  /** Of `https://owner-name.hf.space`: only the Hub knows which Space that is. */
  | { kind: 'subdomain'; subdomain: string }
  /** An app on this machine; `base` has no trailing slash. */
  | { kind: 'local'; base: string };

const FORMS =
  'Give owner/name, the address of its page (https://huggingface.co/spaces/owner/name), its https://….hf.space ' +
  'address, or a local app such as http://127.0.0.1:7860.';
const BARE_LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?(?:\/|$)/i;

/**
 * Understands how people name a Space.
 * @param text what was written
 * @param endpoint the configured Hub, whose addresses count as well
 * @throws HugwireError `blocked` for an address that is neither of the Hub nor of this machine, `invalid_arguments` for
 * what is no Space
 */
export function parseSpaceReference(text: string, endpoint: string): SpaceReference {
  const trimmed = text.trim();
  const written = BARE_LOOPBACK.test(trimmed) ? `http://${trimmed}` : trimmed;
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) && URL.canParse(written) ? new URL(written) : undefined;
  // A Hub on this machine is a Hub, not an app.
  const isHub = url !== undefined && url.origin === new URL(endpoint).origin;
  if (url && !isHub) {
    if (isLoopback(url)) return localReference(url, text);
    const subdomain = /^([a-z0-9-]+)\.hf\.space$/.exec(url.hostname)?.[1];
    if (subdomain) return { kind: 'subdomain', subdomain };
    if (/^https?:$/.test(url.protocol) && !/^(?:www\.)?(?:huggingface\.co|hf\.co)$/.test(url.hostname)) {
      throw new HugwireError('blocked', `${cleanLine(url.host, 120)} is no Space of the Hub and not on this machine.`, {
        hint: FORMS,
      });
    }
  }
  return { kind: 'id', id: parseId(written, endpoint) };
}

function localReference(url: URL, text: string): SpaceReference {
  if (!/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new HugwireError('blocked', `"${cleanLine(text, 120)}" is no plain address of a local app.`, { hint: FORMS });
  }
  return { kind: 'local', base: `${url.origin}${url.pathname.replace(/\/+$/, '')}` };
}

function parseId(text: string, endpoint: string): string {
  const reference = parseReference(text, endpoint);
  const shown = cleanLine(text, 120);
  if (reference.type === 'path') {
    throw new HugwireError('invalid_arguments', `"${shown}" is more than the id of a Space.`, {
      hint: `Give "${reference.id}" as the Space, and an endpoint by itself.`,
    });
  }
  if (reference.type !== 'repo' || (reference.kind !== undefined && reference.kind !== 'space')) {
    throw new HugwireError('invalid_arguments', `"${shown}" names no Space.`, { hint: FORMS });
  }
  if (!reference.id.includes('/')) {
    throw new HugwireError('invalid_arguments', `"${shown}" lacks the owner of the Space.`, {
      hint: `${FORMS} hub_search with kinds=["space"] finds it.`,
    });
  }
  return reference.id;
}
