import stringWidth from 'fast-string-width';
import type { TurnEvent } from '../../assistants/types.js';
import { formatDuration } from '../../lib/format.js';
import { isObject, parseJsonObject } from '../../lib/json.js';
import { cleanLine, cleanText, cutText } from '../../lib/text.js';
import type { ToolCallItem } from '../../sessions/items.js';
import { CLEAR_LINE, FRAME_MS, FRAMES, type Style, wrapLine } from '../terminal.js';

/** Where a conversation is shown. */
export interface Canvas {
  write(text: string): unknown;
  /** Columns; infinite where nothing is to be wrapped. */
  width: number;
  style: Style;
  /** Whether a line can be drawn anew. */
  live: boolean;
}

/** Shows turns as they happen: text as it is said, a line for each tool, and on a line of its own what is waited for. */
export class ChatScreen {
  readonly canvas: Canvas;
  readonly #flow: TextFlow;
  /** When each call that runs began, and what it is. */
  readonly #running = new Map<string, { began: number; words: string }>();
  #thinking = false;
  #waiting?: { words: string; timer: NodeJS.Timeout };
  #frame = 0;

  constructor(canvas: Canvas) {
    this.canvas = canvas;
    this.#flow = new TextFlow(canvas);
  }

  /** A line of hugwire's own. */
  line(text = ''): void {
    this.settle();
    this.canvas.write(`${text}\n`);
  }

  /** The same, quiet. */
  note(text: string): void {
    const words = text.trimStart();
    const indent = text.slice(0, text.length - words.length);
    for (const line of wrapLine(words, this.canvas.width - indent.length)) {
      this.line(this.canvas.style.dim(indent + line));
    }
  }

  /** Text of the model. */
  say(text: string): void {
    this.#stopWaiting();
    this.#flow.say(text);
  }

