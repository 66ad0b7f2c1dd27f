import { describe, expect, it } from 'vitest';
import { readBody } from '../../src/lib/http.js';

const read = async (response: Response, maxBytes: number) => (await readBody(response, { maxBytes, what: 'It' })).bytes;

describe('readBody', () => {
  it('reads what is allowed', async () => {
    expect(new TextDecoder().decode(await read(new Response('abc'), 3))).toBe('abc');
    expect((await read(new Response(null), 3)).length).toBe(0);
  });

  it('stops reading beyond, and lets go of the rest', async () => {
    let pulled = 0;
    let cancelled = false;
    const body = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(1_000));
      },
      cancel() {
        cancelled = true;
      },
    });
    await expect(read(new Response(body), 2_500)).rejects.toMatchObject({ code: 'too_large' });
    expect(pulled).toBeLessThanOrEqual(5);
    expect(cancelled).toBe(true);
  });

  it('believes a declared length', async () => {
    const response = new Response('abc', { headers: { 'content-length': '99999999' } });
    await expect(read(response, 10)).rejects.toMatchObject({ message: 'It is larger than 10 B.' });
  });
});
