import { describe, expect, it } from 'vitest';
import { sourceOf } from '../../src/gradio/files.js';

const DATA = 'iVBORw0KGgo=';
const URL_OF_DATA = `data:image/png;base64,${DATA}`;

describe('sourceOf', () => {
  it.each<[string, unknown, string]>([
    ['MCP image', { type: 'image', data: DATA, mimeType: 'image/png' }, URL_OF_DATA],
    ['MCP audio', { type: 'audio', data: DATA, mimeType: 'audio/wav' }, `data:audio/wav;base64,${DATA}`],
    ['MCP resource', { type: 'resource', resource: { uri: 'x://y', mimeType: 'image/png', blob: DATA } }, URL_OF_DATA],
    [
      'MCP resource of text',
      { type: 'resource', resource: { uri: 'x://y', mimeType: 'text/plain', text: 'hé' } },
      `data:text/plain;base64,${Buffer.from('hé').toString('base64')}`,
    ],
    [
      'MCP resource link',
      { type: 'resource_link', uri: 'https://a.example/b.png', name: 'b' },
      'https://a.example/b.png',
    ],
    ['bytes alone', { data: DATA, mimeType: 'image/png' }, URL_OF_DATA],
    ['bytes in data', { data: URL_OF_DATA }, URL_OF_DATA],
    [
      'Anthropic image',
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: DATA } },
      URL_OF_DATA,
    ],
    ['Anthropic link', { type: 'image', source: { type: 'url', url: 'https://a.example/b' } }, 'https://a.example/b'],
    ['Anthropic file', { type: 'document', source: { type: 'file', file_id: 'file_011' } }, 'file_011'],
    ['OpenAI image', { type: 'image_url', image_url: { url: URL_OF_DATA, detail: 'low' } }, URL_OF_DATA],
    ['OpenAI image of text', { type: 'input_image', image_url: URL_OF_DATA }, URL_OF_DATA],
    [
      'OpenAI audio',
      { type: 'input_audio', input_audio: { data: DATA, format: 'wav' } },
      `data:audio/wav;base64,${DATA}`,
    ],
    [
      'OpenAI file',
      { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${DATA}` } },
      `data:application/pdf;base64,${DATA}`,
    ],
    ['OpenAI file id', { type: 'file', file: { file_id: 'file-9xY2abCd' } }, 'file-9xY2abCd'],
    ['OpenAI picture', { b64_json: DATA }, `data:;base64,${DATA}`],
    ['Gemini bytes', { inlineData: { mimeType: 'image/png', data: DATA } }, URL_OF_DATA],
    ['Gemini bytes, other case', { inline_data: { mime_type: 'image/png', data: DATA } }, URL_OF_DATA],
    ['Gemini file', { fileData: { mimeType: 'image/png', fileUri: 'https://g.example/f' } }, 'https://g.example/f'],
    ['Gradio file', { path: '/tmp/a.png', url: 'https://a.example/a.png', meta: {} }, 'https://a.example/a.png'],
    ['Gradio file, sent before', { path: '/tmp/a.png', url: null, orig_name: 'a.png' }, '/tmp/a.png'],
    ['a list of one', [{ type: 'image', data: DATA, mimeType: 'image/png' }], URL_OF_DATA],
    ['JSON text', JSON.stringify({ type: 'image', data: DATA, mimeType: 'image/png' }), URL_OF_DATA],
    ['JSON text of a list', JSON.stringify([{ data: DATA, mimeType: 'image/png' }]), URL_OF_DATA],
    ['a path', '/home/me/a.png', '/home/me/a.png'],
    ['a path that begins with a brace', '{draft} a.png', '{draft} a.png'],
  ])('%s', (_, value, expected) => {
    expect(sourceOf(value)).toBe(expected);
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['a number', 7],
    ['an empty object', {}],
    ['a list of several', ['a', 'b']],
  ])('gives %s back', (_, value) => {
    expect(sourceOf(value)).toBe(value);
  });

  it('does not follow blocks without end', () => {
    const endless: Record<string, unknown> = {};
    endless.source = endless;
    expect(sourceOf(endless)).toBe(endless);
  });
});
