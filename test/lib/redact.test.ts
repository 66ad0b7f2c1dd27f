import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { hide, redact } from '../../src/lib/text.js';

const SOURCES = fileURLToPath(new URL('../../src/', import.meta.url));

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

describe('what hugwire says itself', () => {
  it('is left as it is: every text in the source, and a hint with the place of a name and a password', () => {
    const texts = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
      .filter((file) => /^(?!world|dashboard).*\.ts$/.test(file))
      .flatMap((file) => {
        const tree = ts.createSourceFile(file, readFileSync(SOURCES + file, 'utf8'), ts.ScriptTarget.Latest);
        const found: string[] = [];
        const visit = (node: ts.Node): void => {
          if (ts.isStringLiteralLike(node)) found.push(node.text);
          // What stands in for a value is a word, as most values are.
          if (ts.isTemplateExpression(node)) {
            found.push([node.head.text, ...node.templateSpans.map(({ literal }) => `value${literal.text}`)].join(''));
          }
          ts.forEachChild(node, visit);
        };
        visit(tree);
        return found;
      });
    expect(texts.length).toBeGreaterThan(2000);
    expect(texts.filter((text) => redact(text) !== text)).toEqual([]);
    const hint = 'Write HTTPS_PROXY=http://<name>:<password>@host:port.';
    expect(redact(hint)).toBe(hint);
    expect(redact('http://<me>:<hunter2hunter2>@host')).toBe('http://[secret]@host');
  });
});
