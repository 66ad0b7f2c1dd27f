import { describe, expect, it } from 'vitest';
import { getClient } from '../../src/install/find.js';
import { quoteWords } from '../../src/lib/platform.js';

const LAUNCH = { command: 'npx', args: ['-y', 'hugwire'] };
const SPACED = { command: 'C:\\Program Files\\node.exe', args: ['a&b=c#d', 'é"'] };

const linksOf = (client: string, launch: typeof LAUNCH) =>
  (getClient(client).links ?? []).map((link) => link('hf', launch));
const decoded = (text: string | null) => JSON.parse(Buffer.from(text ?? '', 'base64').toString());

describe('install links', () => {
  it.each([LAUNCH, SPACED])('carry %j', (launch) => {
    const [vscode = '', vscodeWeb = ''] = linksOf('vscode', launch);
    expect(vscode).toMatch(/^vscode:mcp\/install\?/);
    expect(JSON.parse(decodeURIComponent(vscode.replace(/^[^?]*\?/, '')))).toEqual({ name: 'hf', ...launch });
    for (const link of [vscodeWeb, ...linksOf('kiro', launch)]) {
      const { searchParams } = new URL(link);
      expect(searchParams.get('name')).toBe('hf');
      expect(JSON.parse(searchParams.get('config') ?? '')).toEqual(launch);
    }
    const [lmStudio = ''] = linksOf('lmstudio', launch);
    expect(decoded(new URL(lmStudio).searchParams.get('config'))).toEqual(launch);
    const [gooseLink = ''] = linksOf('goose', launch);
    const goose = new URL(gooseLink).searchParams;
    expect([goose.get('cmd'), ...goose.getAll('arg')]).toEqual([launch.command, ...launch.args]);
  });

  it('for Cursor hold a command line, or words where spaces are in them', () => {
    const config = (launch: typeof LAUNCH) =>
      decoded(new URL(linksOf('cursor', launch)[0] ?? '').searchParams.get('config'));
    expect(config(LAUNCH)).toEqual({ command: 'npx -y hugwire' });
    expect(config(SPACED)).toEqual(SPACED);
  });
});

it.each([
  ['linux', `npx 'it'\\''s' '{"a":"$b"}' ''`],
  ['win32', `npx "it's" "{\\"a\\":\\"$b\\"}" ""`],
] as const)('words are quoted for the shell of %s', (platform, line) => {
  expect(quoteWords(['npx', "it's", '{"a":"$b"}', ''], { platform })).toBe(line);
});
