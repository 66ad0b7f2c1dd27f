import { isObject, parseJsonObject } from '../lib/json.js';
import type { Usage } from '../sessions/items.js';
import type { ModelCall, ModelPiece } from './types.js';

type Finish = Extract<ModelPiece, { type: 'end' }>['finish'];

/** Callers give an id back with the answer, and longer ones are refused. */
const LONGEST_ID = 200;

/** How servers say that an answer ended early; anything else is its end. */
const FINISHES: readonly [RegExp, Finish][] = [
  [/length|max_tokens/, 'length'],
  [/filter|safety|recitation|blocklist|prohibited/i, 'content_filter'],
];

/**
 * Puts together what a server streams, or sends whole: the chunks of chat completions, as the servers in use write them.
 * What is missing or of another kind than it should be is read as left out.
 */
export class Deltas {
  /** How the answer ended; undefined while it has not. */
  finish?: Finish;
  usage?: Usage;
  readonly #thoughts = new Thoughts();
  readonly #calls: ModelCall[] = [];
  readonly #byIndex = new Map<number, ModelCall>();

  /**
   * Takes the next chunk.
   * @param chunk of a stream, or a whole completion
   * @returns what can be given on
   */
  add(chunk: Record<string, unknown>): ModelPiece[] {
    this.usage = readUsage(chunk.usage) ?? this.usage;
    const choice: unknown = Array.isArray(chunk.choices) ? chunk.choices[0] : undefined;
    if (!isObject(choice)) return [];
    const delta = [choice.delta, choice.message].find(isObject) ?? {};
    const calls = Array.isArray(delta.tool_calls) ? delta.tool_calls.filter(isObject) : [];
    for (const call of calls) this.#addCall(call);
    if (typeof choice.finish_reason === 'string' && choice.finish_reason !== '') {
      const said = choice.finish_reason;
      this.finish = FINISHES.find(([pattern]) => pattern.test(said))?.[1] ?? 'stop';
    }
    // Some servers say the same under both names.
    const reasoning = readText(delta.reasoning_content) || readText(delta.reasoning);
    const thought: ModelPiece[] = reasoning === '' ? [] : [{ type: 'reasoning', text: reasoning }];
    return [...thought, ...this.#thoughts.split(readText(delta.content) || readText(delta.refusal))];
  }

  /** What was held back, and the calls, once no more will come. */
  end(): ModelPiece[] {
    const ids = new Set<string>();
    const calls = this.#calls
      .filter(({ name }) => name !== '')
      .map((call): ModelPiece => {
        // Answers are matched to calls by their ids.
        const isUsable = call.id !== '' && call.id.length <= LONGEST_ID && !ids.has(call.id);
        const id = !isUsable ? `call_${crypto.randomUUID().replaceAll('-', '')}` : call.id;
        ids.add(id);
        return { type: 'call', ...call, id };
      });
    return [...this.#thoughts.end(), ...calls];
  }

  #addCall({ id, index, function: said }: Record<string, unknown>): void {
    const { name, arguments: given } = isObject(said) ? said : {};
    const piece = {
      id: typeof id === 'string' ? id : '',
      name: typeof name === 'string' ? name : '',
      arguments: typeof given === 'string' ? given : isObject(given) ? JSON.stringify(given) : '',
    };
    const place = typeof index === 'number' ? index : undefined;
    const current = place === undefined ? this.#calls.at(-1) : this.#byIndex.get(place);
    if (current && !isAnother(piece, current, place !== undefined)) return join(current, piece);
    this.#calls.push(piece);
    if (place !== undefined) this.#byIndex.set(place, piece);
  }
}

/** Whether a piece begins another call, although nothing or the same index says where it belongs. */
function isAnother(piece: ModelCall, current: ModelCall, hasIndex: boolean): boolean {
  const hasOtherId = piece.id !== '' && current.id !== '' && piece.id !== current.id;
  if (hasOtherId && !hasIndex) return true;
  // Some count every call as the first, some make up an id for every piece: a new call is named when the last one is whole.
  return (
    (hasOtherId || (piece.id === '' && !hasIndex)) &&
    piece.name !== '' &&
    parseJsonObject(current.arguments) !== undefined
  );
}

function join(call: ModelCall, piece: ModelCall): void {
  call.id ||= piece.id;
  // In pieces, whole in every chunk, or more of it each time.
  if (piece.name.startsWith(call.name)) call.name = piece.name;
  else if (!call.name.endsWith(piece.name)) call.name += piece.name;
  // Some send all of it once more at the end.
  const isRepeated = piece.arguments === call.arguments && parseJsonObject(piece.arguments) !== undefined;
  if (!isRepeated) call.arguments += piece.arguments;
}

/** Text, or the texts of its parts. */
function readText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (isObject(part) && typeof part.text === 'string' ? part.text : '')).join('');
}

