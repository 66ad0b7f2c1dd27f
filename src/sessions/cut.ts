import { formatBytes } from '../lib/format.js';
import { cutText, hide, redact } from '../lib/text.js';

/** How much of a value is kept. */
export interface CutLimits {
  /** Characters of one text. */
  text: number;
  /** Items of one list, members of one object. */
  items: number;
  /** Levels of lists and objects. */
  depth: number;
  /** Characters of all texts together. */
  total: number;
}

const ARGUMENT_LIMITS: CutLimits = { text: 2000, items: 50, depth: 6, total: 16_000 };

/** The value of such a member is a secret, whatever it looks like. */
const SECRET_NAME = /(?:token|secret|password|passwd|api[_-]?key|authorization)$/i;
const DATA_URL = /data:([\w.+-]+\/[\w.+-]+)?(?:;[\w.=+-]+)*,[A-Za-z0-9+/=%_-]{64,}/g;
/** No word and no path of a person is that long. */
const BASE64 = /[A-Za-z0-9+/_-]{256,}={0,2}/g;
/** Read beyond the cut, so that no secret is cut in two and the half of it kept. */
const SLACK = 256;

/**
 * Text as a journal keeps it: secrets and encoded files taken out, then cut.
 * @param text any text
 * @param maxLength UTF-16 units at most
 * @param secrets values that must not be kept, whatever their form
 */
export function cutSecretly(text: string, maxLength: number, secrets: Iterable<string> = []): string {
  const longest = Math.max(SLACK, ...[...secrets].map(({ length }) => length));
  const isLonger = text.length > maxLength + longest;
  let head = isLonger ? text.slice(0, maxLength + longest) : text;
  for (const secret of secrets) head = hide(head, secret);
  const clean = redact(head)
    .replace(DATA_URL, (_, type: string | undefined) => `[data URL${type ? ` of ${type}` : ''}]`)
    .replace(BASE64, (run) => `[${run.length} encoded characters]`);
  // What was taken out may have made it short, though there was more.
  return isLonger ? `${cutText(clean, maxLength - 1)}…` : cutText(clean, maxLength);
}

/**
 * A value as a journal keeps it: the same shape, with secrets taken out and all that is long, wide or deep cut.
 * @param value as JSON has it; anything else is left out
 * @param secrets values that must not be kept
 * @param limits how much is kept
 */
export function cutValue(value: unknown, secrets: Iterable<string> = [], limits = ARGUMENT_LIMITS): unknown {
  let room = limits.total;
  const cut = (one: unknown, depth: number): unknown => {
    if (typeof one === 'string') {
      // An encoded file says only how large it was.
      if (one.length > limits.text && /^data:[^\s]{0,100},/.test(one)) return `[data URL, ${formatBytes(one.length)}]`;
      const text = cutSecretly(one, Math.max(1, Math.min(limits.text, room)), secrets);
      room -= text.length;
      return text;
    }
    if (one === null || typeof one !== 'object') return typeof one === 'bigint' ? String(one) : one;
    if (depth >= limits.depth || room <= 0) return '…';
    if (Array.isArray(one)) {
      const kept = one.slice(0, limits.items).map((item) => cut(item, depth + 1));
      return one.length > limits.items ? [...kept, `… ${one.length - limits.items} more`] : kept;
    }
    const names = Object.keys(one);
    const kept = names.slice(0, limits.items).map((name) => {
      const member = (one as Record<string, unknown>)[name];
      const isSecret = SECRET_NAME.test(name) && typeof member !== 'boolean' && (member ?? '') !== '';
      room -= name.length;
      return [cutSecretly(name, 100, secrets), isSecret ? '[secret]' : cut(member, depth + 1)];
    });
    if (names.length > limits.items) kept.push(['…', `${names.length - limits.items} more`]);
    return Object.fromEntries(kept);
  };
  return cut(value, 0);
}
