import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashEntry, writeLock } from '../../src/spaces/lock.js';
import { runsScripts } from '../platform.js';
import { BIN } from './server-process.js';
import { Shell } from './shell.js';

const CONFIG = {
  spaces: { pinned: [{ space: 'ada/sketch', tool: 'sketch', endpoint: '/draw' }] },
  profiles: { work: { tools: { readOnly: true } } },
};

let shell: Shell;
beforeAll(() => {
  shell = new Shell();
  writeFileSync(join(shell.home, 'config.json'), JSON.stringify(CONFIG));
  const bin = join(shell.home, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'hugwire'), `#!/bin/sh\nexec "${process.execPath}" "${BIN}" "$@"\n`);
  chmodSync(join(bin, 'hugwire'), 0o755);
  shell.env.PATH = `${bin}${delimiter}${process.env.PATH}`;
  shell.env.TERM = 'xterm';
});
afterAll(() => shell.remove());

/** What a line can be completed to, word by word, whichever shell is asked. */
const CASES: [line: string, completed: string[]][] = [
  ['hugwire ca', ['cache', 'call']],
  ['hugwire spaces re', ['refresh', 'remove']],
  ['hugwire call hub_se', ['hub_search']],
  ['hugwire call hub_search ki', ['kinds=']],
  ['hugwire call hub_search kinds=s', ['kinds=space']],
  ['hugwire call hub_search query=x kinds=mo', ['kinds=model']],
  ['hugwire config get hub.', ['hub.endpoint', 'hub.offline', 'hub.timeoutSeconds']],
  ['hugwire config set hub.offline ', ['false', 'true']],
  ['hugwire config set token.source c', ['command']],
  ['hugwire install cline', ['cline', 'cline-cli']],
  ['hugwire --profile ', ['work']],
  ['hugwire --profile work tools enable mem', ['memory', 'memory_save', 'memory_search']],
  ['hugwire spaces disable ', ['sketch']],
  ['hugwire sessions export --format=j', ['--format=json']],
  ['hugwire sessions export --format ', ['json', 'markdown', 'traces']],
  ['hugwire doctor --js', ['--json']],
  ['hugwire help sess', ['sessions']],
  ['hugwire auth login ', expect.arrayContaining(['--paste', '--help']) as unknown as string[]],
  ['hugwire completion ', ['bash', 'fish', 'help', 'powershell', 'zsh']],
];

const isThere = (program: string) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

async function run(program: string, ...args: string[]): Promise<string> {
  return (await promisify(execFile)(program, args, { env: shell.env, cwd: shell.home, timeout: 15_000 })).stdout;
}

describe.runIf(runsScripts && isThere('bash'))('bash', () => {
  it.each(CASES)('completes %s', async (line, completed) => {
    const script = `source <(hugwire completion bash)
      COMP_LINE=$1 COMP_POINT=\${#1}
      _hugwire 2>/dev/null
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    // Readline keeps what stands before the last = by itself.
    const kept = /[^ ]*=/.exec(line.split(' ').at(-1) ?? '')?.[0] ?? '';
    const found = (await run('bash', '--norc', '-c', script, 'bash', line)).trim().split('\n');
    expect(found.map((word) => kept + word).sort()).toEqual(completed);
  });

  it('leaves the names of files to the shell', async () => {
    const script = 'source <(hugwire completion bash); complete -p hugwire';
    expect(await run('bash', '--norc', '-c', script)).toBe('complete -o default -F _hugwire hugwire\n');
    expect(await run('hugwire', 'completion', 'words', '--word=', '--', '--config')).toBe('');
  });
});

describe.runIf(runsScripts && isThere('fish'))('fish', () => {
  it.each(CASES)('completes %s', async (line, completed) => {
    const script = 'source (hugwire completion fish | psub); complete -C $argv[1]';
    const found = (await run('fish', '--no-config', '-c', script, line)).trim().split('\n');
    expect(found.map((row) => row.split('\t')[0]).sort()).toEqual(completed);
  });

  it('completes the names of files where they belong', async () => {
    const script = 'source (hugwire completion fish | psub); complete -C "hugwire memory import conf"';
    expect(await run('fish', '--no-config', '-c', script)).toContain('config.json');
  });
});

describe.runIf(runsScripts && isThere('zsh'))('zsh', () => {
  // Its completion works at a terminal alone: zpty is one.
  const PLAY = `zmodload zsh/zpty
    zpty line zsh -f -i
    zpty -w line "autoload -U compinit; compinit -u -D; source <(hugwire completion zsh); LISTMAX=999; PS1='> '; echo LOA''DED"
    zpty -r line shown '*LOADED*'
    zpty -w -n line "$1"$'\\t\\t'
    zpty -r line shown "$2"
    print -r -- "$shown"
    zpty -d line`;
  it.each(CASES.filter(([, words]) => Array.isArray(words)))('completes %s', async (line, completed) => {
    // It lists them in the order of the alphabet.
    const shown = await run('zsh', '-f', '-c', PLAY, 'zsh', line, `*${[...completed].sort().join('*')}*`);
    for (const word of completed) expect(shown).toContain(word);
  });
});

describe.runIf(isThere('pwsh'))('PowerShell', () => {
  it.each(CASES)('completes %s', async (line, completed) => {
    const script = `hugwire completion powershell | Out-String | Invoke-Expression
      (TabExpansion2 -inputScript '${line}' -cursorColumn ${line.length}).CompletionMatches.CompletionText`;
    const found = (await run('pwsh', '-NoProfile', '-Command', script)).trim().split(/\r?\n/);
    expect(found.sort()).toEqual(completed);
  });
});

it('offers no word of others that a shell would act on', async () => {
  const size = { enum: ['$(touch x)', 'a;b', 'big', '`id`', "it's"] };
  const definition = {
    title: 'Sketch',
    description: 'Draws.',
    files: [],
    schema: { type: 'object', properties: { size } },
  };
  const pinnedAt = new Date(0).toISOString();
  const record = { space: 'ada/sketch', tool: 'sketch', endpoint: '/draw', ...definition, pinnedAt };
  const entry = { ...record, hash: hashEntry(record), shown: 'whole' } as const;
  await writeLock(join(shell.home, 'spaces.lock.json'), [entry]);
  expect(await run('hugwire', 'completion', 'words', '--word=size=', '--', 'call', 'sketch')).toBe('size=big\t\n');
});
