import { describe, expect, it } from 'vitest';
import { cutSecretly, cutValue } from '../../src/sessions/cut.js';

const TOKEN = 'hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345';

describe('text of a journal', () => {
  it.each([
    ['short', 'short'],
    [`my token is ${TOKEN}.`, 'my token is [token].'],
    ['https://name:password@example.com/x', 'https://[secret]@example.com/x'],
    [`see data:image/png;base64,${'A'.repeat(500)} there`, 'see [data URL of image/png] there'],
    [`raw ${'QUJD'.repeat(100)}== there`, 'raw [402 encoded characters] there'],
  ])('%j', (text, kept) => {
    expect(cutSecretly(text, 1000)).toBe(kept);
  });

  it('loses no more than what lies behind the cut', () => {
    expect(cutSecretly('abcdefghij', 5)).toBe('abcd…');
    expect(cutSecretly('abcde', 5)).toBe('abcde');
    expect(cutSecretly(`${'word '.repeat(10)}${'QUJD'.repeat(1000)}`, 100)).toMatch(
      /^(?:word ){10}\[\d+ encoded characters\]…$/,
    );
  });

  it('keeps no half of a secret, wherever the cut falls', () => {
    const odd = '(]s3cr3t-of-no-known-form[)';
    for (const secret of [TOKEN, odd]) {
      for (let at = 0; at < secret.length + 2; at += 1) {
        const kept = cutSecretly(`${'x '.repeat(20)}${secret} and more words after it`, 40 + at, [odd]);
        expect(kept, kept).not.toContain(secret.slice(0, 6));
      }
    }
  });
});

describe('a value of a journal', () => {
  it('keeps its shape', () => {
    const value = { text: 'a', number: 1.5, yes: true, none: null, list: ['b', { deep: 'c' }] };
    expect(cutValue(value)).toEqual(value);
  });

  it('holds no secret: neither by its form, nor by its name, nor one that is known', () => {
    const value = {
      headers: { Authorization: 'whatever' },
      api_key: 'k',
      apiKey: 'k',
      hf_token: 'short',
      token: ['a', 'b'],
      secret: { value: 'c' },
      PASSWORD: 1234,
      has_token: true,
      note: `say ${TOKEN}`,
      other: 'the-known-secret',
      [TOKEN]: 1,
      max_tokens: 5,
      tokenizer: 'bert',
      password: '',
    };
    expect(cutValue(value, ['the-known-secret'])).toEqual({
      headers: { Authorization: '[secret]' },
      api_key: '[secret]',
      apiKey: '[secret]',
      hf_token: '[secret]',
      token: '[secret]',
      secret: '[secret]',
      PASSWORD: '[secret]',
      has_token: true,
      note: 'say [token]',
      other: '[token]',
      '[token]': 1,
      max_tokens: 5,
      tokenizer: 'bert',
      password: '',
    });
  });

  it('is cut where it is long, wide or deep', () => {
    const limits = { text: 10, items: 2, depth: 2, total: 1000 };
    expect(cutValue('x'.repeat(50), [], limits)).toBe(`${'x'.repeat(9)}…`);
    expect(cutValue([1, 2, 3, 4], [], limits)).toEqual([1, 2, '… 2 more']);
    expect(cutValue({ a: 1, b: 2, c: 3 }, [], limits)).toEqual({ a: 1, b: 2, '…': '1 more' });
    expect(cutValue({ a: { b: { c: 1 } } }, [], limits)).toEqual({ a: { b: '…' } });
    expect(cutValue(`data:audio/wav;base64,${'QUJD'.repeat(100)}`)).toBe('[data URL of audio/wav]');
    expect(cutValue(`data:audio/wav;base64,${'QUJD'.repeat(5000)}`)).toBe('[data URL, 20 kB]');
  });

  it('stays small whatever is given', () => {
    const wide = (depth: number): unknown =>
      depth === 0 ? 'y '.repeat(5000) : Array.from({ length: 60 }, () => wide(depth - 1));
    const kept = JSON.stringify(cutValue(wide(2)));
    expect(kept.length).toBeLessThan(40_000);
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(JSON.stringify(cutValue(circle))).toContain('…');
  });
});
