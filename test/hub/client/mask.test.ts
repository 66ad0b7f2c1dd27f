import { describe, expect, it } from 'vitest';
import { maskBytes, maskHeaders } from '../../../src/hub/client/exchange.js';

const TOKEN = 'correct-horse.battery~staple';

describe('maskBytes', () => {
  it('takes the token out and keeps every other byte', () => {
    const around = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const bytes = Buffer.concat([around, Buffer.from(TOKEN), around, Buffer.from(TOKEN)]);
    const expected = Buffer.concat([around, Buffer.from('[token]'), around, Buffer.from('[token]')]);
    expect(Buffer.from(maskBytes(bytes, TOKEN)).equals(expected)).toBe(true);
  });

  it('sees only its own part of a larger buffer', () => {
    const whole = Buffer.from(`${TOKEN} and more`);
    expect(Buffer.from(maskBytes(whole.subarray(TOKEN.length), TOKEN)).toString()).toBe(' and more');
  });

  it.each([undefined, TOKEN])('gives the very same bytes where there is nothing to mask (%s)', (token) => {
    const bytes = Buffer.from('nothing');
    expect(maskBytes(bytes, token)).toBe(bytes);
  });
});

it('maskHeaders takes the token out of every header', () => {
  const headers = maskHeaders(new Headers({ etag: '"1"', link: `<https://x/?t=${TOKEN}>; rel="next"` }), TOKEN);
  expect(Object.fromEntries(headers)).toEqual({ etag: '"1"', link: '<https://x/?t=[token]>; rel="next"' });
});
