import { cleanText, decodePercent } from '../lib/text.js';

/** Anything shorter may be an ordinary word. */
const MIN_TOKEN = 8;

/**
 * Looks for a token in bytes that come in pieces: as text in UTF-8, UTF-16 or UTF-32, and as base64, which is how it stands in
 * an `Authorization: Basic` or within an attachment.
 */
export class TokenSearch {
  readonly #patterns: Buffer[];
  readonly #overlap: number;
  #tail: Uint8Array = new Uint8Array();

  /** @param token that is looked for; there may be none */
  constructor(token: string | undefined) {
    this.#patterns = token === undefined || token.length < MIN_TOKEN ? [] : spellings(token);
    this.#overlap = Math.max(0, ...this.#patterns.map(({ length }) => length - 1));
  }

  /**
   * @param piece the next bytes; what began in the one before is found too
   * @returns whether the token stands there
   */
  sees(piece: Uint8Array): boolean {
    if (this.#patterns.length === 0) return false;
    // Large files come in many pieces: only where two meet are bytes copied.
    const seam = Buffer.concat([this.#tail, piece.subarray(0, this.#overlap)]);
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    const end = piece.length < this.#overlap ? seam : Buffer.from(piece.subarray(-this.#overlap));
    this.#tail = end.subarray(Math.max(0, end.length - this.#overlap));
    return this.#patterns.some((pattern) => seam.includes(pattern) || bytes.includes(pattern));
  }
}

function spellings(token: string): Buffer[] {
  const bytes = Buffer.from(token);
  // Without the zeros around it, a wide spelling is the same in either order of bytes.
  const wide = [2, 4].map((width) => {
    const spread = Buffer.alloc(bytes.length * width - (width - 1));
    for (const [at, byte] of bytes.entries()) spread[at * width] = byte;
    return spread;
  });
  // What stands before and behind the token changes the first and last characters only.
  const encoded = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    return text.slice([0, 2, 3][shift], Math.floor(((shift + bytes.length) * 8) / 6));
  });
  const forUrls = encoded.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [bytes, ...wide, ...[...new Set([...encoded, ...forUrls])].map((text) => Buffer.from(text))];
}

/**
 * Whether a token stands in an argument, also where invisible characters or percent signs hide it.
 * @param value of an argument
 * @param token in use
 */
export function argumentHoldsToken(value: unknown, token: string | undefined): boolean {
  const text = JSON.stringify(value) ?? '';
  const decoded = decodePercent(text);
  return [...new Set([text, decoded, cleanText(decoded)])].some((one) => new TokenSearch(token).sees(Buffer.from(one)));
}

/** Names that hold secrets wherever they lie; hidden ones are told apart before. */
const SECRET_NAMES = [
  /^id_(?:rsa|dsa|ecdsa|ed25519|xmss)/i,
  /\.(?:pem|key|p8|p12|pfx|pkcs12|ppk|jks|keystore|kdbx?|asc|gpg|ovpn|agekey|keychain(?:-db)?|1pif|1pux|agilekeychain|tfvars|wallet)$/i,
  /\.env(?:\.|$)/i,
  /^_?netrc$/i,
  /^(?:_?npmrc|pgpass(?:\.conf)?|git-credentials|rclone\.conf)$/i,
  /(?:^|[._-])kubeconfig(?:[._-]|$)/i,
  /\.tfstate(?:\.|$)/i,
  /^service[._-]?account.*\.json$/i,
  /^client[._-]?secrets?.*\.json$/i,
  /firebase-adminsdk[\w-]{0,80}\.json$/i,
  /^utc--.*--[0-9a-f]{40}(?:\.json)?$/i,
  /^(?:authorized_keys|known_hosts|shadow|htpasswd|wallet\.dat|stored_tokens|web\.config|ntds\.dit)$/i,
  /^(?:login data|web data|local state|cookies|logins\.json|key[34]\.db|cert9\.db|signons\.sqlite|cookies\.sqlite)(?:-journal)?$/i,
  /^(?:bash|zsh|sh|fish|python|node_repl|psql|mysql|sqlite|irb|less|consolehost)_?history(?:\.txt)?$/i,
  /^credentials?(?:[._ -](?!.*\.(?:png|jpe?g|gif|webp|svg|mp[34]|wav|mov|webm)$).*)?$/i,
  /^(?:.*[._ -])?(?:recovery|backup)[._ -]?codes?(?:[._ -].*)?\.(?:txt|md|pdf|csv)$/i,
  /^(?:.*[._-])?(?:tokens?|credentials?|secrets?|passwords?|passwd)(?:\.(?:txt|json|ya?ml|toml|ini|cfg|conf|csv|xml|db|sqlite))?$/i,
];

/**
 * Whether a file or directory is called as those that hold secrets.
 * @param name without its directories
 */
export function isSecretName(name: string): boolean {
  // Windows drops dots and blanks at the end.
  return SECRET_NAMES.some((pattern) => pattern.test(name.replace(/(?<![. ])[. ]+$/, '')));
}

/** Bytes of a file that are looked through for credentials. */
export const CREDENTIAL_BYTES = 2 ** 20;

/** Such as cannot stand anywhere by chance. */
const CREDENTIALS: [what: string, pattern: RegExp][] = [
  ['a private key', /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/],
  ['a private key', /PuTTY-User-Key-File-\d|AGE-SECRET-KEY-1[0-9A-Z]{50}/],
  ['a Hugging Face token', /(?<![A-Za-z0-9])(?:hf_|api_org_)[A-Za-z0-9]{30}/],
  ['an AWS access key', /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/],
  ['an AWS secret key', /aws_?(?:secret_?access_?key|session_?token)["']?\s{0,9}[=:]\s{0,9}["']?[A-Za-z0-9/+=]{40}/i],
  ['a Google API key', /(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/],
  ['a Google credential', /(?<![A-Za-z0-9])(?:ya29\.[A-Za-z0-9_-]{20}|GOCSPX-[A-Za-z0-9_-]{24})/],
  ['a Google credential', /"type"\s{0,9}:\s{0,9}"(?:service_account|authorized_user|external_account)"/],
  ['an Azure key', /(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{42,88}={1,2}/i],
  ['an Azure key', /(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~.-])/],
  ['an Azure signature', /[?&]sig=[A-Za-z0-9%+/]{40,100}(?:%3D|=)/i],
  ['a GitHub token', /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{50})/],
  ['a GitLab token', /(?<![A-Za-z0-9])gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|oas)-[A-Za-z0-9_-]{20}/],
  ['a Slack token', /(?<![A-Za-z0-9])(?:xox[abeoprs]-[A-Za-z0-9-]{20}|xapp-\d-[A-Za-z0-9-]{20})/],
  ['a Slack webhook', /hooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9/]{20}/],
  ['an Anthropic key', /(?<![A-Za-z0-9])sk-ant-[A-Za-z0-9_-]{20}/],
  ['an OpenAI key', /(?<![A-Za-z0-9])sk-(?:(?:proj|svcacct|admin|None|or-v1)-[A-Za-z0-9_-]{40}|[A-Za-z0-9]{40})/],
  ['a Groq, xAI or Replicate key', /(?<![A-Za-z0-9])(?:gsk_[A-Za-z0-9]{48}|xai-[A-Za-z0-9]{60}|r8_[A-Za-z0-9]{37})/],
  ['an npm token', /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}|:_(?:authToken|password|auth)\s{0,9}=\s{0,9}["']?[^\s"'$]{8}/],
  ['a PyPI token', /(?<![A-Za-z0-9])pypi-[A-Za-z0-9_-]{50}/],
  ['a Stripe key', /(?<![A-Za-z0-9])[rs]k_(?:live|test)_[A-Za-z0-9]{20}/],
  ['a SendGrid key', /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}/],
  ['a Telegram token', /(?<![A-Za-z0-9])\d{8,10}:AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])/],
  [
    'a Docker, DigitalOcean or Linear token',
    /(?<![A-Za-z0-9])(?:dckr_[po]at_[\w-]{20}|do[opr]_v1_[0-9a-f]{64}|lin_api_\w{40})/,
  ],
  [
    'a Databricks, Vault or Shopify token',
    /(?<![A-Za-z0-9])(?:dapi[0-9a-f]{32}|hv[sbr]\.[\w-]{24}|shp(?:at|ca|pa|ss)_[0-9a-f]{32})/,
  ],
  ['a Notion token', /(?<![A-Za-z0-9])(?:secret|ntn)_[A-Za-z0-9]{43}(?![A-Za-z0-9])/],
  ['a JSON web token', /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10}/],
  ['a WireGuard key', /PrivateKey\s{0,9}=\s{0,9}[A-Za-z0-9+/]{43}=/],
  ['a Kubernetes key', /client-key-data:\s{0,9}[A-Za-z0-9+/=]{40}/],
];

