import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nameCommands, nameInData, nameInHint } from '../../src/commands/name-commands.js';
import { TOOLS } from '../../src/tools/index.js';

it.each([
  ['Look for another Space with hub_search.', 'Look for another Space with `hugwire call hub_search`.'],
  [
    'hub_repo ids=["a/b"] include=["files"] lists the files.',
    '`hugwire call hub_repo ids=a/b include=files` lists the files.',
  ],
  ['hub_repo with include=["files"] lists them.', '`hugwire call hub_repo include=files` lists them.'],
  ['hub_read uris=["a","b c"] shows it.', "`hugwire call hub_read uris=a 'uris=b c'` shows it."],
  ['hub_search query="bert" looks.', '`hugwire call hub_search query=bert` looks.'],
  ['space_info shows its stage.', '`hugwire spaces info` shows its stage.'],
  ['space_info space="a/b" shows it.', '`hugwire spaces info a/b` shows it.'],
  [
    'Only the user can log in, in a terminal: `hugwire spaces login a/b`. Then call again.',
    'To log in: `hugwire spaces login a/b`. Then call again.',
  ],
  ['The user can change it: hugwire config set x 1', 'To change it: hugwire config set x 1'],
  ['See hub_whoami.', 'See `hugwire auth status`.'],
  ['Use `hub_job action="list"`.', 'Use `hugwire call hub_job action=list`.'],
  [
    'Call:\nspace_call space="a/b" endpoint="/x" arguments={"p": "it\'s {", "n": [1]}',
    `Call:\n\`hugwire call space_call space=a/b endpoint=/x 'arguments:={"p":"it'\\''s {","n":[1]}'\``,
  ],
  ['hub_read uris=["$(touch x)"] shows it.', "`hugwire call hub_read 'uris=$(touch x)'` shows it."],
  ['hub_search kinds=["paper"], or else', '`hugwire call hub_search kinds=paper`, or else'],
])('names the command for the tool in: %s', (hint, told) => {
  expect(nameInHint(hint)).toBe(told);
});

it.each([
  'Run `hugwire call hub_search query=x`.',
  'hugwire tools info hub_search',
  'Did you mean hub_search?',
  'The tools are hub_read, hub_search.',
  'Give dataset_name or a "hub_id".',
  'See docs/hub_search/x and my_hub_search.',
])('leaves alone: %s', (hint) => {
  expect(nameInHint(hint)).toBe(hint);
});

it('touches the hint of an error and no other words', () => {
  const text = 'not_found: hub_search found nothing\nNext: try hub_read.\nRequest id: x';
  expect(nameCommands(text)).toBe(
    'not_found: hub_search found nothing\nNext: try `hugwire call hub_read`.\nRequest id: x',
  );
  expect(nameCommands('hub_search: 3 models')).toBe('hub_search: 3 models');
  expect(nameInData({ error: { code: 'x', hint: 'See hub_read.' } }).error.hint).toBe('See `hugwire call hub_read`.');
  expect(nameInData({ rows: [1] })).toEqual({ rows: [1] });
});

it('knows the name of every tool', () => {
  const named = TOOLS.filter(({ name }) => name !== 'history');
  for (const { name } of named) expect(nameInHint(`See ${name}.`)).toMatch(/^See `hugwire /);
});

it('finds the tools in every hint that the program has', () => {
  const root = join(import.meta.dirname, '../../src');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /^(?:hub|gradio|spaces).*\.ts$/.test(file),
  );
  const hints = files.flatMap(
    (file) =>
      readFileSync(join(root, file), 'utf8').match(/(?<=hint: ')[^']*\b(?:hub|space)_[a-z]+\b[^']*(?=')/g) ?? [],
  );
  expect(hints.length).toBeGreaterThan(10);
  for (const hint of hints) {
    const left = nameInHint(hint).replace(/`hugwire [^`]*`/g, '');
    // Lists and sentences that name a tool in passing may keep it.
    expect(left, hint).not.toMatch(/(?:with|^|: )(?:hub|space)_[a-z]+(?:\.| shows| finds| lists)/);
  }
});
