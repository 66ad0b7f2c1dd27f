import { expect, it } from 'vitest';
import { compareLines } from '../../src/commands/install/view.js';

const compare = (before: string, after: string) => compareLines(before, after).map(({ sign, text }) => sign + text);

it.each([
  ['', '{\n}\n', ['+{', '+}']],
  ['a\nb\n', 'a\nb\nc\n', [' a', ' b', '+c']],
  ['{\n  "x": {\n  }\n}\n', '{\n  "x": {\n  },\n  "y": {\n  }\n}\n', ['   "x": {', '   },', '+  "y": {', '+  }', ' }']],
  ['1\n2\n3\nold\n4\n5\n6', '1\n2\n3\nnew\n4\n5\n6', [' 2', ' 3', '-old', '+new', ' 4', ' 5']],
  ['a\r\nb\r\n', 'a\r\n', [' a', '-b']],
])('%j → %j', (before, after, lines) => {
  expect(compare(before, after)).toEqual(lines);
});

it.each([
  ['"env": { "GITHUB_TOKEN": "ghp_1234" }', '"env": { "GITHUB_TOKEN": …'],
  ['api_key = "abc"', 'api_key = …'],
  ['  password: hunter2', '  password: …'],
  ['"args": ["hf_abcdefghijklmn"]', '"args": ["[token]"]'],
  ['env_vars = ["HF_TOKEN"]', 'env_vars = ["HF_TOKEN"]'],
  ['"tokens": [', '"tokens": ['],
])('shows no secret of another server: %j', (line, shown) => {
  expect(compare(`${line}\n`, `${line}\nnew\n`)[0]).toBe(` ${shown}`);
});
