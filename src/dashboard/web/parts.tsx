import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { CallRecord, SessionRecord } from '../types.js';

/** A command to copy. */
export function Command({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => {},
    );
  return (
    <span class="command">
      <code>{text}</code>
      <button type="button" class="quiet" aria-label={`Copy ${text}`} onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </span>
  );
}

interface PagesProps {
  /** From 1 on. */
  page: number;
  /** Items on one page, and in all. */
  size: number;
  total: number;
  onPage(page: number): void;
}

/** Says which items are shown, and leads to the others. */
export function Pages({ page, size, total, onPage }: PagesProps) {
  if (total <= size) return null;
  const last = Math.ceil(total / size);
  const shown = [...new Set([1, page - 1, page, page + 1, last])].filter((one) => one >= 1 && one <= last);
  return (
    <nav class="pages" aria-label="Pages">
      <span class="muted">
        {((page - 1) * size + 1).toLocaleString()}–{Math.min(page * size, total).toLocaleString()} of{' '}
        {total.toLocaleString()}
      </span>
      <button type="button" class="quiet" disabled={page <= 1} onClick={() => onPage(page - 1)}>
        Previous
      </button>
      {shown.map((one, at) => (
        <>
          {at > 0 && one - (shown[at - 1] ?? 0) > 1 && <span class="muted">…</span>}
          <button
            key={one}
            type="button"
            class="quiet"
            aria-label={`Page ${one}`}
            aria-current={one === page ? 'page' : undefined}
            onClick={() => onPage(one)}
          >
            {one}
          </button>
        </>
      ))}
      <button type="button" class="quiet" disabled={page >= last} onClick={() => onPage(page + 1)}>
        Next
      </button>
    </nav>
  );
}

/** A part of the page with a heading. */
export function Card({
  id,
  title,
  tools,
  children,
}: {
  id: string;
  title: ComponentChildren;
  /** Beside the heading. */
  tools?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="card" aria-labelledby={id}>
      <div class="title">
        <h2 id={id}>{title}</h2>
        {tools}
      </div>
      {children}
    </section>
  );
}

const MARKS = {
  running: { sign: '…', tone: 'busy' },
  done: { sign: '✓', tone: 'good' },
  failed: { sign: '✗', tone: 'bad' },
  unanswered: { sign: '–', tone: 'bad' },
} as const;

/** How a call stands. A call whose session ended before it did has no answer. */
export function stateOf(
  call: Pick<CallRecord, 'milliseconds' | 'failed'>,
  session?: SessionRecord,
): keyof typeof MARKS {
  if (call.milliseconds !== undefined) return call.failed ? 'failed' : 'done';
  return session?.live ? 'running' : 'unanswered';
}

/** The same as a sign. */
export function Mark({ state }: { state: keyof typeof MARKS }) {
  return (
    <span class={`mark ${MARKS[state].tone}`}>
      <span aria-hidden="true">{MARKS[state].sign}</span>
      <span class="hidden">{state}</span>
    </span>
  );
}
