import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { argumentHoldsToken, isSecretName, locateCredential, TokenSearch } from '../../src/spaces/secrets.js';

const findKind = (bytes: Buffer) => locateCredential(bytes)?.what;

const TOKEN = `hf_${'aBcD1234'.repeat(4)}xy`;
/** Put together here, so that no scanner takes these for real. */
const many = (text: string, count: number) => text.repeat(count);
const utf32 = (text: string) => Buffer.from([...Buffer.from(text)].flatMap((byte) => [byte, 0, 0, 0]));

describe('a token', () => {
  const sees = (bytes: Uint8Array, pieces = bytes.length) => {
    const search = new TokenSearch(TOKEN);
    let seen = false;
    for (let at = 0; at < bytes.length; at += pieces) seen = search.sees(bytes.subarray(at, at + pieces)) || seen;
    return seen;
  };
  const spellings: [string, Buffer][] = [
    ['as text', Buffer.from(TOKEN)],
    ['in UTF-16', Buffer.from(TOKEN, 'utf16le')],
    ['in UTF-16 the other way round', Buffer.from(TOKEN, 'utf16le').swap16()],
    ['in UTF-32', utf32(TOKEN)],
    ['as base64', Buffer.from(Buffer.from(`user:${TOKEN}`).toString('base64'))],
    ['as base64, moved by one', Buffer.from(Buffer.from(`u:${TOKEN}@`).toString('base64'))],
    ['as base64, moved by two', Buffer.from(Buffer.from(`us:${TOKEN}!!`).toString('base64url'))],
  ];

  it.each(spellings)('%s is seen anywhere, across any border of the pieces', (_, spelling) => {
    for (const before of [0, 1, 65_530, 65_536, 3_000_001]) {
      expect(sees(Buffer.concat([randomBytes(before), spelling, randomBytes(100)]), 65_536), String(before)).toBe(true);
    }
    for (let size = 1; size < 60; size += 7) {
      expect(sees(Buffer.concat([Buffer.from('text '), spelling, Buffer.from(' text')]), size), String(size)).toBe(
        true,
      );
    }
  });

  it('is seen nowhere else', () => {
    expect(sees(randomBytes(2_000_000), 65_536)).toBe(false);
    expect(sees(Buffer.from(TOKEN.slice(0, -1)))).toBe(false);
    expect(new TokenSearch(undefined).sees(Buffer.from(TOKEN))).toBe(false);
    // An ordinary word.
    expect(new TokenSearch('secret').sees(Buffer.from('a secret'))).toBe(false);
  });

  it.each<[string, unknown]>([
    ['a text', `my token is ${TOKEN}`],
    ['a list in an object', { a: [{ b: TOKEN }] }],
    ['a name', { [TOKEN]: 1 }],
    ['an address', `https://example.com/?q=${TOKEN.replace('_', '%5F')}`],
    ['an address that is encoded twice', `https://example.com/?q=${TOKEN.replace('_', '%255F')}`],
    ['a text with marks that nobody sees', `${TOKEN.slice(0, 9)}\u200b\u00ad${TOKEN.slice(9)}`],
    ['base64', Buffer.from(`Bearer ${TOKEN}`).toString('base64')],
  ])('in %s is an argument that holds it', (_, value) => {
    expect(argumentHoldsToken(value, TOKEN)).toBe(true);
    expect(argumentHoldsToken(value, `hf_${many('other000', 4)}`)).toBe(false);
    expect(argumentHoldsToken(value, undefined)).toBe(false);
  });
});

const CREDENTIALS: [what: string, text: string][] = [
  ['a private key', `# my key\n\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb`],
  ['a private key', `{"private_key": "-----BEGIN PRIVATE KEY-----\\nMII"}`],
  ['a private key', `-----BEGIN PGP PRIVATE KEY BLOCK-----`],
  ['a private key', 'PuTTY-User-Key-File-3: ssh-ed25519'],
  ['a Hugging Face token', `token = hf_${many('abcDEF1234', 4)}`],
  ['an AWS access key', `key AKIA${many('ABCD2345', 2)} end`],
  ['an AWS secret key', `aws_secret_access_key = ${many('abcdE/+789', 4)}`],
  ['a Google API key', `AIza${many('aBcDe', 7)}`],
  ['a Google credential', '{ "type": "service_account", "project_id": "x" }'],
  ['an Azure key', `AccountName=x;AccountKey=${many('abcdE+/789', 8)}abcdef==;`],
  ['an Azure signature', `https://x.blob.core.windows.net/a?sv=1&sig=${many('abcdefgh12', 4)}abc%3D`],
  ['a GitHub token', `ghp_${many('abcDEF', 6)}`],
  ['a GitHub token', `github_pat_${many('abcDEF1234', 6)}`],
  ['a GitLab token', `glpat-${many('abcDEF1234', 2)}`],
  ['a Slack token', `xoxb-1234567890-${many('abcDEF1234', 2)}`],
  ['an Anthropic key', `sk-ant-api03-${many('abcDEF1234', 3)}`],
  ['an OpenAI key', `sk-proj-${many('abcDEF1234', 5)}`],
  ['an OpenAI key', `OPENAI_API_KEY=sk-${many('abcDEF1234', 5)}`],
  ['an npm token', `//registry.npmjs.org/:_authToken=npm_${many('abcDEF', 6)}`],
  ['a PyPI token', `pypi-${many('AgEIcHlwaS', 6)}`],
  ['a Stripe key', `sk_live_${many('abcDEF1234', 3)}`],
  ['a JSON web token', `eyJ${many('hbGciOi', 4)}.eyJ${many('zdWIiOi', 4)}.${many('sig', 10)}`],
  ['a password of .netrc', 'machine example.com\n  login me\n  password hunter22'],
  ['a password of .pgpass', '# mine\ndb.example.com:5432:app:me:hunter22\n*:*:*:me:hunter22\n'],
  ['a password in an address', 'https://me:hunter22@github.com'],
  ['password hashes', 'root:$6$abcdefgh$xyz:19000:0:99999:7:::'],
  ['a secret setting', 'PORT=80\nexport SESSION_SECRET="abc123def456ghi789"\n'],
];

