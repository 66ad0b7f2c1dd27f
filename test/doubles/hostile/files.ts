import type { Misbehaviour, World } from './misbehaviour.js';

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** Names that must not become a path as they are. */
const ODD_NAMES = [
  '../../escape.txt',
  '..\\..\\escape.txt',
  '/etc/cron.d/escape',
  'C:\\Windows\\escape.txt',
  '\\\\server\\share\\escape.txt',
  '~/escape.txt',
  '.bashrc',
  '..',
  '.',
  '',
  ' ',
  'nul\u0000byte.txt',
  `${'n'.repeat(5000)}.txt`,
  'CON',
  'aux.txt',
  'COM1.png',
  'trailing dot.',
  'trailing space ',
  'stream:hidden.txt',
  'a<b>c|d?e*f".txt',
  'line\nbreak.txt',
  '\u202Egnp.exe',
  '\u001b[31mred.txt',
  '-rf',
  '%2e%2e%2fescape.txt',
  'e\u0301clair.txt',
] as const;

/** Files that are not what they seem, by name. */
export const FILES = {
  'file-names': { outputs: ({ url }) => [ODD_NAMES.map((name) => fileData(url, name))] },
  'file-foreign-url': { outputs: ({ foreignUrl }) => [fileData(foreignUrl, 'picture.png')] },
  'file-foreign-nested': {
    outputs: ({ url, foreignUrl }) => [
      [
        { image: fileData(url, 'own.png'), caption: null },
        { image: fileData(foreignUrl, 'foreign.png'), caption: null },
      ],
    ],
  },
  'file-odd-schemes': {
    outputs: (world) => [
      [
        'file:///etc/passwd',
        'data:image/png;base64,AAAA',
        'javascript:alert(1)',
        'ftp://x/y',
        '//foreign/x',
        'not a url',
      ].map((url) => ({ ...fileData(world.url, 'x.png'), url })),
    ],
  },
  /** Addresses that a Space has no business to send its caller to. */
  'file-private-addresses': {
    outputs: (world) => [
      [
        'http://169.254.169.254/latest/meta-data',
        'http://127.0.0.1:1/x',
        'http://[::1]:1/x',
        'http://localhost:1/x',
      ].map((url) => ({ ...fileData(world.url, 'x.png'), url })),
    ],
  },
  /** The origin of the Space as a user name, a prefix and a sub-domain of another host. */
  'file-lookalike-urls': {
    outputs: (world) => [lookalikes(world).map((url) => ({ ...fileData(world.url, 'x.png'), url }))],
  },
  'file-no-url': { outputs: ({ url }) => [{ ...fileData(url, 'picture.png'), url: null }] },
  'file-server-path': {
    outputs: ({ url }) => [{ ...fileData(url, 'x'), path: '/etc/passwd', url: `${url}/gradio_api/file=/etc/passwd` }],
  },
  'file-odd-fields': {
    outputs: ({ url }) => [
      [
        { ...fileData(url, 'x'), orig_name: { a: 1 } },
        { ...fileData(url, 'x'), size: 'big', mime_type: 7 },
        { ...fileData(url, 'x'), path: null, url: 5 },
        { path: '/tmp/x', meta: { _type: 'gradio.FileData' } },
        { meta: { _type: 'gradio.FileData' } },
      ],
    ],
  },
  'file-wrong-type': {
    outputs: ({ url }) => [fileData(url, 'picture.png')],
    file: { headers: { 'content-type': 'image/png' }, body: '<html><script>alert(1)</script></html>' },
  },
  'file-svg-script': {
    outputs: ({ url }) => [fileData(url, 'picture.svg')],
    file: {
      headers: { 'content-type': 'image/svg+xml' },
      body: '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    },
  },
  'file-many': { outputs: ({ url }) => [Array.from({ length: 300 }, (_, index) => fileData(url, `${index}.png`))] },
} satisfies Record<string, Misbehaviour>;

/** What a file holds unless a misbehaviour says otherwise: a real picture of one pixel. */
export const GOOD_FILE = { headers: { 'content-type': 'image/png' }, body: PNG };

function fileData(origin: string, name: string) {
  const path = '/tmp/gradio/0123/file';
  return {
    path,
    url: `${origin}/gradio_api/file=${path}`,
    size: null,
    orig_name: name,
    mime_type: null,
    is_stream: false,
    meta: { _type: 'gradio.FileData' },
  };
}

function lookalikes({ url, foreignUrl }: World): string[] {
  const own = new URL(url).host;
  const foreign = new URL(foreignUrl).host;
  return [
    `http://${own}@${foreign}/x`,
    `http://${foreign}/${own}/x`,
    `http://${foreign}/x#@${own}`,
    `${url}.evil.test/x`,
  ];
}
