import type { Argument, Command, Option } from 'commander';
import { type Config, configJsonSchema, configSchema } from '../config/schema.js';
import { CLIENTS } from '../install/clients.js';
import { isObject } from '../lib/json.js';
import type { JsonSchema } from '../lib/json-schema.js';
import { cleanLine } from '../lib/text.js';
import { describeTool } from '../tools/describe.js';
import { findKey } from './config/change.js';
import type { World } from './context.js';
import { print } from './terminal.js';
import { type Item, listInventory } from './tools/list.js';

/** `hugwire completion`: the scripts ask `hugwire completion words` at every Tab, so they never fall behind. */
export function wire(command: Command, world: World): void {
  for (const [shell, script] of Object.entries(SCRIPTS)) {
    command
      .command(shell)
      .description(`print the script for ${shell}`)
      .action(() => print({ text: script, exitCode: 0 }));
  }
  command
    .command('words', { hidden: true })
    .argument('[words...]', 'the words before the one to complete, without hugwire itself')
    .option('--word <start>', 'what is typed of the word', '')
    .action(async (words: string[], { word }: { word: string }) => {
      const found = await completeWord(words, word, world);
      const lines = found.map(({ value, about = '' }) => `${value}\t${cleanLine(about, 100)}\n`);
      process.stdout.write(lines.join(''));
    });
}

interface Candidate {
  value: string;
  about?: string;
}

/** What gives the values of an argument or an option: the words before it, and the state of hugwire. */
type Source = (place: Place) => readonly Candidate[];

interface Place {
  /** Operands of the command before the word. */
  given: readonly string[];
  /** What is typed of the word. */
  word: string;
  config: Config;
  items: readonly Item[];
  program: Command;
}

const tools: Source = ({ items }) => items.map(({ tool }) => ({ value: tool.name, about: tool.title }));
const toolsets: Source = ({ items }) =>
  ['default', 'all', ...new Set(items.map(({ tool }) => tool.toolset))].map((value) => ({ value, about: 'toolset' }));
const switches: Source = (place) => [...tools(place), ...toolsets(place)];
const clients: Source = () => CLIENTS.map(({ id, label }) => ({ value: id, about: label }));
const pins: Source = ({ config }) => config.spaces.pinned.map(({ tool, space }) => ({ value: tool, about: space }));
const keys: Source = () => listKeys(configJsonSchema());
const profiles: Source = ({ config }) => Object.keys(config.profiles).map((value) => ({ value }));
const sources: Source = () => valuesOf(findKey('token.source').schema);

/** Where values come from, by the words of the command and the name of its argument or option. Choices of commander are known. */
export const SOURCES: Record<string, Source> = {
  '--profile': profiles,
  'auth source source': sources,
  'call tool': ({ items }) => items.filter(({ on }) => on).map(({ tool }) => ({ value: tool.name, about: tool.title })),
  'call key=value': argumentsOfTool,
  'config get key': keys,
  'config set key': keys,
  'config set value': valuesOfKey,
  'config unset key': keys,
  'help command': ({ program }) => listCommands(program),
  'install client': clients,
  'sessions list --tool': tools,
  'sessions show --tool': tools,
  'sessions tail --tool': tools,
  'spaces disable name': pins,
  'spaces enable name': pins,
  'spaces refresh name': pins,
  'spaces remove name': pins,
  'tools disable name': switches,
  'tools enable name': switches,
  'tools info name': tools,
  'uninstall client': clients,
};

/** What others wrote, such as the choices of a pinned Space, must be one harmless word in every shell. */
const HARMLESS = /^[\w.:/@%+,=-]+$/;

/**
 * What may stand where a person pressed Tab.
 * @param words before it, without `hugwire` itself
 * @param word what is typed of it
 * @param world the config and the command line
 * @returns what begins with the word; nothing where any word may stand, such as the path of a file
 */
