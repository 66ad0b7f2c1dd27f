import type { Controls } from '../types.js';
import { Switch } from './switch.js';

/** Which tools assistants have, with a switch for each. */
export function Tools({ controls: { tools, path, readOnly, problem } }: { controls: Controls }) {
  const toolsets = [...new Set(tools.map(({ toolset }) => toolset))];
  return (
    <section class="card" aria-labelledby="tools">
      <h2 id="tools">Tools</h2>
      {problem && (
        <p class="banner" role="alert">
          {problem}
        </p>
      )}
      {readOnly && <p class="empty">tools.readOnly is on: what runs or writes is off, whatever its switch says.</p>}
      {toolsets.map((toolset) => (
        <div key={toolset}>
          <h3>{toolset}</h3>
          <ul class="switches">
            {tools
              .filter((tool) => tool.toolset === toolset)
              .map((tool) => (
                <li key={tool.name}>
                  <span class="grow">
                    <code>{tool.name}</code>
                    <small>
                      {tool.title}
                      {tool.effect !== 'read' && ` · ${tool.effect === 'run' ? 'runs Spaces' : 'writes'}`}
                    </small>
                  </span>
                  <Switch on={tool.on} name={tool.name} disabled={problem !== undefined} />
                </li>
              ))}
          </ul>
        </div>
      ))}
      <p class="empty">
        These are kept in <code>{path}</code>
      </p>
    </section>
  );
}
