import { describe, expect, it } from 'vitest';
import { HugwireError } from '../../src/lib/errors.js';
import { parseSpaceReference, type SpaceReference } from '../../src/spaces/directory.js';

const HUB = 'https://huggingface.co';
const id = (text: string): SpaceReference => ({ kind: 'id', id: text });
const local = (base: string): SpaceReference => ({ kind: 'local', base });

describe('parseSpaceReference', () => {
  it.each<[string, SpaceReference]>([
    ['owner/name', id('owner/name')],
    [' black-forest-labs/FLUX.1-schnell ', id('black-forest-labs/FLUX.1-schnell')],
    ['spaces/owner/name', id('owner/name')],
    ['hf://spaces/owner/name', id('owner/name')],
    ['https://huggingface.co/spaces/owner/name', id('owner/name')],
    ['https://huggingface.co/spaces/owner/name/', id('owner/name')],
    ['huggingface.co/spaces/owner/name', id('owner/name')],
    ['https://hf.co/spaces/owner/name', id('owner/name')],
    ['https://owner-name.hf.space', { kind: 'subdomain', subdomain: 'owner-name' }],
    ['https://owner-name.hf.space/?view=api', { kind: 'subdomain', subdomain: 'owner-name' }],
    ['HTTPS://Owner-Name.HF.space/gradio_api', { kind: 'subdomain', subdomain: 'owner-name' }],
    ['http://127.0.0.1:7860', local('http://127.0.0.1:7860')],
    ['http://127.0.0.1:7860/', local('http://127.0.0.1:7860')],
    ['http://localhost:7861/sub/app/?x=1#y', local('http://localhost:7861/sub/app')],
    ['http://[::1]:7860', local('http://[::1]:7860')],
    ['127.0.0.1:7860', local('http://127.0.0.1:7860')],
    ['localhost:7860/demo', local('http://localhost:7860/demo')],
    ['http://2130706433:7860', local('http://127.0.0.1:7860')],
    ['http://0x7f.1:7860', local('http://127.0.0.1:7860')],
    ['http://0.0.0.0:7860', local('http://127.0.0.1:7860')],
    ['http://[::]:7860/', local('http://[::1]:7860')],
    ['http://localhost.:7860', local('http://localhost:7860')],
    ['http://127.0.0.1:7860/gradio_api/mcp/', local('http://127.0.0.1:7860')],
    ['http://127.0.0.1:7860/app/config?x=1', local('http://127.0.0.1:7860/app')],
    ['http://192.168.0.10:7860', local('http://192.168.0.10:7860')],
    ['192.168.0.10:7860/app', local('http://192.168.0.10:7860/app')],
    ["http://127.0.0.1:7860/$(id);`x`&y|z'", local('http://127.0.0.1:7860/%24%28id%29%3B%60x%60%26y%7Cz%27')],
    ['gpu-box:7860', local('http://gpu-box:7860')],
    ['http://gpu.local:7860', local('http://gpu.local:7860')],
    ['0.0.0.0:7860', local('http://127.0.0.1:7860')],
    ['http://0.0.0.0:7860/?__theme=dark', local('http://127.0.0.1:7860')],
    ['http://127.0.0.1:7860/?view=api', local('http://127.0.0.1:7860')],
    ['http://127.0.0.1:7860/gradio_api/mcp/sse', local('http://127.0.0.1:7860')],
    ['http://127.0.0.1:7860/app/gradio_api/mcp/?tools=echo', local('http://127.0.0.1:7860/app')],
    ['http://127.0.0.1:7860/gradio_api/call/predict', local('http://127.0.0.1:7860')],
    ['http://127.0.0.1:7860/mcp/sse', local('http://127.0.0.1:7860')],
    ['http://127.0.0.1:7860/run/predict', local('http://127.0.0.1:7860')],
    ['http://127.0.0.1:7860/queue/join', local('http://127.0.0.1:7860')],
    ['http://127.0.0.1:7860/file=/tmp/a/b.png', local('http://127.0.0.1:7860')],
    ['http://127.0.0.1:7860/login', local('http://127.0.0.1:7860')],
    ['* Running on local URL:  http://127.0.0.1:7860', local('http://127.0.0.1:7860')],
    ['Running on public URL: https://0f1a2b.gradio.live', local('https://0f1a2b.gradio.live')],
    ['npx mcp-remote http://127.0.0.1:7860/gradio_api/mcp/sse --transport sse-only', local('http://127.0.0.1:7860')],
    ['<http://127.0.0.1:7860/>', local('http://127.0.0.1:7860')],
    ['`http://[::1]:7860/app`', local('http://[::1]:7860/app')],
    ['"http://127.0.0.1:7860"', local('http://127.0.0.1:7860')],
    ['[my app](http://127.0.0.1:7860)', local('http://127.0.0.1:7860')],
    ['http://127.0.0.1:7860.', local('http://127.0.0.1:7860')],
    ['http://127.0.0.1:7860/app,', local('http://127.0.0.1:7860/app')],
    ['0f1a2b.gradio.live', local('https://0f1a2b.gradio.live')],
    ['http://[fd00::1]:7860', local('http://[fd00::1]:7860')],
    ['https://example.com/owner/name', local('https://example.com/owner/name')],
    ['https://owner-name.hf.space/--replicas/ab1cd/', { kind: 'subdomain', subdomain: 'owner-name' }],
    ['https://owner-name.hf.space/gradio_api/mcp/sse', { kind: 'subdomain', subdomain: 'owner-name' }],
    ['https://owner-name.static.hf.space/index.html', { kind: 'subdomain', subdomain: 'owner-name' }],
    ['owner-name.hf.space', { kind: 'subdomain', subdomain: 'owner-name' }],
    ['https://huggingface.co/spaces/owner/name/tree/main', id('owner/name')],
    ['https://huggingface.co/spaces/owner/name/blob/main/app.py', id('owner/name')],
    ['https://huggingface.co/spaces/owner/name/discussions/3', id('owner/name')],
    ['https://huggingface.co/spaces/owner/name?logs=container', id('owner/name')],
    ['See https://huggingface.co/spaces/owner/name.', id('owner/name')],
    ['http://169.254.169.254/latest/meta-data', local('http://169.254.169.254/latest/meta-data')],
  ])('understands %s', (text, expected) => {
    expect(parseSpaceReference(text, HUB)).toEqual(expected);
  });

  it.each([
    'http://user:pass@127.0.0.1:7860',
    'http://a$(id)b:7860',
    'http://a;reboot;b.local',
    "http://a'b.localhost:7860",
    'ftp://127.0.0.1/x',
    'https://user:pass@0f1a2b.gradio.live',
  ])('blocks %s', (text) => {
    expect(codeOf(text)).toBe('blocked');
  });

  it.each([
    '',
    'name',
    'owner/name/infer',
    'datasets/owner/name',
    'https://huggingface.co/owner/name',
    'papers/2407.21783',
    'owner/na me',
    '../../etc',
    'file:///etc/passwd',
  ])('takes "%s" for no Space', (text) => {
    expect(codeOf(text)).toBe('invalid_arguments');
  });

  it('takes an address of a Space that the user has listed as that of an app', () => {
    expect(parseSpaceReference('https://owner-name.hf.space/app', HUB, ['https://owner-name.hf.space/'])).toEqual(
      local('https://owner-name.hf.space/app'),
    );
  });

  it('says what to do with an endpoint in the id', () => {
    expect(() => parseSpaceReference('owner/name/infer', HUB)).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining('"owner/name" as the Space, and an endpoint by itself'),
      }),
    );
  });

  it('knows the pages of a Hub on this machine from apps on it', () => {
    const hub = 'http://127.0.0.1:9000';
    expect(parseSpaceReference('http://127.0.0.1:9000/spaces/owner/name', hub)).toEqual(id('owner/name'));
    expect(parseSpaceReference('http://127.0.0.1:9000/spaces/owner/name/tree/main', hub)).toEqual(id('owner/name'));
    expect(parseSpaceReference('http://127.0.0.1:7860', hub)).toEqual(local('http://127.0.0.1:7860'));
  });
});

function codeOf(text: string): string {
  try {
    return `taken as ${JSON.stringify(parseSpaceReference(text, HUB))}`;
  } catch (error) {
    if (error instanceof HugwireError) return error.code;
    throw error;
  }
}
