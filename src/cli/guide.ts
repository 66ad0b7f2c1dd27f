import pc from 'picocolors';
import { VERSION } from '../version.js';

/** What `hugwire` prints when a person types it: what it is, and the three things to try. */
export function renderGuide(): string {
  const client = JSON.stringify({ mcpServers: { hugwire: { command: 'npx', args: ['-y', 'hugwire'] } } });
  return `
  ${pc.bold('hugwire')} ${pc.dim(VERSION)}
  The Hugging Face Hub and every Gradio Space behind any AI assistant.

  ${pc.bold('See it work')}      ${pc.cyan('npx hugwire demo')}              ${pc.dim('no network, no token')}
  ${pc.bold('Ask the Hub')}      ${pc.cyan('npx hugwire call hub_search query=whisper')}
  ${pc.bold('Every command')}    ${pc.cyan('npx hugwire --help')}

  ${pc.bold('Give it to your assistant')}: ${pc.cyan('npx hugwire install')}, or add this to its MCP config
  ${pc.cyan(client)}

  ${pc.dim('An assistant starts hugwire by itself and talks to it over stdin; to do so by hand: hugwire serve')}
`;
}
