import { parseJsonObject } from '../lib/json.js';
import { cleanText, cutText, fence, splitAt } from '../lib/text.js';
import type { ContentPart, Item, MessageItem } from '../sessions/items.js';
import type { ThreadItem } from '../sessions/thread.js';
import type { ChatMessage, ChatPart, ChatToolCall, ModelRequest, ModelTool } from './types.js';

/** A model without a tokenizer at hand: English and JSON are about this many characters to a token. */
const CHARS_PER_TOKEN = 3.6;
/** Of the window, for the answer. */
const ANSWER_SHARE = 0.25;
/** Turns whose tool answers stay whole as long as there is room. */
const WHOLE_TURNS = 2;
/** A tool answer that is shorter is worth its room. */
const SHORT = 400;
/** Characters of a file that somebody gave. */
const MAX_FILE = 100_000;
/** A picture, as most models count it. */
const IMAGE_TOKENS = 1000;

/** What a conversation holds, from the model's side. */
export interface Window {
  /** In order, after what a summary stands for. */
  items: readonly ThreadItem[];
  system: string;
  summary?: string;
  tools: readonly ModelTool[];
  readsImages: boolean;
}

/** Room for what is sent, in tokens; none where the model's window is not known. */
export interface Room {
  window?: number;
  /** Tokens in truth for each one that was estimated, as the last answer told. */
  scale: number;
}

/** What is sent, and what had to be left out for it. */
export interface Fitted {
  messages: ChatMessage[];
  /** Estimated. */
  tokens: number;
  /** Answers of tools that were left out, or cut. */
  shortened: number;
  /** Whether it fits. */
  fits: boolean;
}

/**
 * Makes the messages for a model: with old answers of tools left out, as far as there is no room for them.
 * @param window what there is to send
 * @param room for it
 */
export function fitMessages(window: Window, { window: size, scale }: Room): Fitted {
  const most = size === undefined ? Number.POSITIVE_INFINITY : (size * (1 - ANSWER_SHARE)) / scale;
  const tools = estimate(window.tools);
  const make = (shorten: (index: number) => number | undefined): Fitted => {
    const { messages, shortened } = toMessages(window, shorten);
    const tokens = estimateMessages(messages) + tools;
    return { messages, tokens: Math.round(tokens * scale), shortened, fits: tokens <= most };
  };
  const whole = make(() => undefined);
  if (whole.fits) return whole;
  const turns = turnsBefore(window.items);
  const old = make((index) => ((turns[index] as number) >= WHOLE_TURNS ? 0 : undefined));
  if (old.fits) return old;
  const last = window.items.findLastIndex(({ item }) => item.type === 'message');
  const earlier = make((index) => (index < last ? 0 : undefined));
  if (earlier.fits) return earlier;
  // What is left is the answers of this turn: each gets its share.
  const fixed = make(() => 0);
  const answers = window.items.filter(
    ({ item }) => item.type === 'mcp_call' || item.type === 'function_call_output',
  ).length;
  const share = Math.floor(((most - fixed.tokens / scale) * CHARS_PER_TOKEN) / Math.max(1, answers));
  return share > SHORT ? make((index) => (index < last ? 0 : share)) : fixed;
}

/** How many turns of the user came after each item. */
function turnsBefore(items: readonly ThreadItem[]): number[] {
  const turns: number[] = [];
  let after = 0;
  for (let index = items.length - 1; index >= 0; index -= 1) {
    turns[index] = after;
    const item = items[index]?.item;
    if (item?.type === 'message' && item.role === 'user') after += 1;
  }
  return turns;
}

const estimate = (value: unknown): number => JSON.stringify(value).length / CHARS_PER_TOKEN;

function estimateMessages(messages: readonly ChatMessage[]): number {
  let tokens = 0;
  for (const message of messages) {
    const parts = Array.isArray(message.content) ? message.content : [];
    const images = parts.filter(({ type }) => type === 'image_url').length;
    const texts = parts.map((part) => (part.type === 'text' ? part.text : ''));
    tokens += images * IMAGE_TOKENS + estimate(images > 0 ? { ...message, content: texts } : message);
  }
  return tokens;
}

/**
 * @param shorten how many characters of a tool's answer are sent, by the index of its item: undefined for all
 */
