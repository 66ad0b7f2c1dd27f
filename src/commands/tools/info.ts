import stringWidth from 'fast-string-width';
import type { LoadedConfig } from '../../config/load.js';
import { HugwireError } from '../../lib/errors.js';
import { isObject } from '../../lib/json.js';
import type { JsonSchema } from '../../lib/json-schema.js';
import { nearest } from '../../lib/nearest.js';
import { cleanLine } from '../../lib/text.js';
import { describeTool } from '../../tools/describe.js';
import type { Effect } from '../../tools/tool.js';
import { alignColumns, type CommandResult, type View, wrapLine } from '../terminal.js';
import { listInventory } from './list.js';

const EFFECTS: Record<Effect, string> = {
  read: 'reads, and changes nothing',
  run: 'runs something on other machines, and saves what it returns',
  write: 'changes things',
};

/**
 * `hugwire tools info`: what a tool does, its arguments, and a line to call it with.
 * @param name of the tool
 * @param loaded the config
 * @param view how it is shown
 * @throws HugwireError `invalid_arguments` when there is no such tool
 */
export function showTool(name: string, loaded: LoadedConfig, { style, width }: View): CommandResult {
  const items = listInventory(loaded);
  const item = items.find(({ tool }) => tool.name === name);
  if (!item)
    throw unknownTool(
      name,
      items.map(({ tool }) => tool.name),
    );
  const { tool, on, reason, tokens, pin } = item;
  const listing = describeTool(tool);
  const data = { ...listing, toolset: tool.toolset, effect: tool.effect, on, reason, tokens, space: pin?.space };
  const state = on ? style.green('on') : style.yellow(`off: ${reason}`);
  const facts = [
    ['toolset', tool.toolset],
    ['effect', `${tool.effect}: ${EFFECTS[tool.effect]}`],
    ['tokens', `≈ ${tokens} in every conversation`],
    ...(pin ? [['Space', `${pin.space}${pin.endpoint ?? ''}`]] : []),
  ].map(([key = '', value = '']) => [`  ${style.dim(key)}`, value]);
  const told = renderArguments(listArguments(listing.inputSchema), { style, width });
  const lines = [
    `${style.bold(name)}  ${state}`,
    '',
    ...wrap(tool.description, width),
    '',
    ...alignColumns(facts, width),
    '',
    ...(told.length > 0 ? [style.bold('Arguments'), ...told] : ['It takes no arguments.']),
    '',
    style.bold('Try it'),
    `  ${style.cyan(exampleCall(name, listing.inputSchema))}`,
  ];
  return { text: lines.join('\n'), data, exitCode: 0 };
}

interface Argument {
  name: string;
  type: string;
  required: boolean;
  about: string;
}

function listArguments({ properties, required }: JsonSchema): Argument[] {
  const needed = Array.isArray(required) ? required : [];
  return Object.entries(isObject(properties) ? properties : {}).map(([name, schema]) => {
    const one = isObject(schema) ? schema : {};
    const standard = one.default === undefined ? '' : `default ${JSON.stringify(one.default)}`;
    const about = [cleanLine(one.description, 300), standard].filter(Boolean).join('; ');
    return { name, type: nameType(one), required: needed.includes(name), about };
  });
}

/** A line each; in a narrow terminal the description of an argument is on lines of its own. */
function renderArguments(list: readonly Argument[], { style, width = Number.POSITIVE_INFINITY }: View): string[] {
  const cells = list.map(({ name, type, required }) => [
    `  ${required ? `${style.bold(name)} ${style.dim('(required)')}` : name}`,
    style.cyan(type),
  ]);
  const wide = alignColumns(cells.map((row, at) => [...row, style.dim(list[at]?.about ?? '')]));
  if (wide.every((line) => stringWidth(line) <= width)) return wide;
  return alignColumns(cells, width).flatMap((line, at) => [
    line,
    ...wrap(list[at]?.about ?? '', width - 6).map((part) => `      ${style.dim(part)}`),
  ]);
}

/** A type in a few words: `text`, `one of a, b`, `list of text`, `integer 1–50`. */
function nameType(schema: JsonSchema): string {
  if (Array.isArray(schema.enum)) return `one of ${cleanLine(schema.enum.map(String).join(', '), 60)}`;
  if (schema.type === 'array') return `list of ${isObject(schema.items) ? nameType(schema.items) : 'anything'}`;
  const { minimum, maximum } = schema;
  const name = schema.type === undefined ? 'anything' : schema.type === 'string' ? 'text' : String(schema.type);
  if (minimum === undefined && maximum === undefined) return name;
  return `${name} ${minimum ?? ''}–${maximum ?? ''}`;
}

/** Values that make sense for arguments of these names in any tool. */
const SAMPLES: Record<string, string> = {
  query: 'query=whisper',
  ids: 'ids=openai/whisper-large-v3',
  uris: 'uris=openai/whisper-large-v3/README.md',
  dataset: 'dataset=openai/gsm8k',
  space: 'space=black-forest-labs/FLUX.1-schnell',
  prompt: 'prompt="a red fox in the snow"',
  job: 'job=j_…',
};

function exampleCall(name: string, schema: JsonSchema): string {
  const all = listArguments(schema);
  const needed = all.filter(({ required }) => required);
  const shown = needed.length > 0 ? needed : all.filter((one) => Object.hasOwn(SAMPLES, one.name)).slice(0, 1);
  return ['hugwire call', name, ...shown.map((one) => sampleFor(one))].join(' ');
}

function sampleFor({ name, type }: Argument): string {
  if (Object.hasOwn(SAMPLES, name)) return SAMPLES[name] ?? '';
  const first = /^one of ([^,…]+)/.exec(type)?.[1];
  // A shell might act on what an author wrote.
  if (first !== undefined) return `${name}=${/^[\w.:/-]+$/.test(first) ? first : '"…"'}`;
  if (/^(?:integer|number)/.test(type)) return `${name}=1`;
  return type === 'text' ? `${name}="…"` : `${name}:=…`;
}

/**
 * The error of an unknown tool; it names the nearest, or all.
 * @param name as typed
 * @param names of the tools that there are
 */
export function unknownTool(name: string, names: readonly string[]): HugwireError {
  const meant = nearest(name, names);
  return new HugwireError('invalid_arguments', `There is no tool "${cleanLine(name, 80)}".`, {
    hint: meant ? `Did you mean ${meant}?` : `The tools are ${names.join(', ')}.`,
  });
}

/** Lines of at most 100 columns, as longer ones are hard to read. */
function wrap(text: string, width = 100): string[] {
  const line = text.replace(/\s+/g, ' ').trim();
  return line === '' ? [] : wrapLine(line, Math.min(width, 100));
}