function readUsage(usage: unknown): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const details = (key: string) => (isObject(usage[key]) ? usage[key] : {});
  return {
    input: count(usage.prompt_tokens),
    cached: count(details('prompt_tokens_details').cached_tokens),
    output: count(usage.completion_tokens),
    reasoning: count(details('completion_tokens_details').reasoning_tokens),
  };
}

const count = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0);

/** What models put around what they think, where their server does not take it out of the answer. */
const THOUGHT_MARKS: readonly [opening: string, closing: string][] = [
  ['<think>', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['[THINK]', '[/THINK]'],
];

/** Tells what a model thinks from what it says, where both come as one text that begins with the thoughts. */
class Thoughts {
  /** `undecided`: nothing but white space and the beginning of a mark has come. `begun`: thoughts are over, no word was said. */
  #state: 'undecided' | 'thinking' | 'begun' | 'talking' = 'undecided';
  #held = '';
  #closing = '';

  /** @param text the next piece */
  split(text: string): ModelPiece[] {
    if (text === '') return [];
    if (this.#state === 'talking') return [{ type: 'text', text }];
    this.#held += text;
    if (this.#state === 'undecided') this.#decide();
    if (this.#state === 'undecided') return [];
    const thought = this.#state === 'thinking' ? this.#takeThought() : [];
    // After the thoughts come empty lines.
    if (this.#state === 'begun') this.#held = this.#held.trimStart();
    if (this.#state === 'thinking' || this.#held === '') return thought;
    this.#state = 'talking';
    return [...thought, ...this.#take('text', this.#held.length)];
  }

  /** What was held back. */
  end(): ModelPiece[] {
    return this.#take(this.#state === 'thinking' ? 'reasoning' : 'text', this.#held.length);
  }

  #decide(): void {
    const begun = this.#held.trimStart();
    const mark = THOUGHT_MARKS.find(([opening]) => begun.startsWith(opening));
    if (mark) {
      this.#closing = mark[1];
      this.#held = begun.slice(mark[0].length);
      this.#state = 'thinking';
    } else if (!THOUGHT_MARKS.some(([opening]) => opening.startsWith(begun))) this.#state = 'talking';
  }

  #takeThought(): ModelPiece[] {
    const at = this.#held.indexOf(this.#closing);
    if (at === -1) {
      // The mark may have come in part.
      const tail = this.#held.slice(-this.#closing.length + 1);
      const parts = Array.from(tail, (_, from) => tail.length - from);
      const partial = parts.find((length) => this.#closing.startsWith(tail.slice(-length))) ?? 0;
      return this.#take('reasoning', this.#held.length - partial);
    }
    const thought = this.#take('reasoning', at);
    this.#held = this.#held.slice(this.#closing.length);
    this.#state = 'begun';
    return thought;
  }

  #take(type: 'text' | 'reasoning', length: number): ModelPiece[] {
    const text = this.#held.slice(0, length);
    this.#held = this.#held.slice(length);
    return text === '' ? [] : [{ type, text }];
  }
}