function toMessages(
  { items, system, summary, readsImages }: Window,
  shorten: (index: number) => number | undefined,
): { messages: ChatMessage[]; shortened: number } {
  const opening = items.findIndex(({ item }) => item.type !== 'message' || !isNotice(item));
  const told = items
    .slice(0, opening < 0 ? items.length : opening)
    .map(({ item }) => textOf((item as MessageItem).content));
  if (summary !== undefined) told.unshift(`Summary of the conversation so far:\n${summary}`);
  // Many models take a system message at the start alone.
  const messages: ChatMessage[] = [{ role: 'system', content: [system, ...told].filter(Boolean).join('\n\n') }];
  const outputs = new Map<string, string>();
  let shortened = 0;
  const answer = (index: number, name: string, text: string) => {
    const most = shorten(index);
    if (most === undefined || text.length <= Math.max(most, SHORT)) return text;
    shortened += 1;
    return cutAnswer(name, text, most);
  };
  items.forEach(({ item }, index) => {
    if (item.type === 'function_call_output')
      outputs.set(item.call_id, answer(index, 'this call', textOf(item.output)));
  });
  let step: { key: unknown; message: ChatMessage & { role: 'assistant' } } | undefined;
  let images: string[] = [];
  const flushImages = () => {
    if (images.length > 0 && readsImages) {
      const shown: ChatPart[] = images.map((url) => ({ type: 'image_url', image_url: { url } }));
      messages.push({ role: 'user', content: [{ type: 'text', text: 'The pictures that the tool gave:' }, ...shown] });
    }
    images = [];
  };
  /** Calls of one step stand in one message, behind what was said with them, and their answers follow. */
  const call = (key: unknown, { id, name, args }: { id: string; name: string; args: string }, output: string) => {
    const made: ChatToolCall = { id, type: 'function', function: { name, arguments: readable(args) } };
    if (step && step.key === key && key !== undefined && step.message.tool_calls) step.message.tool_calls.push(made);
    else {
      flushImages();
      const said = messages.at(-1);
      const spoken = said?.role === 'assistant' && !said.tool_calls ? said : undefined;
      const message = spoken ?? { role: 'assistant' as const, content: null };
      message.tool_calls = [made];
      if (!spoken) messages.push(message);
      step = { key, message };
    }
    messages.push({ role: 'tool', tool_call_id: id, content: output });
  };
  const pending = new Set(
    items.flatMap(({ item }) =>
      item.type === 'mcp_call' && item.approval_request_id ? [item.approval_request_id] : [],
    ),
  );
  const followed = new Set(
    items.flatMap(({ item }) => (item.type === 'mcp_approval_request' && item.after ? [item.after] : [])),
  );
  items.forEach(({ item }, index) => {
    if (item.type === 'mcp_call') {
      const text = item.output ?? item.error ?? 'This call was interrupted: there is no answer.';
      const note =
        item.images?.length && !readsImages
          ? `\n[${item.images.length} picture(s), which you cannot see; the user can]`
          : '';
      call(item.step, { id: item.id, name: item.name, args: item.arguments }, answer(index, item.name, text) + note);
      images.push(...(item.images ?? []));
    } else if (item.type === 'function_call') {
      call(
        item.step,
        { id: item.call_id, name: item.name, args: item.arguments },
        outputs.get(item.call_id) ?? 'There is no answer: the call was not made.',
      );
    } else if (item.type === 'mcp_approval_request' && !pending.has(item.id) && !followed.has(item.id)) {
      call(
        item.step,
        { id: item.id, name: item.name, args: item.arguments },
        'Not run: the user has not agreed to it yet.',
      );
    } else if (item.type === 'message' && (opening < 0 || index < opening)) {
      // It stands in the system message.
    } else if (item.type === 'message') {
      flushImages();
      step = undefined;
      const said = speak(item, readsImages);
      const before = messages.at(-1);
      // Many want people and assistants to take turns.
      if (said.role === 'user' && before?.role === 'user') before.content = joinContents(before.content, said.content);
      else messages.push(said);
    }
  });
  flushImages();
  return { messages, shortened };
}

/** Arguments as servers take them, which read the calls of a conversation anew each time and stop at what is not JSON. */
const readable = (args: string): string =>
  parseJsonObject(args) ? args : JSON.stringify(args.trim() === '' ? {} : { unreadable: cutText(args, SHORT) });

const isNotice = ({ role }: MessageItem) => role === 'developer' || role === 'system';

function joinContents(one: string | ChatPart[], other: string | ChatPart[]): string | ChatPart[] {
  if (typeof one === 'string' && typeof other === 'string') return `${one}\n\n${other}`;
  const parts = (content: string | ChatPart[]): ChatPart[] =>
    typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return [...parts(one), ...parts(other)];
}

