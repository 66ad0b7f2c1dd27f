import type { Faults } from './faults.js';
import { type Answered, type Listener, listen } from './listener.js';
import { serveContent } from './ranges.js';
import { decode } from './router.js';
import { findBlob } from './world.js';

/**
 * Starts the listener that stands for the Hub's content network: large files by their hash, from an origin of its own
 * that has no business with anybody's token.
 */
export function serveCdn(faults: Faults): Promise<Listener> {
  return listen(0, faults, async ({ message, url }): Promise<Answered> => {
    const hash = /^\/blobs\/([0-9a-f]{64})$/.exec(decode(url.pathname))?.[1];
    const file = hash ? findBlob(hash) : undefined;
    if (!hash || !file) {
      const body = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>';
      return { response: { status: 403, headers: { 'Content-Type': 'application/xml' }, body }, headers: {} };
    }
    const name = file.path.split('/').at(-1);
    const response = serveContent(file.content, message.headers.range, {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `inline; filename*=UTF-8''${encodeURIComponent(name ?? '')}; filename="${name}";`,
      ETag: `"${hash}"`,
      'Cache-Control': 'public, max-age=31536000',
    });
    return { response, headers: { 'X-Cache': 'Hit from cloudfront' } };
  });
}
