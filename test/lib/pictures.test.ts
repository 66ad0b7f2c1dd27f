import { describe, expect, it } from 'vitest';
import { isShowable } from '../../src/lib/pictures.js';

/** Pictures of 6 × 5 pixels, as Pillow writes them. */
const PICTURES: [what: string, mimeType: string, base64: string][] = [
  [
    'a PNG',
    'image/png',
    'iVBORw0KGgoAAAANSUhEUgAAAAYAAAAFCAIAAADpOgqxAAAAHUlEQVR4nGM8ISfHgAqYGBgYLB4+QhZixK6KsBAAJacEDOXupukAAAAASUVORK5CYII=',
  ],
  [
    'a PNG with a palette',
    'image/png',
    'iVBORw0KGgoAAAANSUhEUgAAAAYAAAAFAQMAAABclg+lAAAAA1BMVEUAAACnej3aAAAAC0lEQVR4nGNggAEAAAoAAX+AdF4AAAAASUVORK5CYII=',
  ],
  [
    'a JPEG',
    'image/jpeg',
    '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAKBueIx4ZKCMgoy0qqC+8P//8Nzc8P//////////////////////////////////////////////////////////2wBDAaq0tPDS8P//////////////////////////////////////////////////////////////////////////////wAARCAAFAAYDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwBtFFFI0P/Z',
  ],
  ['a lossless WebP', 'image/webp', 'UklGRiIAAABXRUJQVlA4TBYAAAAvBQABAA/wj/9BHo/5jzS85yei/9EB'],
  ['a lossy WebP', 'image/webp', 'UklGRjAAAABXRUJQVlA4ICQAAABwAQCdASoGAAUADMDOJbACdAFAAAD+2iYRho1+LuxHGSQAAAA='],
  [
    'a moving WebP',
    'image/webp',
    'UklGRrwAAABXRUJQVlA4WAoAAAACAAAABQAABAAAQU5JTQYAAAAAAAAAAABBTk1GWAAAAAAAAAAAAAUAAAQAAAAAAAJWUDggQAAAAFABAJ0BKgYABQABQCYlsAAEdAAA/vFP88eR+TftbLOecOb//wrX7A/iW1v//92vR8ORgEz/+7Bf/7sF/mQAAABBTk1GMAAAAAAAAAAAAAUAAAQAAAAAAABWUDggGAAAADQBAJ0BKgYABQAAACYlpAADcAD+/TZoAA==',
  ],
  [
    'a moving GIF',
    'image/gif',
    'R0lGODdhBgAFAIEAAAD/AMgeHgAAAAAAACwAAAAABgAFAAAIDQADCBwYAADBgwgTBgQAIfkEAQAAAQAsAAAAAAYABQCBAAAAAAAAAAAAAAAACAwAAQgcSLCgwYMCAwIAOw==',
  ],
];

describe('isShowable', () => {
  it.each(PICTURES)('%s that is whole can be shown, also with something behind it', async (_, mimeType, base64) => {
    const bytes = Buffer.from(base64, 'base64');
    expect(await isShowable(bytes, mimeType)).toBe(true);
    expect(await isShowable(Buffer.concat([bytes, Buffer.from('more')]), mimeType)).toBe(true);
  });

  it.each(PICTURES)('%s that is cut off cannot be shown, wherever it ends', async (_, mimeType, base64) => {
    const bytes = Buffer.from(base64, 'base64');
    const lengths = [...bytes.keys()];
    const showable = await Promise.all(lengths.map((length) => isShowable(bytes.subarray(0, length), mimeType)));
    expect(lengths.filter((length) => showable[length])).toEqual([]);
  });

  it('a PNG whose pixels are damaged, or too few for its size, cannot be shown', async () => {
    const png = Buffer.from(PICTURES[0]?.[2] ?? '', 'base64');
    const damaged = Buffer.from(png);
    damaged[50] = (damaged[50] ?? 0) ^ 0xff;
    const taller = Buffer.from(png);
    taller.writeUInt32BE(50, 20);
    expect(await Promise.all([damaged, taller].map((one) => isShowable(one, 'image/png')))).toEqual([false, false]);
  });

  it.each(['image/svg+xml', 'image/tiff', 'text/plain', 'toString', ''])('nothing is shown as %j', async (mimeType) => {
    expect(await isShowable(Buffer.from('<svg/>'), mimeType)).toBe(false);
  });

  it.each(['image/png', 'image/jpeg', 'image/webp', 'image/gif'])('noise is not %s', async (mimeType) => {
    const noise = Buffer.from(Array.from({ length: 4_000 }, (_, at) => (at * 7919) % 256));
    expect(await isShowable(noise, mimeType)).toBe(false);
    expect(await isShowable(Buffer.alloc(4_000), mimeType)).toBe(false);
    expect(await isShowable(Buffer.alloc(4_000, 0xff), mimeType)).toBe(false);
  });
});