function speak(item: MessageItem, readsImages: boolean): ChatMessage & { role: 'user' | 'assistant' } {
  const { role, content } = item;
  if (role === 'developer' || role === 'system')
    return { role: 'user', content: `[A notice, not from the user] ${textOf(content)}` };
  if (role === 'assistant') {
    // One that is not whole is of a turn that was stopped, or of a process that was killed.
    const stopped = item.status === 'completed' ? '' : ' [stopped here]';
    return { role, content: textOf(content) + stopped };
  }
  const images = content.filter((part) => part.type === 'input_image');
  if (images.length === 0) return { role: 'user', content: textOf(content) };
  if (!readsImages)
    return { role: 'user', content: `${textOf(content)}\n[${images.length} picture(s), which you cannot see]` };
  return {
    role,
    content: content.map(
      (part): ChatPart =>
        part.type === 'input_image'
          ? { type: 'image_url', image_url: { url: part.image_url, ...(part.detail ? { detail: part.detail } : {}) } }
          : { type: 'text', text: partText(part) },
    ),
  };
}

/** What parts say, as text. */
export function textOf(content: string | readonly ContentPart[]): string {
  return typeof content === 'string' ? content : content.map(partText).filter(Boolean).join('\n');
}

function partText(part: ContentPart): string {
  if (part.type === 'refusal') return part.refusal;
  if (part.type === 'input_file') {
    const name = `[file ${part.filename ?? part.file_url ?? part.file_id ?? 'without a name'}]`;
    const told = readTextFile(part.file_data ?? '');
    return told === undefined ? name : `${name}\n${told}`;
  }
  return part.type === 'input_image' ? '' : part.text;
}

/** What a file says that came as a data: URL, or in base64 alone; undefined where that is not text. */
function readTextFile(data: string): string | undefined {
  const comma = data.startsWith('data:') ? data.indexOf(',') : -1;
  const type = data.slice(0, Math.max(0, comma));
  if (data === '' || (comma >= 0 && !type.endsWith(';base64'))) return undefined;
  const text = Buffer.from(data.slice(comma + 1), 'base64').toString('utf8');
  return text.includes('\uFFFD') || text.includes('\0') ? undefined : cutText(text, MAX_FILE);
}

function cutAnswer(name: string, text: string, most: number): string {
  const size = text.length.toLocaleString('en');
  if (most <= SHORT)
    return `[answer of ${name}, ${size} characters, left out for lack of room; call it again if you need it]`;
  const head = cutText(text, Math.floor(most * 0.7));
  const tail = text.slice(splitAt(text, text.length - Math.floor(most * 0.2)));
  return `${head}\n[… of ${size} characters; the middle is left out for lack of room …]\n${tail}`;
}

/** Characters of one item in what is summarised. */
const SUMMARISED = 1500;

/**
 * The older part of a conversation as a model is to summarise it.
 * @param items in order
 */
function transcribe(items: readonly Item[]): string {
  const lines = items.flatMap((item) => {
    if (item.type === 'message') return [`${item.role}: ${cutText(textOf(item.content), SUMMARISED)}`];
    if (item.type === 'mcp_call') {
      return [`tool ${item.name} ${cutText(item.arguments, 300)} → ${cutText(item.output ?? item.error ?? '', SHORT)}`];
    }
    if (item.type === 'function_call') return [`tool ${item.name} ${cutText(item.arguments, 300)}`];
    if (item.type === 'function_call_output') return [`its answer: ${cutText(textOf(item.output), SHORT)}`];
    return [];
  });
  return cleanText(lines.join('\n'));
}

const SUMMARY_TOKENS = 600;

/**
 * The request that has a model summarise a conversation, or a part of it.
 * @param items in order
 * @param before the summary of what came before them
 * @param window tokens that the model takes
 */
export function askForSummary(items: readonly Item[], before: string | undefined, window = 8192): ModelRequest {
  const most = Math.floor(window * 1.8);
  const told = transcribe(items);
  const earlier = before === undefined ? '' : `Summary of what came before:\n${before}\n\n`;
  const content = `${earlier}${fence(told.length > most ? told.slice(-most) : told, 'conversation')}\n\nSummarise this conversation for yourself, so that you can go on with it: what the user wants, what was found (ids, names, numbers), what was decided, what is still to be done. Plain text, at most 300 words.`;
  return { messages: [{ role: 'user', content }], tools: [], maxOutputTokens: SUMMARY_TOKENS };
}

/**
 * Where the older part of a conversation ends: before the last two turns, or before the last one.
 * @returns index of the first item that stays; 0 where there is nothing older
 */
export function olderPart(items: readonly ThreadItem[]): number {
  const starts = items.flatMap(({ item }, index) => (item.type === 'message' && item.role === 'user' ? [index] : []));
  return starts.at(-WHOLE_TURNS) || starts.at(-1) || 0;
}
