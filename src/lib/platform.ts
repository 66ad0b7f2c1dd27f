import { cleanText } from './text.js';

/** Whether this is Windows. Asked at every use, so that a test can be either. */
export function isWindows(): boolean {
  return process.platform === 'win32';
}

/** Whether files whose names differ in capitals alone are one file here, as they are on most disks of Windows and macOS. */
export function foldsNames(): boolean {
  return isWindows() || process.platform === 'darwin';
}

/** With an ending, or a colon, they name the device too. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³])(?: *[.:].*)?$/i;
const OF_THE_SYSTEM = /^(?:[\\/]{2}[?.]|[\\/]\?\?)(?:[\\/]|$)/;

/** What Windows takes a part of a path for, though a person means something else. */
const TRAPS: [isTrap: (part: string) => boolean, words: (part: string) => string][] = [
  [
    (part) => DEVICE.test(part.trimEnd()),
    (part) => `is the name of a Windows device (${part.trim()}): give the file another name`,
  ],
  [
    (part) => part.includes(':'),
    () => 'names a stream within a file (what stands after the colon): name the file itself',
  ],
  [(part) => /[<>"|?*]/.test(part), () => 'contains a character that Windows does not allow in names: < > " | ? or *'],
  [
    (part) => /[^. ][. ]+$|^ +$|^\.{3,}$/.test(part),
    () => 'has a name that ends in a dot or a space, which Windows drops: write it without',
  ],
];

/**
 * What Windows would read in a path that is no plain path of a file there.
 * @param path as a person writes it
 * @returns words that go on after the path, as in `"CON" names a device …`; undefined for a plain path, and on other systems
 */
export function explainPathTrap(path: string): string | undefined {
  if (!isWindows()) return undefined;
  if (OF_THE_SYSTEM.test(path)) return 'is a path of the system itself: write it as C:\\directory\\file';
  const drive = /^[a-z]:/i.exec(path)?.[0] ?? '';
  const rest = path.slice(drive.length);
  if (drive && !/^[\\/]/.test(rest)) {
    return `depends on the directory that drive ${drive} happens to be in: write it whole, as ${drive}\\directory\\file`;
  }
  const parts = rest.split(/[\\/]/);
  for (const [isTrap, words] of TRAPS) {
    const part = parts.find(isTrap);
    if (part !== undefined) return words(part);
  }
  return undefined;
}

/**
 * Whether a path leads to another computer. Windows logs in there as soon as it looks at it.
 * @param path absolute
 */
export function isOnNetwork(path: string): boolean {
  return isWindows() && /^[\\/]{2}/.test(path);
}

/**
 * Replaces variables in a path as Python's `os.path.expandvars` does: `$NAME` and `${NAME}`; on Windows `%NAME%` as well, where
 * `%%` and `$$` stand for one of them, and nothing is replaced between single quotes. What is not set stays.
 * @param text of the path
 * @param env what the variables stand for
 */
export function expandVariables(text: string, env: NodeJS.ProcessEnv): string {
  if (!isWindows())
    return text.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare, braced) => env[bare ?? braced] ?? whole);
  return text.replace(
    /'[^']*'?|([%$])\1|%([^%]*)%|\$(?:([-\w]+)|\{([^{}]*)\})/g,
    (whole, doubled, percent, bare, braced) => doubled ?? readVariable(env, percent ?? bare ?? braced) ?? whole,
  );
}

/** Windows minds no capitals in names, but a copy of its environment does. */
function readVariable(env: NodeJS.ProcessEnv, name = ''): string | undefined {
  return env[name] ?? Object.entries(env).find(([one]) => one.toUpperCase() === name.toUpperCase())?.[1];
}

/** Where a command is to be typed. */
interface ShellWorld {
  platform: NodeJS.Platform;
  env?: NodeJS.ProcessEnv;
}

/**
 * Writes words as a command line that the user's shell reads back as these words.
 * @param words of the command
 * @param world this machine unless told
 */
export function quoteWords(words: readonly string[], world: ShellWorld = process): string {
  return words.map(QUOTES[shellOf(world)]).join(' ');
}

/**
 * The shell that a person types into, as far as the environment tells. On Windows a POSIX shell says SHELL, and PowerShell
 * adds the user's own directory to the two or fewer of the machine.
 */
function shellOf({ platform, env = {} }: ShellWorld): keyof typeof QUOTES {
  if (platform !== 'win32' || env.SHELL) return 'posix';
  return (env.PSModulePath ?? '').split(';').filter(Boolean).length >= 3 ? 'powershell' : 'cmd';
}

const PLAIN = /^[\w@%+=:,./-]+$/;

const quoteForPosix = (word: string) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** A bare `--` would be right in cmd; in quotes it is so in PowerShell too. */
const quoteForCmd = (word: string) =>
  /^(?!--$)[\w@+=:,./\\-]+$/.test(word) ? word : `"${word.replaceAll('"', '\\"')}"`;

/** PowerShell takes a bare `--` for itself, and its version 5.1 hands quotes within a word on only behind a backslash. */
const quoteForPowerShell = (word: string) =>
  /^(?!--$)[\w+=:./\\-][\w@+=:./\\-]*$/.test(word) ? word : `'${word.replaceAll("'", "''").replaceAll('"', '\\"')}'`;

const QUOTES = { posix: quoteForPosix, cmd: quoteForCmd, powershell: quoteForPowerShell };

/**
 * A command with words of others in it, to be copied: undefined where a shell would read more in them than words, or a person
 * would not see all of them.
 * @param words of the command
 */
export function writeCommand(words: readonly string[]): string | undefined {
  const isSafe = (word: string) => !/[\n\t]/.test(word) && cleanText(word) === word;
  const isWord = (word: string) => isSafe(word) && (shellOf(process) !== 'cmd' || !/["%!^]/.test(word));
  return words.every(isWord) ? quoteWords(words) : undefined;
}
