import { cleanLine } from '../text/sanitize.js';

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'", nbsp: ' ' };

/** Tags that part words; all others may stand within one. */
const BLOCK_TAG = /<\/?(?:br|div|h[1-6]|hr|li|ol|p|pre|t[dhr]|table|ul)\b[^<>]{0,500}>/gi;

/**
 * What an app wrote for its page as one line of plain text: without HTML, entities, and the quotes of a Python repr that
 * Gradio 4 puts around errors.
 * @param value any value; what is no text becomes ""
 * @param maxLength characters at most
 */
export function plainText(value: unknown, maxLength = 600): string {
  const text = cleanLine(value, maxLength * 4);
  const bare = /^(['"])(.*)\1$/s.exec(text)?.[2] ?? text;
  const plain = bare
    .replace(BLOCK_TAG, ' ')
    .replace(/<\/?[a-z][^<>]{0,500}>/gi, '')
    .replace(/&(lt|gt|amp|quot|#39|nbsp);/g, (_, name: string) => ENTITIES[name] ?? ' ');
  return cleanLine(plain, maxLength);
}
