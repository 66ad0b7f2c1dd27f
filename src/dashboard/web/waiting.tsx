import type { Controls, ProposalRecord } from '../types.js';
import { ago } from './format.js';
import { Card, Command } from './parts.js';

interface WaitingProps {
  proposals: readonly ProposalRecord[];
  controls?: Controls;
  now: number;
}

/** What assistants asked for and only the user can decide. */
export function Waiting({ proposals, controls, now }: WaitingProps) {
  const spaces = controls?.spaces.filter(({ proposed }) => proposed) ?? [];
  const total = proposals.length + spaces.length;
  if (total === 0) return null;
  return (
    <Card id="waiting" title={total === 1 ? '1 request waits for you' : `${total} requests wait for you`}>
      <ul class="waiting">
        {proposals.map(({ id, tool, message, createdAt }) => (
          <li key={id}>
            <p class="what">{message}</p>
            <p class="muted">
              <code>{tool}</code> · proposed {ago(new Date(createdAt).toISOString(), now)} · waits for an hour
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
