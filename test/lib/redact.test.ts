import { describe, expect, it } from 'vitest';
import { hide, redact } from '../../src/lib/text.js';

describe('redaction', () => {
  it.each([
    ['a user token', 'token hf_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789 here', 'token [token] here'],
    ['an OAuth token', 'hf_oauth_eyJhbGciOiJ.abc-def_ghi', '[token]'],
    ['an OIDC token', 'hf_jwt_eyJhbGciOiJ.abc.def', '[token]'],
    ['a token of an organisation', 'api_org_AbCdEfGhIjKl', '[token]'],
    ['a token behind an underscore', 'HF_TOKEN_hf_AbCdEfGhIjKl', 'HF_TOKEN_[token]'],
    ['a token in JSON', '{"token":"hf_AbCdEfGhIjKl"}', '{"token":"[token]"}'],
    ['a bare JWT', 'jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.s-ig_1', 'jwt [token]'],
    ['a token at the end of a sentence', 'It is hf_AbCdEfGhIjKl.', 'It is [token].'],
    ['a header', 'authorization: Bearer abc123def456', 'authorization: Bearer [token]'],
    ['a header of a proxy', 'Proxy-Authorization: Basic bWU6cGFzc3dvcmQ=', 'Proxy-Authorization: Basic [token]'],
    ['a password in a URL', 'http://me:pass@proxy:3128/x', 'http://[secret]@proxy:3128/x'],
    ['a password in an address of another kind', 'socks5://me:pass@proxy:1080', 'socks5://[secret]@proxy:1080'],
    ['a signature of S3', 'https://s3/x?a=1&X-Amz-Signature=abc&b=2', 'https://s3/x?a=1&X-Amz-Signature=[secret]&b=2'],
    [
      'a signature of the content network',
      'x?Signature=a~b&Key-Pair-Id=K1',
      'x?Signature=[secret]&Key-Pair-Id=[secret]',
    ],
    ['a signature of a Space', 'https://a.hf.space/?__sign=eyJ', 'https://a.hf.space/?__sign=[secret]'],
    [
      'a token in a query',
      '/x?token=abc&access_token=d&api_key=e',
      '/x?token=[secret]&access_token=[secret]&api_key=[secret]',
    ],
  ])('%s', (_title, given, clean) => {
    expect(redact(given)).toBe(clean);
    expect(redact(clean)).toBe(clean);
  });

  it.each([
    'Basic understanding of Bearer authentication',
    'The Hub answered with status 400.',
    'https://huggingface.co/a/b?limit=10&sort=likes',
    'shelf_something_long',
    'half_precision_weights',
  ])('leaves alone: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  it('takes a million hostile characters', () => {
    for (const piece of ['hf_', 'Bearer ', 'https://a:', '?token=', 'eyJ', 'eyJaaaaaaaa.', 'a', 'Basic aaaa']) {
      expect(redact(piece.repeat(1_000_000 / piece.length)).length).toBeGreaterThan(0);
    }
  });
});

describe('a known value', () => {
  it('goes wherever it stands, whatever it looks like', () => {
    expect(hide('a p@ss.word+1 b p@ss.word+1', 'p@ss.word+1')).toBe('a [token] b [token]');
    expect(hide('$& stays', 'not in it')).toBe('$& stays');
  });

  it('stays when it is too short to be a secret, or not there', () => {
    expect(hide('the model', 'model')).toBe('the model');
    expect(hide('the model', undefined)).toBe('the model');
    expect(hide('the model', '')).toBe('the model');
  });
});
