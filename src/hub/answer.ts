import { HugwireError } from '../errors.js';
import type { HubAnswer } from './types.js';

/**
 * Gives the parts of an answer their readers.
 * @param parts what came from the Hub or from the cache
 */
export function makeAnswer(parts: Omit<HubAnswer, 'text' | 'json'>): HubAnswer {
  const text = () => new TextDecoder().decode(parts.bytes);
  return { ...parts, text, json: <T>() => parseJson<T>(text(), parts) };
}

function parseJson<T>(text: string, { url, headers }: Pick<HubAnswer, 'url' | 'headers'>): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const what = isWebPage(headers) || /^\s*</.test(text) ? 'a web page' : 'broken JSON';
    throw new HugwireError('unavailable', `${new URL(url).host} answered with ${what} where JSON was due.`, {
      hint: 'A proxy or a login page may stand between; check HF_ENDPOINT and the network, then try again.',
      cause,
    });
  }
}

/**
 * Whether the answer is HTML. No API of the Hub gives that: it comes from a proxy or a login page in between.
 * @param headers of the answer
 */
export function isWebPage(headers: Headers): boolean {
  return headers.get('content-type')?.includes('html') ?? false;
}
