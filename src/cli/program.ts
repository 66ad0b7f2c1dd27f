import { Command } from 'commander';
import { cacheDirectory, resolvePaths } from '../config/paths.js';
import { configPath, loadConfig } from '../config/store.js';
import { nearest } from '../schema/nearest.js';
import { VERSION } from '../version.js';
import type { CallOptions } from './call.js';
import { print } from './output.js';

const CACHE_ACTIONS = [
  ['info', 'print where the cache is and what it holds'],
  ['clear', 'remove every answer from it'],
] as const;

interface GlobalOptions {
  config?: string;
  readOnly?: boolean;
}

/**
 * Wires the command line.
 * @param env the environment
 * @returns whose `parseAsync` throws CommanderError where commander would end the process
 */
export function createProgram(env: NodeJS.ProcessEnv = process.env): Command {
  const paths = resolvePaths(env);
  const program = new Command('hugwire')
    .description('The Hugging Face Hub and every Gradio Space behind any AI assistant: a local MCP server.')
    .version(VERSION, '-V, --version')
    .option('--config <file>', 'use this config file')
    .option('--read-only', 'offer only tools that read')
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .exitOverride()
    .helpCommand(true)
    .allowExcessArguments()
    .action(async () => {
      const [word] = program.args;
      if (word !== undefined) refuseCommand(program, word);
      if (process.stdin.isTTY) return print({ output: (await import('./guide.js')).renderGuide(), exitCode: 0 });
      await startServer({});
    });

  const load = () => {
    const { config } = program.opts<GlobalOptions>();
    return loadConfig(configPath(paths.config, config), config !== undefined);
  };

  const startServer = async ({ demo }: { demo?: boolean }) => {
    const { readOnly } = program.opts<GlobalOptions>();
    const { serveStdio } = await import('./serve.js');
    if (!demo) return serveStdio({ loaded: load(), env, paths, readOnly });
    const { openDemoWorld } = await import('./demo.js');
    const world = await openDemoWorld(env);
    await serveStdio({ ...world, readOnly });
  };

  program
    .command('serve')
    .description('serve MCP on stdin and stdout; this is what an assistant runs')
    .option('--demo', 'serve the demo world: no network, no token')
    .allowUnknownOption() // hosts append arguments of their own
    .allowExcessArguments()
    .action(startServer);

  program
    .command('call')
    .description('call one tool from the shell')
    .argument('<tool>', 'such as hub_search')
    .argument('[key=value...]', 'its arguments; key:=JSON for anything but text')
    .option('--args <json>', 'its arguments as a JSON object')
    .option('--json', 'print the typed result as JSON')
    .option('--demo', 'call it in the demo world')
    .addHelpText(
      'after',
      '\nExit code 0: done. 1: the tool failed. 2: wrong arguments.\n\nExample: hugwire call hub_search query=whisper kinds=model kinds=space',
    )
    .action(
      async (
        tool: string,
        pairs: string[],
        { demo, ...options }: Omit<CallOptions, 'tool' | 'pairs'> & { demo?: boolean },
      ) => {
        const { runCall } = await import('./call.js');
        const world = demo ? await (await import('./demo.js')).openDemoWorld(env) : { loaded: load(), env, paths };
        const { readOnly } = program.opts<GlobalOptions>();
        print(await runCall({ tool, pairs, ...options }, { ...world, readOnly }));
      },
    );

  const config = program.command('config').description('look at the configuration');
  const path = () => configPath(paths.config, program.opts<GlobalOptions>().config);
  config
    .command('path')
    .description('print where the config file is')
    .action(async () => print((await import('./config.js')).showPath(path())));
  config
    .command('show')
    .description('print the configuration in force')
    .action(async () => print((await import('./config.js')).showConfig(load())));
  config
    .command('validate')
    .description('check the config file')
    .action(async () => print(await (await import('./config.js')).validateConfig({ loaded: load(), env, paths })));
  config
    .command('schema')
    .description('print the JSON Schema of the config file, for editors')
    .action(async () => print((await import('./config.js')).showSchema()));

  const cache = program.command('cache').description('look at the cache of answers, or empty it');
  for (const [action, description] of CACHE_ACTIONS) {
    cache
      .command(action)
      .description(description)
      .option('--json', 'print JSON')
      .action(async ({ json }: { json?: boolean }) => {
        const { runCacheCommand } = await import('./cache.js');
        const { enabled, maxMegabytes } = load().config.cache;
        const directory = cacheDirectory(paths);
        print({ output: await runCacheCommand({ action, directory, enabled, maxMegabytes, json }), exitCode: 0 });
      });
  }

  program
    .command('demo')
    .description('watch a whole conversation against a small Hub and Space on this machine')
    .action(async () =>
      print(await (await import('./demo.js')).runDemo(env, (text) => process.stdout.write(`${text}\n`))),
    );

  return program;
}

/** Commander would say "too many arguments", since hugwire alone is a command as well. */
function refuseCommand(program: Command, word: string): never {
  const meant = nearest(
    word,
    program.commands.map((command) => command.name()),
  );
  return program.error(`error: unknown command '${word}'${meant ? `\n(Did you mean ${meant}?)` : ''}`);
}
