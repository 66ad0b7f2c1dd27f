/** A stretch of Markdown: code, whose characters mean themselves, or prose. */
export interface MarkdownPart {
  code: boolean;
  text: string;
}

/** The begin of a fence, also in a quote or a list item. What follows backticks holds no further backtick. */
const FENCE = /^[\s>]*(?:[-*+]\s+|\d{1,9}[.)]\s+)?(`{3,}(?=[^`]*$)|~{3,})/;
const MARK = /`+|<!--/g;

/**
 * Splits Markdown into code and prose and leaves out its HTML comments, which readers of the rendered page never see.
 * One pass over the lines: the time grows with the length alone, whatever the text.
 * @param markdown clean text with `\n` line ends
 */
export function splitMarkdown(markdown: string): MarkdownPart[] {
  const parts: MarkdownPart[] = [];
  const add = (code: boolean, text: string) => {
    const last = parts.at(-1);
    if (last?.code === code) last.text += text;
    else if (text) parts.push({ code, text });
  };
  let fence: string | undefined;
  let inComment = false;
  const lines = markdown.split('\n');
  for (const [index, line] of lines.entries()) {
    const end = index < lines.length - 1 ? '\n' : '';
    if (fence) {
      add(true, line + end);
      if (closes(line, fence)) fence = undefined;
      continue;
    }
    const start: number = inComment ? line.indexOf('-->') + 3 : 0;
    if (inComment && start < 3) continue;
    fence = FENCE.exec(line.slice(start))?.[1];
    if (fence) add(true, line.slice(start));
    inComment = !fence && splitLine(line, start, add);
    add(fence !== undefined, end);
  }
  return parts;
}

/** A fence is closed by a line of the same mark, at least as often, and nothing else. */
function closes(line: string, fence: string): boolean {
  const bare = line.replace(/^[\s>]+/, '').trimEnd();
  return bare.length >= fence.length && bare === fence.charAt(0).repeat(bare.length);
}

/** @returns whether the line ends within a comment */
function splitLine(line: string, start: number, add: (code: boolean, text: string) => void): boolean {
  const marks = [...line.slice(start).matchAll(MARK)].map((match) => ({ text: match[0], at: match.index + start }));
  let at = start;
  for (const [index, mark] of marks.entries()) {
    if (mark.at < at) continue;
    add(false, line.slice(at, mark.at));
    if (mark.text === '<!--') {
      const close = line.indexOf('-->', mark.at);
      if (close === -1) return true;
      at = close + 3;
      continue;
    }
    // As many backticks end a span as began it; a run without its like is text.
    const partner = marks.slice(index + 1, index + 1 + 1000).find((other) => other.text === mark.text);
    const stop = partner ? partner.at + partner.text.length : mark.at + mark.text.length;
    add(partner !== undefined, line.slice(mark.at, stop));
    at = stop;
  }
  add(false, line.slice(at));
  return false;
}
