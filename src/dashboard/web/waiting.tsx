import { useState } from 'preact/hooks';
import type { ApprovalRecord, Controls, ProposalRecord } from '../types.js';
import { ago } from './format.js';
import { Card, Command } from './parts.js';
import { toHash } from './route.js';
import { post, type Store } from './store.js';

interface Requests {
  approvals: readonly ApprovalRecord[];
  proposals: readonly ProposalRecord[];
  spaces: Controls['spaces'];
}

/** What assistants asked for and only the user can decide. */
export function listRequests({ approvals = [], proposals = [], controls }: Store['now']): Requests & { total: number } {
  const spaces = controls?.spaces.filter(({ proposed }) => proposed) ?? [];
  return { approvals, proposals, spaces, total: approvals.length + proposals.length + spaces.length };
}

/** The same, with ways to decide. */
export function Waiting({ store, now }: { store: Store; now: number }) {
  const { approvals, proposals, spaces, total } = listRequests(store.now);
  if (total === 0) return null;
  const since = (at: number) => ago(new Date(at).toISOString(), now);
  return (
    <Card id="waiting" title={total === 1 ? '1 request waits for you' : `${total} requests wait for you`}>
      <ul class="waiting">
        {approvals.map((approval) => (
          <li key={approval.id}>
            <Approval approval={approval} since={since(approval.createdAt)} />
          </li>
        ))}
        {proposals.map(({ id, tool, message, createdAt }) => (
          <li key={id}>
            <p class="what">{message}</p>
            <p class="muted">
              <code>{tool}</code> · proposed {since(createdAt)} · waits for an hour
            </p>
            <p class="commands">
              <Command text={`hugwire write apply ${id}`} />
              <Command text={`hugwire write discard ${id}`} />
            </p>
          </li>
        ))}
        {spaces.map(({ tool, space, endpoint }) => (
          <li key={tool}>
            <p class="what">
              make {space} {endpoint} the tool {tool}.
            </p>
            <p class="muted">An assistant asked for it.</p>
            <p class="commands">
              <Command text={`hugwire spaces enable ${tool}`} />
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** A call that its assistant may make only when the user agrees: everything it would do, and the two answers. */
function Approval({ approval, since }: { approval: ApprovalRecord; since: string }) {
  const { id, digest, conversation, owner, assistant, tool, message } = approval;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const decide = async (approve: boolean) => {
    setBusy(true);
    setProblem(undefined);
    try {
      // It leaves the list with the next news.
      await post('approvals', { id, digest, approve });
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  };
  return (
    <>
      <p class="what">{message || `call ${tool}.`}</p>
      <pre tabindex={0}>{approval.arguments}</pre>
      <p class="muted">
        <code>{tool}</code> · {assistant} asked {since} in{' '}
        <a href={toHash('conversations', { owner }, conversation)}>{conversation}</a> · waits for 10 minutes
      </p>
      <p class="commands">
        <button
          type="button"
          class="quiet yes"
          disabled={busy}
          aria-label={`Approve ${tool}`}
          onClick={() => decide(true)}
        >
          Approve
        </button>
        <button type="button" class="quiet" disabled={busy} aria-label={`Deny ${tool}`} onClick={() => decide(false)}>
          Deny
        </button>
      </p>
      {problem && (
        <p class="bad" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