export async function completeWord(words: readonly string[], word: string, world: World): Promise<Candidate[]> {
  const { command, path, given, waiting } = await walk(words, world);
  const place = { given, word, program: world.program, ...readState(waiting ? words.slice(0, -1) : words, world) };
  const inOption = /^(--[\w-]+)=/.exec(word);
  const option = waiting ?? (inOption ? findOption(command, inOption[1] ?? '') : undefined);
  const prefix = waiting === undefined && inOption ? inOption[0] : '';
  const argument = command.registeredArguments[Math.min(given.length, command.registeredArguments.length - 1)];
  const isFree = argument !== undefined && (given.length < command.registeredArguments.length || argument.variadic);
  const found = option
    ? valuesAt(option.long ?? '', path, option.argChoices, place)
    : word.startsWith('-')
      ? listOptions(command)
      : command.commands.length > 0 && given.length === 0
        ? listCommands(command)
        : isFree
          ? valuesAt(argument.name(), path, argument.argChoices, place)
          : listOptions(command);
  const whole = found.map((one) => ({ ...one, value: prefix + one.value }));
  return whole.filter(({ value }) => value.startsWith(word) && HARMLESS.test(value));
}

/** Which command the words name, its operands, and the option that waits for its value. */
async function walk(words: readonly string[], world: World) {
  let command = world.program;
  const path: string[] = [];
  const given: string[] = [];
  let waiting: Option | undefined;
  let isOver = false;
  for (const word of words) {
    const known = isOver || waiting ? undefined : findOption(command, word.split('=', 1)[0] ?? '');
    const inner = given.length === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (waiting) waiting = undefined;
    else if (!isOver && word.startsWith('-')) {
      isOver = word === '--';
      if (known?.required && !word.includes('=')) waiting = known;
    } else if (inner) {
      await world.wire(inner);
      command = inner;
      path.push(word);
    } else given.push(word);
  }
  return { command, path, given, waiting };
}

/** With a broken config, everything else is still completed. */
function readState(words: readonly string[], world: World): Pick<Place, 'config' | 'items'> {
  try {
    // --config and --profile among the words apply to them; commander would print the version.
    world.program.parseOptions(words.filter((word) => word !== '-V' && word !== '--version'));
    const loaded = world.load();
    return { config: loaded.config, items: listInventory(loaded) };
  } catch {
    const config = configSchema.parse({});
    return { config, items: listInventory({ config, path: world.configPath() }) };
  }
}

function findOption(command: Command, name: string): Option | undefined {
  return allOptions(command).find(({ long, short }) => name !== '' && (long === name || short === name));
}

function allOptions(command: Command): Option[] {
  return [...command.options, ...(command.parent ? allOptions(command.parent) : [])];
}

function listOptions(command: Command): Candidate[] {
  const shown = allOptions(command).filter(({ hidden, long }) => !hidden && long);
  const help = { value: '--help', about: 'display help for command' };
  return [...shown.map(({ long = '', description }) => ({ value: long, about: description })), help];
}

function listCommands(command: Command): Candidate[] {
  const shown = command.createHelp().visibleCommands(command);
  return shown.map((one) => ({ value: one.name(), about: one.description() }));
}

function valuesAt(
  name: string,
  path: readonly string[],
  choices: Argument['argChoices'],
  place: Place,
): readonly Candidate[] {
  const source = SOURCES[[...path, name].join(' ')] ?? SOURCES[name];
  return source?.(place) ?? choices?.map((value) => ({ value })) ?? [];
}

/** `query=`, and behind `kinds=` what may stand there. */
function argumentsOfTool({ given: [name], word, items }: Place): Candidate[] {
  const tool = items.find((item) => item.tool.name === name)?.tool;
  const properties = tool ? describeTool(tool).inputSchema.properties : undefined;
  const schemas = Object.entries(isObject(properties) ? properties : {});
  const [key, value] = word.split('=');
  if (value === undefined) return schemas.map(([one, schema]) => ({ value: `${one}=`, about: aboutOf(schema) }));
  const found = schemas.find(([one]) => one === key)?.[1];
  return valuesOf(found).map((one) => ({ value: `${key}=${one.value}` }));
}

