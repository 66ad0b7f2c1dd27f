import { cleanLine } from '../lib/text.js';
import { sleep } from '../lib/time.js';
import { estimateTokens } from '../lib/tokens.js';
import type { ChatMessage, Model, ModelInfo, ModelPiece, ModelRequest } from './types.js';

/** A word takes so long: one can see it come, and stop it. */
const WORD_MS = 15;
const WINDOW = 8192;
/** Characters of one message that are looked at. */
const MAX_READ = 30_000;

/** What the scripted model says, or which tools it calls. */
interface Act {
  says?: string;
  calls?: Record<string, Record<string, unknown>[]>;
}

interface Wish {
  /** Of what the user said last. */
  when: RegExp;
  act(said: RegExpMatchArray, messages: readonly ChatMessage[]): Act;
}

const SPACE = 'hugwire/demo-space';
/** What people say around what they look for. */
const FILLERS =
  /\b(?:a|an|the|some|any|me|my|us|please|can|could|you|would|i|we|want|need|for|to|of|on|in|that|which|what|are|is|there|do|does|people|use|find|search|look|show|list|get|models?|datasets?|spaces?|apps?|hub|good|best|small|speech|transcribe)\b/gi;

/** What it understands, the more telling first. */
const WISHES: readonly Wish[] = [
  {
    when: /\bsummar(?:y|i[sz]e)\b/i,
    act: (said, messages) => {
      // hugwire has a conversation summarised by handing it over as one message.
      const told = [...(said.input ?? '').matchAll(/^user: (.+)$/gm)].map(([, words = '']) => words);
      const wishes = told.length > 0 ? told : textsOf(messages, 'user').slice(0, -1);
      const list = wishes.slice(-12).map((words) => `- ${cleanLine(words, 80)}`);
      return { says: `What you asked for so far:\n\n${list.join('\n') || '- nothing yet'}` };
    },
  },
  {
    when: /\bmy name is ([\p{L}'-]{1,40})|\bcall me ([\p{L}'-]{1,40})/iu,
    act: ([, one, other]) => {
      const name = one ?? other ?? '';
      return {
        says: `Nice to meet you, ${name}. I know your name for the rest of this conversation.`,
        calls: { memory_save: [{ text: `The user's name is ${name}.` }] },
      };
    },
  },
  {
    when: /\bmy name\b|\bwho am i to you\b/i,
    act: (_, messages) => {
      const name = textsOf(messages, 'user')
        .map((text) => /\b(?:my name is|call me) ([\p{L}'-]{1,40})/iu.exec(text)?.[1])
        .findLast(Boolean);
      return { says: name ? `Your name is ${name}.` : 'You have not told me your name yet. Say “My name is …”.' };
    },
  },
  {
    when: /\b(?:who am i|whoami|my account|logged in|my token)\b/i,
    act: () => ({ says: 'I will look at your account.', calls: { hub_whoami: [{}] } }),
  },
  {
    when: /\bcompare\b/i,
    act: () => ({
      says: 'I will look at both.',
      calls: { hub_repo: [{ ids: ['openai/whisper-large-v3'] }, { ids: ['openai/gsm8k'] }] },
    }),
  },
  {
    when: /(?:describe|send|read|look at|what is in)\b.{0,40}?((?:~|\.{1,2})?\/[^\s"']{1,200})/i,
    act: ([, file = '']) => ({
      says: 'I will give that file to the demo Space.',
      calls: { space_call: [{ space: SPACE, endpoint: '/describe_file', arguments: { file } }] },
    }),
  },
  {
    when: /\b(?:draw|paint|picture of|image of|sketch)\b\s*(?:me\s+)?(?:an?\s+|the\s+)?(.{0,80})/i,
    act: ([, what = '']) => ({
      says: 'I will have the demo Space draw it.',
      calls: {
        space_call: [
          {
            space: SPACE,
            endpoint: '/draw',
            arguments: { prompt: what.replace(/(?<![.!?])[.!?]+$/, '') || 'a mountain', seed: 7 },
          },
        ],
      },
    }),
  },
  {
    when: /\bslow\b/i,
    act: () => ({
      says: 'I will run something slow.',
      calls: { space_call: [{ space: SPACE, endpoint: '/slow', arguments: { steps: 8, step_seconds: 0.25 } }] },
    }),
  },
  {
    when: /\bfail|\bbroken\b/i,
    act: () => ({ says: 'I will run what fails.', calls: { space_call: [{ space: SPACE, endpoint: '/fail' }] } }),
  },
  {
    when: /\b(?:maths?|problem|rows?|dataset)\b/i,
    act: () => ({
      says: 'I will read a row of a dataset.',
      calls: { dataset_rows: [{ dataset: 'openai/gsm8k', config: 'main', split: 'test', limit: 1 }] },
    }),
  },
  {
    when: /\bdemo[- ]space\b/i,
    act: () => ({ says: 'I will ask the Space what it does.', calls: { space_info: [{ space: SPACE }] } }),
  },
  {
    when: /\b(?:card|readme)\b/i,
    act: () => ({ says: 'I will read its card.', calls: { hub_read: [{ target: 'openai/whisper-large-v3' }] } }),
  },
  {
    when: /\b(?:about|details|licen[cs]e|who made)\b.{0,80}\bwhisper\b|\bwhisper\b.{0,80}\b(?:details|licen[cs]e)\b/i,
    act: () => ({ says: 'I will look it up.', calls: { hub_repo: [{ ids: ['openai/whisper-large-v3'] }] } }),
  },
  {
    when: /\b(?:search|find|look for|which|models?|spaces?|apps?)\b/i,
    act: (said) => {
      const sentence = said.input ?? '';
      const wantsSpeech = /speech|transcri/i.test(sentence);
      const words = cleanLine(sentence, 200)
        .replace(FILLERS, ' ')
        .replace(/[^\p{L}\p{N}._/-]+/gu, ' ')
        .trim();
      return {
        says: 'I will search the Hub.',
        calls: { hub_search: [{ query: wantsSpeech ? 'whisper' : words || 'llama', limit: 3 }] },
      };
    },
  },
  {
    when: /\b(?:long|story|count|everything|essay)\b/i,
    act: () => ({
      says: `Here is a long answer, so that you can stop me.\n\n${Array.from({ length: 60 }, (_, at) => `${at + 1}. Line ${at + 1} of sixty: press Ctrl-C, and what has come so far stays.`).join('\n')}`,
    }),
  },
  {
    when: /\b(?:hi|hello|hey|good (?:morning|evening|day))\b/i,
    act: () => ({ says: 'Hello. Ask me to find a model, to draw something, or what else I can do.' }),
  },
  {
    when: /\bthank|\bbye\b/i,
    act: () => ({ says: 'You are welcome.' }),
  },
];

const HELP = `I am a scripted model: I understand a few wishes, and everything around me is real.

- Find a model for speech
- Tell me about Whisper
- Show me a maths problem
- Draw a mountain in the morning
- My name is Ada, then: What is my name?
- Tell me a long story (and press Ctrl-C)`;

/** A model without a server, for the demo and for trying things out: it decides by the last message. */
export class ScriptedModel implements Model {
  readonly id = 'demo';
  readonly where = 'a script in hugwire';

  async info(): Promise<ModelInfo> {
    return { contextLength: WINDOW, callsTools: true, readsImages: true };
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelPiece> {
    const { says = '', calls = [] } = this.#decide(request);
    for (const text of says.match(/\s*\S+\s*/g) ?? []) {
      await sleep(WORD_MS, signal);
      yield { type: 'text', text };
    }
    const made = calls.map(({ name, args }) => ({
      type: 'call' as const,
      id: `call_${crypto.randomUUID().replaceAll('-', '')}`,
      name,
      arguments: JSON.stringify(args),
    }));
    yield* made;
    const shown = request.messages.map((message) => [message.role, textOf(message)]);
    const input = estimateTokens(JSON.stringify([shown, request.tools]));
    const output = estimateTokens(says + JSON.stringify(made));
    yield { type: 'end', finish: 'stop', usage: { input, cached: 0, output, reasoning: 0 } };
  }

  #decide({ messages, tools, toolChoice }: ModelRequest): {
    says?: string;
    calls?: { name: string; args: Record<string, unknown> }[];
  } {
    const last = messages.at(-1);
    const hasPicture = Array.isArray(last?.content) && last.content.some(({ type }) => type === 'image_url');
    // Pictures of tools come as a message behind their answer.
    const answered = hasPicture ? messages.slice(0, -1) : messages;
    if (answered.at(-1)?.role === 'tool') return { says: concludeFrom(answered) };
    const text = textOf(last);
    if (hasPicture) {
      return { says: 'I see that there is a picture. A scripted model cannot tell what is in it.' };
    }
    const match = WISHES.map(({ when, act }) => ({ said: text.match(when), act })).find(({ said }) => said !== null);
    if (!match?.said) return { says: HELP };
    const { says, calls = {} } = match.act(match.said, messages);
    const has = (name: string) => toolChoice !== 'none' && tools.some((tool) => tool.name === name);
    const possible = Object.entries(calls).flatMap(([name, list]) =>
      has(name) ? list.map((args) => ({ name, args })) : [],
    );
    const missing = Object.keys(calls).filter((name) => !has(name) && name !== 'memory_save');
    if (missing.length > 0) return { says: `I would call ${missing.join(', ')}, which I do not have here.` };
    return { says, calls: possible };
  }
}

function textOf(message: ChatMessage | undefined): string {
  const content = message?.content ?? '';
  if (typeof content === 'string') return content.slice(0, MAX_READ);
  return content
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join(' ')
    .slice(0, MAX_READ);
}

const textsOf = (messages: readonly ChatMessage[], role: ChatMessage['role']) =>
  messages.filter((message) => message.role === role).map(textOf);

/** Lines of hugwire around what it quotes. */
const FRAME = /^(?:---|Next:|More:|id \||Fetched|The text between)/;

/** Tells what the tools answered since the user spoke. */
function concludeFrom(messages: readonly ChatMessage[]): string {
  const from = messages.findLastIndex(({ role }) => role !== 'tool');
  const before = messages[from];
  const names = before?.role === 'assistant' ? (before.tool_calls ?? []).map((call) => call.function.name) : [];
  const told = messages.slice(from + 1).map((message, at) => conclude(names[at] ?? '', textOf(message)));
  return told.join('\n\n');
}

function conclude(name: string, answer: string): string {
  if (/declined|not agreed|did not decide|must allow/i.test(answer.slice(0, 400))) {
    return 'You did not agree, so I have not done it. Tell me if I should do something else.';
  }
  const lines = answer.split('\n').filter((line) => line.trim() !== '' && !FRAME.test(line));
  const file = /^Picture: (.+?) \(/m.exec(answer)?.[1] ?? /^File: (.+?) \(/m.exec(answer)?.[1];
  if (file) return `Here it is: ${file}`;
  if (name === 'hub_whoami') return `${lines[0] ?? ''} ${lines[1] ?? ''}`.trim();
  if (name === 'hub_search') {
    const rows = lines.filter((line) => line.includes(' | ')).map((line) => line.split(' | '));
    if (rows.length === 0) return 'I found nothing by these words. Try another one, such as “whisper”.';
    const list = rows.map(([id, task]) => `- **${id}**${task ? `, ${task}` : ''}`);
    return `I found ${rows.length === 1 ? 'one' : rows.length}:\n\n${list.join('\n')}\n\nShall I tell you more about one of them?`;
  }
  return `This is what I found:\n\n${lines
    .slice(0, 5)
    .map((line) => `> ${cleanLine(line, 160)}`)
    .join('\n')}`;
}