describe('a credential', () => {
  it.each(CREDENTIALS)('is found: %s', (what, text) => {
    for (const before of ['', 'notes\n\n', `${many('lorem ipsum dolor ', 50_000)}\n`]) {
      // A file of passwords alone is told by all of its lines.
      if (what.endsWith('.pgpass') && before !== '') continue;
      expect(findKind(Buffer.from(before + text))).toBe(what);
    }
    expect(findKind(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]))).toBe(what);
    expect(findKind(Buffer.from(text, 'utf16le').swap16())).toBe(what);
  });

  it('is found within bytes, where it stands there by no chance', () => {
    expect(findKind(Buffer.concat([randomBytes(5000), Buffer.from(` ghp_${many('abcDEF', 6)} `)]))).toBe(
      'a GitHub token',
    );
  });

  it.each<[string, string]>([
    ['prose', 'The password for machine learning: default to curiosity. Passwords are a bad idea, tokens too.'],
    ['code', 'const token = process.env.HF_TOKEN; hf_hub_download(repo_id=repo); model.sk-learn'],
    [
      'a model card',
      'license: mit\nbase_model: meta-llama/Llama-2-7b\nTOKENIZER=meta-llama/Llama-2-7b-chat-hf\nMAX_TOKENS=4096',
    ],
    [
      'documentation',
      'postgres://user:password@localhost/db, https://$USER:$PASSWORD@host, https://<user>:<password>@host',
    ],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nMIIB\n-----BEGIN CERTIFICATE-----'],
    ['a table', 'time:12:05:30:ok\nname,key,value\nAKIA,short,1\n'],
    ['style sheets', `.sk-circle-fade-dot-container-with-a-very-long-name { color: red }`],
    ['an embedded picture', `<img src="data:image/png;base64,${randomBytes(200_000).toString('base64')}">`],
    ['hashes', `${randomBytes(32).toString('hex')}  model.safetensors\n${randomBytes(20).toString('hex')}  a`],
    ['settings', 'DEBUG=true\nTOKEN=$HF_TOKEN\nSECRET_KEY=<your secret>\nPASSWORD=changeme\n'],
  ])('is not seen in %s', (_, text) => {
    expect(findKind(Buffer.from(text))).toBeUndefined();
  });

  it('is not seen in noise', () => {
    for (let run = 0; run < 20; run += 1) expect(locateCredential(randomBytes(2 ** 20))).toBeUndefined();
  });

  it('is looked for in time that grows with the text', () => {
    const motifs = [
      'eyJ-',
      'eyJa.',
      'machine ',
      'machine a login ',
      'a://b:',
      'sk-ant-',
      '-----BEGIN ',
      'A_',
      '\n ',
      '1:2:',
      '\n\n',
      '&sig=',
      'AccountKey=A',
      '%41',
      'default password',
    ];
    const seconds = (motif: string, length: number) => {
      const bytes = Buffer.from(motif.repeat(Math.ceil(length / motif.length)).slice(0, length));
      const { user } = process.cpuUsage();
      for (let run = 0; run < 4; run += 1) {
        locateCredential(bytes);
        argumentHoldsToken(bytes.toString(), TOKEN);
      }
      return process.cpuUsage({ user, system: 0 }).user;
    };
    for (const motif of motifs) {
      seconds(motif, 40_000);
      expect(seconds(motif, 640_000) / Math.max(2_000, seconds(motif, 40_000)), motif).toBeLessThan(32);
    }
  }, 60_000);
});

describe('a name', () => {
  it.each([
    'client_secret_1234.apps.googleusercontent.com.json',
    'client-secrets.json',
    'credentials',
    'credentials.db',
    'credentials-prod.json',
    'my-app-firebase-adminsdk-x1-2.json',
    'UTC--2016-01-01T00-00-00.0Z--0123456789abcdef0123456789abcdef01234567',
    'Login Data',
    'logins.json',
    'key4.db',
    'Cookies',
    'bash_history',
    'ConsoleHost_history.txt',
    'wallet.dat',
    'prod.tfvars',
    'site.ovpn',
    'vault.kdbx',
    'a.jks',
    'id_ed25519. ',
    'recovery-codes.txt',
    'github-recovery-codes.txt',
    'application_default_credentials.json',
    'npmrc',
    'pgpass.conf',
  ])('that holds secrets: %s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each([
    'credentials-form.png',
    'history.txt',
    'a-history-of-art.pdf',
    'local state fair.jpg',
    'tokenizer.json',
    'client_secretary.txt',
    'keys.mp3',
    'barcodes.csv',
    'cookies.jpg',
  ])('that holds none: %s', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});