  /** Shows until something else is to be shown what is waited for; on a screen that can be drawn anew. */
  wait(words: string): void {
    if (!this.canvas.live || this.#flow.isWithinLine) return;
    this.#stopWaiting();
    const draw = () => {
      const { style, width } = this.canvas;
      const frame = style.cyan(FRAMES[this.#frame++ % FRAMES.length] ?? '');
      this.canvas.write(`${CLEAR_LINE}${frame} ${style.dim(cutText(this.#waiting?.words ?? words, width - 4))}`);
    };
    this.#waiting = { words, timer: setInterval(draw, FRAME_MS) };
    draw();
  }

  /** Nothing more comes for now: the next line begins at its beginning. */
  end(): void {
    this.#running.clear();
    this.settle();
  }

  /** Somebody thought about a question for so long: the calls that run did not. */
  discount(ms: number): void {
    for (const call of this.#running.values()) call.began += ms;
  }

  show(event: TurnEvent): void {
    const { style } = this.canvas;
    switch (event.type) {
      case 'text.delta':
        if (this.#thinking) this.settle();
        this.say(event.delta);
        break;
      case 'reasoning.delta':
        this.#stopWaiting();
        if (!this.#thinking) this.settle();
        this.#thinking = true;
        this.#flow.say(event.delta, style.dim);
        break;
      case 'notice':
        this.note(event.text);
        break;
      case 'progress':
        if (event.message) this.wait(`${this.#words()}: ${cleanLine(event.message, 120)}`);
        break;
      case 'item.added':
        if (event.item.type !== 'mcp_call') break;
        this.settle();
        this.#running.set(event.item.id, { began: performance.now(), words: describeCall(event.item, 60) });
        this.wait(this.#words());
        break;
      case 'item.done':
        if (event.item.type === 'message' && event.item.role === 'assistant') this.settle();
        if (event.item.type === 'mcp_call') this.#finish(event.item);
    }
  }

  #words(): string {
    return [...this.#running.values()].map(({ words }) => words).join(', ');
  }

  #finish(item: ToolCallItem): void {
    const { style, width, live } = this.canvas;
    const began = this.#running.get(item.id)?.began;
    this.#running.delete(item.id);
    const took = began === undefined ? '' : describeTime(performance.now() - began);
    const failed = item.error !== null;
    const mark = live ? (failed ? style.red('✗') : style.green('✓')) : failed ? 'failed' : 'ok';
    const room = Number.isFinite(width) ? width - took.length - 12 : 100;
    const words = describeCall(item, room);
    this.line(`  ${mark} ${style.dim(words)}${took && `  ${style.dim(took)}`}`);
    if (failed) this.line(`    ${style.dim(cleanLine(item.error, Number.isFinite(width) ? width - 4 : 300))}`);
    if (this.#running.size > 0) this.wait(this.#words());
  }

  /** Ends a line that was begun. */
  settle(): void {
    this.#stopWaiting();
    this.#flow.end();
    this.#thinking = false;
  }

  #stopWaiting(): void {
    if (!this.#waiting) return;
    clearInterval(this.#waiting.timer);
    this.#waiting = undefined;
    this.canvas.write(CLEAR_LINE);
  }
}

const describeTime = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : formatDuration(Math.round(ms / 100) / 10);

/** A call on part of a line: `hub_search query=whisper limit=3`. */
function describeCall({ name, arguments: given }: ToolCallItem, room: number): string {
  const args = parseJsonObject(given);
  const pairs = isObject(args)
    ? Object.entries(args).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    : [given];
  return cleanLine([name, ...pairs].join(' '), Math.max(20, room));
}

/** Of what a model writes, as it stands in the text. */
const BOLD_OPEN = /^([("'[_]{0,3})\*\*(?=[^*\s])/;
const BOLD_CLOSE = /\*\*([)\]"'.,:;!?_]{0,4})$/;
const CODE_OPEN = /^([("'[*]{0,3})`(?=[^`])/;
const CODE_CLOSE = /`([)\]"'.,:;!?*]{0,4})$/;
const MARKER = /^(?:[-*+>]|\d{1,3}[.)])$/;
/** Longer words do not wait for their end. */
const LONGEST_WORD = 60;

/**
 * Writes what a model says as it comes, wrapped between words. On a screen with colours, headings, bold and code are shown as
 * such; what is in a fence, and tables, are not wrapped. Nothing that draws on the terminal gets through.
 */
class TextFlow {
  readonly #canvas: Canvas;
  #held = '';
  #column = 0;
  #spaces = '';
  #hang = 0;
  #isFenced = false;
  #isHeading = false;
  #isWhole = false;
  #isBold = false;
  #isCode = false;
  #paint?: (text: string) => string;

  constructor(canvas: Canvas) {
    this.#canvas = canvas;
  }

  get isWithinLine(): boolean {
    return this.#column > 0 || this.#held !== '';
  }

  /** @param paint what all of it is shown in */
  say(text: string, paint?: (text: string) => string): void {
    this.#paint = paint;
    this.#held += text;
    const parts = this.#held.split(/(\n| +|\t)/);
    this.#held = parts.pop() ?? '';
    for (const part of parts) this.#put(part);
    if (this.#held.length <= LONGEST_WORD && !isWide(this.#held)) return;
    // Half of a character may be still to come.
    const whole = /[\uD800-\uDBFF]$/.test(this.#held) ? this.#held.slice(0, -1) : this.#held;
    this.#held = this.#held.slice(whole.length);
    if (isWide(whole)) for (const character of whole) this.#word(character);
    else this.#word(whole);
  }

  /** Ends the line. */
  end(): void {
    this.#word(this.#held);
    this.#held = '';
    if (this.#column > 0) this.#newline();
    this.#isFenced = false;
    this.#isBold = false;
    this.#isCode = false;
  }

  #put(part: string): void {
    if (part === '\n') this.#newline();
    else if (/^[ \t]/.test(part))
      this.#spaces += Number.isFinite(this.#canvas.width) ? part.replaceAll('\t', '    ') : part;
    else this.#word(part);
  }

  #newline(): void {
    this.#canvas.write('\n');
    this.#column = 0;
    this.#spaces = '';
    this.#hang = 0;
    this.#isHeading = false;
    this.#isWhole = false;
    this.#isBold = false;
    this.#isCode = false;
  }

  #word(raw: string): void {
    const word = cleanText(raw);
    if (word === '') return;
    const isFirst = this.#column === 0;
    if (isFirst) this.#begin(word);
    const shown = this.#style(word);
    const width = stringWidth(word);
    const isOver = this.#column + this.#spaces.length + width > this.#canvas.width;
    if (isOver && !isFirst && !this.#isFenced && !this.#isWhole) {
      this.#canvas.write(`\n${' '.repeat(this.#hang)}`);
      this.#column = this.#hang;
      this.#spaces = '';
    }
    this.#canvas.write(this.#spaces + shown);
    this.#column += this.#spaces.length + width;
    if (isFirst && MARKER.test(word)) this.#hang = this.#column + 1;
    this.#spaces = '';
  }

  /** What the first word of a line says of it. */
  #begin(word: string): void {
    this.#hang = Math.min(this.#spaces.length, 20);
    if (/^(?:```|~~~)/.test(word)) {
      this.#isFenced = !this.#isFenced;
      this.#isWhole = true;
    }
    this.#isHeading = !this.#isFenced && /^#{1,6}$/.test(word);
    if (word.startsWith('|')) this.#isWhole = true;
  }

  #style(word: string): string {
    const { style } = this.#canvas;
    if (this.#paint) return this.#paint(word);
    if (!style.isColorSupported) return word;
    if (this.#isFenced) return style.cyan(word);
    if (this.#isHeading) return style.bold(word);
    let text = word;
    const open = (pattern: RegExp) => {
      const before = text;
      text = text.replace(pattern, '$1');
      return text !== before;
    };
    this.#isBold ||= !this.#isCode && open(BOLD_OPEN);
    this.#isCode ||= open(CODE_OPEN);
    const [wasCode, wasBold] = [this.#isCode, this.#isBold];
    if (this.#isCode && open(CODE_CLOSE)) this.#isCode = false;
    if (this.#isBold && !this.#isCode && open(BOLD_CLOSE)) this.#isBold = false;
    const painted = wasCode ? style.cyan(text) : text;
    return wasBold ? style.bold(painted) : painted;
  }
}

/** Whether a text has letters that stand without spaces between them, and may be broken anywhere. */
const isWide = (text: string): boolean => /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/.test(text);
