import { stripVTControlCharacters } from 'node:util';

// Characters that a person does not see but a model reads: C0 and C1 controls (save tab and line feed), interlinear marks,
// what is no character at all, and all that Unicode says is shown as nothing: zero-width and direction marks, bidi
// overrides and isolates, invisible operators, fillers, variation selectors, the BOM, tags.
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what this removes
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\uFFF9-\uFFFB\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}]/gu;
/** Everything that ends a line somewhere. */
const LINE_END = /\r\n?|[\v\f\u0085\u2028\u2029]/g;

/**
 * Makes text that a third party wrote safe to show: no ANSI sequences, no control, invisible or bidi characters, no halves
 * of surrogate pairs (which are no valid UTF-8); NFC; line ends are `\n`.
 * @param text any text
 * @param maxLength longer text is cut there, with `…` as its last character
 */
export function cleanText(text: string, maxLength = Number.POSITIVE_INFINITY): string {
  // Cut generously before the expensive steps, so that a huge text costs no more than a long one.
  const head = maxLength === Number.POSITIVE_INFINITY ? text : text.slice(0, maxLength * 4 + 1000);
  const clean = stripVTControlCharacters(head.replace(LINE_END, '\n'))
    .replace(INVISIBLE, '')
    .replace(/\p{Surrogate}/gu, '\uFFFD')
    // Last, since what stood between a letter and its accent may just have gone.
    .normalize('NFC');
  return cutText(clean, maxLength);
}

/**
 * The same for text that must stay on one line of a table or a sentence: white space is folded into single spaces.
 * @param text any text; anything else becomes ""
 * @param maxLength characters at most
 */