/** Such as only mean something in text. */
const IN_TEXT: typeof CREDENTIALS = [
  [
    'a password of .netrc',
    /\b(?:machine\s{1,9}\S{1,200}|default)\s{1,9}(?:login|password)\s{1,9}\S{1,200}\s{1,9}(?:login|password|account)\s{1,9}\S/,
  ],
  [
    'a password in an address',
    /\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s/:@"'<>{}$]{1,100}:(?!(?:password|passwd|pass|pwd|secret|token|x+|\*+|\.+)@)[^\s/@"'<>{}$]{3,200}@[\w.[-]/i,
  ],
  ['password hashes', /^[a-z_][a-z0-9_.-]{0,31}:\$(?:1|2[abxy]?|5|6|7|y|apr1|argon2id?)\$/im],
  [
    'a secret setting',
    /^\s{0,9}(?:export\s{1,9})?[A-Z0-9_]{0,40}(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY)\s{0,9}=\s{0,9}["']?(?=[A-Za-z+/=_.~-]{0,60}\d)[A-Za-z0-9+/=_.~-]{16}/m,
  ],
];
const PGPASS_LINE = /^[^\s:#]{1,200}:(?:\d{1,5}|\*):[^\s:]{1,100}:[^\s:]{1,100}:\S{1,200}$/;

/** What looks like a credential, and where. */
export interface FoundCredential {
  /** Such as `a private key`. */
  what: string;
  /** Counted from 1. */
  line: number;
  /** Whether it cannot stand there by chance. */
  isSure: boolean;
}

/**
 * What kind of credential stands in the first bytes of a file.
 * @param head up to `CREDENTIAL_BYTES`
 * @returns undefined where none is known
 */
export function locateCredential(head: Uint8Array): FoundCredential | undefined {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  // Text in UTF-16 and UTF-32 is ASCII with zeros in between; the mark before it belongs to no line.
  const text = bytes
    .toString('latin1')
    .replaceAll('\0', '')
    .replace(/^(?:ÿþ|þÿ|ï»¿)/, '');
  const find = (table: typeof CREDENTIALS, isSure: boolean) => {
    for (const [what, pattern] of table) {
      const at = text.search(pattern);
      if (at !== -1) return { what, line: text.slice(0, at + 1).split('\n').length, isSure };
    }
    return undefined;
  };
  const known = find(CREDENTIALS, true);
  if (known) return known;
  const controls = text.slice(0, 4096).match(CONTROLS)?.length ?? 0;
  if (controls > 8) return undefined;
  const lines = text
    .slice(0, 65_536)
    .split(/\r?\n/)
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length > 0 && lines.every((line) => PGPASS_LINE.test(line))) {
    return { what: 'a password of .pgpass', line: 1, isSure: false };
  }
  return find(IN_TEXT, false);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what text does not hold
const CONTROLS = /[\u0001-\u0008\u000e-\u001a\u001c-\u001f]/g;
