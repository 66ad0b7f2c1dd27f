import type { Document } from '../hub/document.js';
import { fence } from '../text/sanitize.js';

/**
 * One thing that was read: what it is, what is known of it, what it says, and where it goes on.
 * @param document as it was read; its body is clean
 */
export function renderDocument({ uri, facts, body, next, length, type }: Document): string {
  const [first = type, ...rest] = facts;
  return [
    `${uri} (${first})`,
    ...rest,
    body && fence(body.trimEnd(), uri),
    next !== undefined && continuation(uri, next, length, type),
  ]
    .filter(Boolean)
    .join('\n');
}

function continuation(uri: string, next: number, length: number | undefined, type: Document['type']): string {
  const whole = length === undefined ? '' : ` of ${length}${type === 'folder' ? ' entries' : ''}`;
  return `continues at offset ${next}${whole}: hub_read uris=["${uri}"] offset=${next}`;
}
