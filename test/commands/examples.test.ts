import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { examplesOf } from '../../src/commands/examples.js';
import { createProgram, wireAll } from '../../src/commands/program.js';

/** Every command with its words, hugwire itself too. */
function listCommands(command: Command, path = ''): [path: string, command: Command][] {
  const inner = command.createHelp().visibleCommands(command);
  const below = inner
    .filter((one) => one.name() !== 'help')
    .flatMap((one) => listCommands(one, `${path} ${one.name()}`.trim()));
  return [[path, command], ...below];
}

/** The words of hugwire in a line of a shell, without its pipes and redirections. */
function readWords(line: string): string[] {
  const [, own = ''] = /(?:^|[\s|(])hugwire ([^|<>)]*)/.exec(line) ?? [];
  return (own.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'(.*)'$/, '$1'));
}

/** Parses a command line as hugwire would, and stops before it does anything. */
async function parse(words: string[]): Promise<string> {
  const program = createProgram({});
  program.configureOutput({ writeErr: () => {} });
  const parsed = new Error('parsed');
  let found = '';
  program.hook('preAction', (_, command) => {
    for (let one: Command | null = command; one?.parent; one = one.parent) found = `${one.name()} ${found}`.trim();
    throw parsed;
  });
  await program.parseAsync(words, { from: 'user' }).catch((error) => {
    if (error !== parsed) throw error;
  });
  return found;
}

describe('the help', async () => {
  const program = await wireAll(createProgram({}), {});
  const commands = listCommands(program);

  it.each(commands)('of "%s" has examples, and lines of 80 columns at most', (path, command) => {
    let help = '';
    command.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => 80 });
    command.outputHelp();
    expect(examplesOf(path), `add "${path}" to EXAMPLES in src/commands/examples.ts`).not.toEqual([]);
    for (const line of examplesOf(path)) expect(help).toContain(`\n  ${line}\n`);
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  const examples = commands
    .filter(([, command]) => command.commands.length === 0)
    .flatMap(([path]) => examplesOf(path).map((line) => [line, path] as const));
  it.each(examples)('has an example that parses: %s', async (line, path) => {
    expect(await parse(readWords(line))).toBe(path);
  });

  it('would be told of an example that does not', async () => {
    await expect(parse(['sessions', 'show', '--jsno'])).rejects.toThrow(/unknown option/);
    await expect(parse(['http', 'keys', 'add'])).rejects.toThrow(/missing required argument/);
  });

  it('breaks words that are longer than a line', () => {
    const one = program.commands.find((command) => command.name() === 'demo') as Command;
    const long = `http://127.0.0.1/${'x'.repeat(200)}`;
    const help = one.description(`see ${long}`).helpInformation();
    expect(help.replace(/\s/g, '')).toContain(long);
    expect(Math.max(...help.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
