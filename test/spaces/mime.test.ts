import { describe, expect, it } from 'vitest';
import { extensionOf, sniffKind } from '../../src/spaces/save-file.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const WEBP = Buffer.from('524946461a000000574542505650384c0d0000002f00000010071011118888fe0700', 'hex');

describe('sniffKind', () => {
  it.each<[string, Uint8Array, string, string | undefined, string, string]>([
    ['believes the bytes before the name', WEBP, 'x.png', 'image/png', 'image/webp', 'webp'],
    ['believes the name where bytes tell nothing', bytes('a,b'), 'x.csv', undefined, 'text/csv', 'csv'],
    [
      'believes the name of a text in a container',
      bytes('<?xml version="1.0"?><svg/>'),
      'x.SVG',
      undefined,
      'image/svg+xml',
      'svg',
    ],
    ['believes what is claimed last', bytes('hi'), 'x', 'text/plain; charset=utf-8', 'text/plain', 'txt'],
    ['takes no page for a picture', bytes('<html>'), 'x.png', 'image/png', 'application/octet-stream', 'bin'],
    ['nor by a claim alone', bytes('<html>'), 'x', 'image/png', 'application/octet-stream', 'bin'],
    ['nor XML', bytes('<?xml version="1.0"?><a/>'), 'x.png', undefined, 'application/xml', 'xml'],
    ['takes drawings for text', bytes('<svg/>'), 'x.svg', undefined, 'image/svg+xml', 'svg'],
    ['believes the name of bytes that nobody knows', Uint8Array.of(1, 2, 3), 'x.mp3', undefined, 'audio/mpeg', 'mp3'],
    ['knows the usual extension', Uint8Array.of(0), 'x', 'image/jpeg', 'image/jpeg', 'jpg'],
    ['keeps a name that nobody knows', bytes('x'), 'x.abc', 'text/plain', 'text/plain', 'abc'],
    ['knows nothing of empty bytes', bytes(''), 'x', undefined, 'application/octet-stream', ''],
    ['takes no claim that is none', bytes('x'), 'x', 'nonsense', 'application/octet-stream', ''],
    ['takes no claim from the prototype', bytes('x'), 'x', 'constructor/x', 'constructor/x', ''],
  ])('%s', async (_, head, name, told, mimeType, extension) => {
    expect(await sniffKind(head, name, told)).toEqual({ mimeType, extension });
  });
});

describe('extensionOf', () => {
  it.each<[string, string]>([
    ['a.PNG', 'png'],
    ['a.tar.gz', 'gz'],
    ['https://x/a.png?size=2#y', 'png'],
    ['a', ''],
    ['.bashrc', ''],
    ['a.', ''],
    ['a.b/c', ''],
    ['a.toolongtobetrue', ''],
    ['a.p g', ''],
  ])('of %s', (name, extension) => {
    expect(extensionOf(name)).toBe(extension);
  });
});
