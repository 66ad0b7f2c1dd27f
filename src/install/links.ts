import type { Launch } from './launch.js';

/** Makes a link that offers a client to add a server. */
export type LinkOf = (name: string, launch: Launch) => string;

const json = (value: unknown) => encodeURIComponent(JSON.stringify(value));
const base64 = (value: unknown) => encodeURIComponent(Buffer.from(JSON.stringify(value)).toString('base64'));

/** VS Code itself opens these; the second works where only web links are clickable. */
export const vscodeLink: LinkOf = (name, launch) => `vscode:mcp/install?${json({ name, ...launch })}`;
export const vscodeWebLink: LinkOf = (name, launch) =>
  `https://vscode.dev/redirect/mcp/install?name=${encodeURIComponent(name)}&config=${json(launch)}`;

/** Cursor takes a command line; words with spaces need the longer form. */
export const cursorLink: LinkOf = (name, { command, args }) => {
  const words = [command, ...args];
  const config = words.some((word) => /\s/.test(word)) ? { command, args } : { command: words.join(' ') };
  return `https://cursor.com/en/install-mcp?name=${encodeURIComponent(name)}&config=${base64(config)}`;
};

export const lmStudioLink: LinkOf = (name, launch) =>
  `lmstudio://add_mcp?name=${encodeURIComponent(name)}&config=${base64(launch)}`;

export const gooseLink: LinkOf = (name, { command, args }) => {
  const query = [
    ['cmd', command],
    ...args.map((arg) => ['arg', arg]),
    ['id', name],
    ['name', name],
    ['description', 'The Hugging Face Hub and every Gradio Space'],
  ];
  const text = query.map(([key, value]) => `${key}=${encodeURIComponent(value ?? '')}`).join('&');
  return `https://block.github.io/goose/extension?${text}`;
};

export const kiroLink: LinkOf = (name, launch) =>
  `https://kiro.dev/launch/mcp/add?name=${encodeURIComponent(name)}&config=${json(launch)}`;