function valuesOfKey(place: Place): readonly Candidate[] {
  const [key = ''] = place.given;
  if (key === 'tools.enable' || key === 'tools.disable') return switches(place);
  try {
    return valuesOf(findKey(key).schema);
  } catch {
    return [];
  }
}

/** The values of a schema, or of the items of its list. */
function valuesOf(schema: unknown): Candidate[] {
  if (!isObject(schema)) return [];
  if (schema.type === 'boolean') return [{ value: 'true' }, { value: 'false' }];
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => ({ value: String(value) }));
  const inner = Array.isArray(schema.anyOf) ? schema.anyOf.flatMap(valuesOf) : [];
  return schema.items === undefined ? inner : valuesOf(schema.items);
}

const aboutOf = (schema: unknown) => (isObject(schema) ? cleanLine(schema.description, 100) : '');

/** Every key of the config that holds a value. */
function listKeys({ properties }: JsonSchema, prefix = ''): Candidate[] {
  return Object.entries(isObject(properties) ? properties : {}).flatMap(([name, schema]) => {
    if (name === '$schema') return [];
    const inner = isObject(schema) && isObject(schema.properties) ? listKeys(schema, `${prefix}${name}.`) : [];
    return inner.length > 0 ? inner : [{ value: `${prefix}${name}`, about: aboutOf(schema) }];
  });
}

const SCRIPTS = {
  bash: `# Completes hugwire in bash: source <(hugwire completion bash)
_hugwire() {
  local line=\${COMP_LINE:0:COMP_POINT} word='' entry cut
  local -a words=()
  read -r -a words <<< "$line"
  if [[ $line != *[[:space:]] ]]; then
    word=\${words[\${#words[@]}-1]}
    unset "words[\${#words[@]}-1]"
  fi
  # Readline replaces what follows the last of its word breaks, such as = and :.
  cut=\${word%"\${word##*[$COMP_WORDBREAKS]}"}
  COMPREPLY=()
  while IFS= read -r entry; do
    entry=\${entry%%$'\\t'*}
    COMPREPLY+=("\${entry#"$cut"}")
  done < <(hugwire completion words "--word=$word" -- "\${words[@]:1}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -F _hugwire hugwire`,
  zsh: `#compdef hugwire
# Completes hugwire in zsh: source <(hugwire completion zsh), after compinit
_hugwire() {
  local -a before values shown open opened
  local entry
  (( CURRENT > 2 )) && before=("\${(@Q)words[2,CURRENT-1]}")
  for entry in "\${(@f)$(hugwire completion words "--word=$PREFIX" -- "$before[@]" 2>/dev/null)}"; do
    case $entry in
      '') ;;
      *=$'\\t'*) open+=("\${entry%%$'\\t'*}"); opened+=("\${entry/$'\\t'/  }") ;;
      *) values+=("\${entry%%$'\\t'*}"); shown+=("\${entry/$'\\t'/  }") ;;
    esac
  done
  if (( $#values + $#open == 0 )); then _files; return; fi
  (( $#open )) && compadd -l -S '' -d opened -a open
  (( $#values )) && compadd -l -d shown -a values
}
if [[ $funcstack[1] == _hugwire ]]; then _hugwire "$@"; else compdef _hugwire hugwire; fi`,
  fish: `# Completes hugwire in fish: hugwire completion fish > ~/.config/fish/completions/hugwire.fish
function __hugwire_complete
    set -l word (commandline -ct)
    set -l words (commandline -opc)
    set -e words[1]
    set -l found (hugwire completion words "--word=$word" -- $words 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path "$word"
    end
end
complete -c hugwire -f -a '(__hugwire_complete)'`,
  powershell: `# Completes hugwire in PowerShell: hugwire completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName hugwire -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
    hugwire completion words "--word=$wordToComplete" '--' $words 2>$null | ForEach-Object {
        $value, $about = $_ -split "\`t", 2
        if (-not $about) { $about = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
    }
}`,
} as const;
