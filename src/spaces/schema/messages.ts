import { isObject, type JsonSchema } from '../../schema/json-schema.js';

interface Message {
  role: string;
  content: unknown;
  [more: string]: unknown;
}

/**
 * Reads a chat history however it is written: one text, messages with a role, pairs of user and assistant as Gradio 4
 * has them, or a mix.
 * @param value the history
 * @returns the messages, or the value itself when it is no history
 */
export function toMessages(value: unknown): unknown {
  if (typeof value === 'string') return value === '' ? [] : [{ role: 'user', content: value }];
  const list = isObject(value) && isMessage(value) ? [value] : value;
  if (!Array.isArray(list)) return value;
  return list.flatMap((item: unknown): unknown[] => {
    if (typeof item === 'string') return [{ role: 'user', content: item }];
    if (!Array.isArray(item) || item.length !== 2) return [item];
    const [user, assistant] = item;
    return [
      { role: 'user', content: user },
      { role: 'assistant', content: assistant },
    ].filter(({ content }) => content !== null);
  });
}

/**
 * Writes messages as the wire wants them: pairs (Gradio 4), messages with text (5) or with a list of parts (6).
 * @param messages from `toMessages`
 * @param wire the schema of the history
 */
export function fromMessages(messages: unknown, wire: JsonSchema): unknown {
  if (!Array.isArray(messages) || !messages.every(isMessage)) return messages;
  const item = isObject(wire.items) ? wire.items : {};
  if (Array.isArray(item.prefixItems)) return toPairs(messages);
  const content = isObject(item.properties) ? item.properties.content : undefined;
  const inParts = isObject(content) && content.type === 'array';
  return messages.map((message) => ({
    ...message,
    content: inParts ? toParts(message.content) : fromParts(message.content),
  }));
}

function isMessage(value: unknown): value is Message {
  return isObject(value) && typeof value.role === 'string' && Object.hasOwn(value, 'content');
}

function toParts(content: unknown): unknown {
  if (Array.isArray(content)) return content.map((part) => (typeof part === 'string' ? textPart(part) : part));
  return [typeof content === 'string' ? textPart(content) : content];
}

function textPart(text: string): unknown {
  return { type: 'text', text };
}

function fromParts(content: unknown): unknown {
  if (!Array.isArray(content)) return isTextPart(content) ? content.text : content;
  if (content.every((part) => typeof part === 'string' || isTextPart(part))) {
    return content.map((part) => (typeof part === 'string' ? part : part.text)).join('\n');
  }
  return content.length === 1 ? content[0] : content;
}

function isTextPart(part: unknown): part is { text: string } {
  return (
    isObject(part) && typeof part.text === 'string' && Object.keys(part).every((key) => /^(?:text|type)$/.test(key))
  );
}

function toPairs(messages: Message[]): unknown[] {
  const pairs: [unknown, unknown][] = [];
  for (const { role, content } of messages) {
    const text = fromParts(content);
    const last = pairs.at(-1);
    if (role !== 'assistant') pairs.push([text, null]);
    else if (last && last[1] === null) last[1] = text;
    else pairs.push([null, text]);
  }
  return pairs;
}