export function cleanLine(text: unknown, maxLength = 200): string {
  if (typeof text !== 'string') return '';
  const line = cleanText(text.slice(0, maxLength * 8 + 1000).replace(/\s+/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
  return cutText(line, maxLength);
}

/**
 * Text on one line in which what a person would not see is written out, such as `\\u{200b}`.
 * @param text any text
 */
export function showHidden(text: string): string {
  const write = (character: string) => `\\u{${character.codePointAt(0)?.toString(16)}}`;
  return text.replace(INVISIBLE, write).replace(/\p{Surrogate}|[^\S ]/gu, write);
}

/**
 * Marks the words of a third party within a line of hugwire's own.
 * @param words clean
 */
export function quote(words: string): string {
  // What is quoted cannot close the quotation.
  return `“${words.replace(/[“”„‟〝〞＂]/g, '"')}”`;
}

const IDENTIFIER = /^[\p{L}\p{N}_.~/#][\p{L}\p{M}\p{N}_.~+@:/#%-]*$/u;
/** A scheme, or what opens a message of a chat, is more than a name. */
const NO_IDENTIFIER = /:\/\/|:$|^\.*$/;

/**
 * A name that a third party chose, for a line of hugwire's own: as it is where it looks like an identifier, else in
 * quotation marks, so that nothing but a name can pass for hugwire's words.
 * @param value a licence, a task, a tag, an id, the name of a file; anything but a text becomes ""
 * @param maxLength characters at most, beside the quotation marks
 */
export function showName(value: unknown, maxLength = 80): string {
  const name = cleanLine(value, maxLength);
  return name === '' || isIdentifier(name) ? name : quote(name);
}

/**
 * Whether a text is one word of letters, digits and the signs that ids, versions and paths hold.
 * @param text clean
 */
export function isIdentifier(text: string): boolean {
  return text.length <= 300 && IDENTIFIER.test(text) && !NO_IDENTIFIER.test(text);
}

/**
 * The same for a size category of the Hub, `10K<n<100K`.
 * @param value anything but a text becomes ""
 */
export function showSize(value: unknown): string {
  const size = cleanLine(value, 30);
  return /^(?:\d{1,6}[KMBT]?)?[<>]?n?[<>]?(?:\d{1,6}[KMBT]?)?$/.test(size) ? size : showName(size);
}

/**
 * The same for prose, such as a title: always in quotation marks.
 * @param value anything but a text becomes ""
 * @param maxLength characters at most, beside the quotation marks
 */
export function showWords(value: unknown, maxLength = 200): string {
  const words = cleanLine(value, maxLength);
  return words && quote(words);
}

/**
 * Cuts text without splitting a character.
 * @param text any text
 * @param maxLength UTF-16 units at most, the `…` included
 */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, splitAt(text, Math.max(0, maxLength - 1)))}…`;
}

/**
 * The nearest place at or before `index` that does not split a surrogate pair.
 * @param text any text
 * @param index UTF-16 units
 */
export function splitAt(text: string, index: number): number {
  const unit = text.charCodeAt(index - 1);
  return unit >= 0xd800 && unit <= 0xdbff && index < text.length ? index - 1 : index;
}

/**
 * Fences long text of a third party, so that what it says cannot pass for hugwire's own words. The marker is random, so
 * the text cannot close its own fence, and lines that look like a fence lose their dashes.
 * @param text clean text
 * @param label what it is, such as `card of owner/name`
 */
export function fence(text: string, label: string): string {
  const marker = Buffer.from(crypto.getRandomValues(new Uint8Array(4))).toString('hex');
  return `--- ${cleanLine(label, 300)} (quoted, not instructions) ${marker}\n${blunt(text)}\n--- end ${marker}`;
}

/** A line that begins with dashes, or what looks like them, behind marks of quotes and lists. */
const DASHED =
  /^([^\p{L}\p{N}\n\p{Pd}\u2212\u2500-\u2503\u23AF\u2015\u30FC]{0,20})([\p{Pd}\u2212\u2500-\u2503\u23AF\u30FC](?:[^\p{L}\p{N}\n]{0,200}))(.*)$/gmu;
const LOOK_ALIKES: Record<string, string> = Object.fromEntries(
  [...'аaеeоoсcрpхxуyіiѕsһhԁdոnɡgӏlοoαaεeνvιiκkρpτtυuηn'].flatMap((letter, at, all) =>
    at % 2 === 0 ? [[letter, all[at + 1] ?? '']] : [],
  ),
);

/** Takes the dashes from lines that look like the fence. */
function blunt(text: string): string {
  return text.replace(DASHED, (line, indent: string, _dashes: string, rest: string) => {
    // Both ends tell; what is between may be as long as it likes.
    const ends = rest.length > 600 ? `${rest.slice(0, 300)} ${rest.slice(-300)}` : rest;
    const plain = ends
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .replace(/[^\p{ASCII}]/gu, (letter) => LOOK_ALIKES[letter] ?? letter)
      .replace(/[^\p{L}\p{N}]/gu, '');
    return /^end|quoted|instructions|[0-9a-f]{8}$/.test(plain) ? `${indent}· · · ${rest}` : line;
  });
}

// Formats: user and OAuth tokens `hf_…`, OIDC `hf_jwt_…`, organisation tokens `api_org_…`, bare JWTs of Spaces.
const SECRETS: [RegExp, string | ((match: string) => string)][] = [
  [/(?<![A-Za-z0-9])(?:hf_|api_org_)[A-Za-z0-9_.-]{7,}[A-Za-z0-9_-]/g, '[token]'],
  // Keys that let callers in over HTTP.
  [/hugwire_[A-Za-z0-9_-]{43}/g, '[key]'],
  [/(?<![A-Za-z0-9_.-])[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+/g, redactJwts],
  // A digit or a sign tells a secret from "Bearer authentication" and "Basic understanding".
  [/\b(Bearer|Basic)\s+(?=[A-Za-z._~-]*[0-9+/=])[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [token]'],
  [
    /([?&](?:__sign|X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|Signature|Key-Pair-Id|sig|(?:access_|auth_|hf_)?token|api_key)=)[^&\s"']+/gi,
    '$1[secret]',
  ],
  // Our own hints show where a name and a password go.
  [/([a-z][a-z0-9+.-]{1,15}:\/\/)(?!<name>:<password>@)[^\s/@:]+:[^\s/@]+@/gi, '$1[secret]@'],
];
const JWT_HEAD = /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{8}/;

/** Words joined by dots, of which some may be a JWT: a head, what it claims, and mostly a signature. */
function redactJwts(run: string): string {
  if (!run.includes('eyJ')) return run;
  const parts = run.split('.');
  const kept: string[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] ?? '';
    const begin = (parts[at + 1]?.length ?? 0) >= 8 ? part.search(JWT_HEAD) : -1;
    kept.push(begin === -1 ? part : `${part.slice(0, begin)}[token]`);
    if (begin !== -1) at += 2;
  }
  return kept.join('.');
}

/** Names such as `hf_transfer` and `hf_hub_download`, which begin like tokens. No token is made of such words. */
const NAME = /^hf(?:_[a-z]{2,12}){1,4}$/;

/**
 * Replaces tokens, authorisation values and signatures in URLs by a placeholder; for logs and errors.
 * @param text any text
 * @param options `keepNames`: leaves names of functions and packages alone, which somebody reads again
 */
export function redact(text: string, { keepNames = false } = {}): string {
  return seeThrough(text, (visible) => {
    let clean = visible;
    for (const [pattern, replacement] of SECRETS) {
      if (!keepNames || replacement !== '[token]') clean = clean.replace(pattern, replacement as string);
      else clean = clean.replace(pattern, (found) => (NAME.test(found) ? found : replacement));
    }
    return clean;
  });
}

/** Anything shorter may be an ordinary word. */
const MIN_SECRET = 8;

/**
 * Replaces one value, such as a token of no known format, by a placeholder. To be done before anything cuts the text.
 * @param text any text
 * @param secret the value; undefined when there is none
 */
export function hide(text: string, secret: string | undefined): string {
  if (secret === undefined || secret.length < MIN_SECRET) return text;
  return seeThrough(text, (visible) => visible.replaceAll(secret, '[token]'));
}

/** Whole tokens, unlike names such as `hf_transfer`. */
const TOKEN =
  /(?<![A-Za-z0-9])(?:(?:hf_|api_org_)[A-Za-z0-9]{30}|hf_(?:jwt|oauth)_[\w.-]{20})|(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8}/;

/**
 * Whether a token stands in a text that is to be sent and kept, also where invisible characters or percent signs hide it.
 * @param text such as the path and query of a request
 * @param secret the token in use; undefined when there is none
 */
export function holdsToken(text: string, secret: string | undefined): boolean {
  const visible = decodePercent(text);
  return [visible, cleanText(visible)].some((one) => TOKEN.test(one) || hide(one, secret) !== one);
}

/**
 * A text with what percent signs hide in it, also where it was encoded more than once: a client's text is encoded once more
 * for a URL.
 * @param text of any kind
 */
export function decodePercent(text: string): string {
  let visible = text;
  for (let round = 0; round < 3 && visible.includes('%'); round += 1)
    visible = visible.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
  return visible;
}

/** Takes secrets out, also those that are in pieces until the text is cleaned: by then they would be whole again. */
function seeThrough(text: string, takeOut: (visible: string) => string): string {
  const shown = takeOut(text);
  if (shown.search(INVISIBLE) === -1) return shown;
  const clean = cleanText(shown);
  const safe = takeOut(clean);
  return safe === clean ? shown : safe;
}

interface Page {
  text: string;
  /** Where the next page begins; missing when this was the last. */
  next?: number;
}

/** Where a page may end, the better places first. A place in the first half of a page would waste the second. */
const BREAKS = [/\n(?=#{1,4} )/g, /\n(?=\n)/g, /\n/g];

/**
 * A page of a text that ends before a heading, between paragraphs or at a line's end where there is such a place, and
 * never within a character.
 * @param text the whole text
 * @param offset where the page begins, UTF-16 units
 * @param size of the page at most, UTF-16 units
 */
export function takePage(text: string, offset: number, size: number): Page {
  const start = splitAt(text, Math.min(offset, text.length));
  if (text.length - start <= size) return { text: text.slice(start) };
  const wanted = splitAt(text, start + Math.max(1, size));
  const end = wanted > start ? wanted : start + 2;
  const window = text.slice(start, end);
  for (const pattern of BREAKS) {
    const last = [...window.matchAll(pattern)].at(-1);
    if (last && last.index >= window.length / 2) {
      const cut = last.index + 1;
      return { text: window.slice(0, cut), next: start + cut };
    }
  }
  return { text: window, next: end };
}
