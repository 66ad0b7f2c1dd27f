import type { Extra } from '../lib/documents/json.js';
import type { Launch } from './launch.js';
import { inAppData, inConfig, inHome, inPackages, inVariable, type Machine } from './machine.js';
import type { ENTRY_SHAPES } from './shapes.js';

export type Scope = 'user' | 'project';

/** A program that starts MCP servers, and how it is configured. */
export interface Client {
  id: string;
  label: string;
  aliases?: readonly string[];
  /** Where the user's config may be: the one that exists, else the first. */
  user?: (machine: Machine) => readonly string[];
  /** Where a project's config may be, below the project. */
  project?: readonly string[];
  /** Paths that show that the client is installed, beside the directory of its config. */
  traces?: (machine: Machine) => readonly string[];
  /** Files that other builds of the client read, and the installed one does not. */
  unread?: (machine: Machine) => readonly string[];
  format: 'json' | 'toml' | 'yaml';
  /** What its parser accepts beyond JSON; unset: everything, or unknown. */
  takes?: readonly Extra[];
  /** Keys that lead to the servers. */
  servers: readonly string[];
  /** The servers are a list of items with a name, not a mapping. */
  list?: boolean;
  shape: keyof typeof ENTRY_SHAPES;
  /** The client's own command that adds a server for the user, as words. */
  command?: (name: string, launch: Launch) => string[];
  /** The same for a project, where the client can do that. */
  projectCommand?: (name: string, launch: Launch) => string[];
  /** Links that make the client offer to add the server; several where not all work everywhere. */
  links?: readonly ((name: string, launch: Launch) => string)[];
  /** Where it reads skills: the user's folder, and a project's below the project. Unset: nowhere, or it is not known. */
  skills?: { user: (machine: Machine) => string; project: string };
  /** Where in the client's settings servers are added, if it has no file. */
  settings?: string;
  /** How a token reaches hugwire without being written down, where `hf auth login` is not enough. */
  token?: string;
  notes?: readonly string[];
  /** Notes that apply when npx starts hugwire. */
  npxNotes?: readonly string[];
  /** Notes that apply to a project's file only. */
  projectNotes?: readonly string[];
}

const words = ({ command, args }: Launch) => [command, ...args];
const json = { format: 'json', servers: ['mcpServers'], shape: 'plain' } as const;
const codexTables = { format: 'toml', servers: ['mcp_servers'] } as const;
/** For the query of a link. */
const inUrl = (value: unknown) => encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value));
const inBase64 = (value: unknown) => inUrl(Buffer.from(JSON.stringify(value)).toString('base64'));
const RESTART = 'Quit it and start it again to load hugwire.';

/** The user folder of VS Code. */
const code = (machine: Machine, ...parts: string[]) => inAppData(machine, 'Code', 'User', ...parts);

/** The folders that several clients share. */
const agentSkills = { user: (machine: Machine) => inHome(machine, '.agents', 'skills'), project: '.agents/skills' };
/** Folders of a client's own, of the same name for its user and for a project. */
const ownSkills = (folder: string) => ({
  user: (machine: Machine) => inHome(machine, folder, 'skills'),
  project: `${folder}/skills`,
});

const CLINE_SETTINGS = 'cline_mcp_settings.json';

const desktop = ['Claude', 'claude_desktop_config.json'];
/** The build from the Windows Store, which is what Windows gets since February 2026. */
const store = (machine: Machine, ...parts: string[]) => inPackages(machine, /^Claude_/, ...parts);

/** All clients that hugwire knows, the most common first. */
export const CLIENTS: readonly Client[] = [
  {
    ...json,
    id: 'claude-desktop',
    label: 'Claude Desktop',
    aliases: ['claude-app'],
    user: (machine) => {
      const packaged = store(machine, ...desktop);
      return packaged.length > 0 ? packaged : [inAppData(machine, ...desktop)];
    },
    traces: (machine) => [...store(machine), inAppData(machine, 'Claude')],
    unread: (machine) => (store(machine).length > 0 ? [inAppData(machine, ...desktop)] : []),
    takes: [],
    notes: [RESTART, 'It does not expand variables in the file: leave the token where `hf auth login` puts it.'],
    npxNotes: ['If it says `spawn npx ENOENT`, it does not see your PATH: add hugwire with --direct.'],
  },
  {
    ...json,
    id: 'claude-code',
    label: 'Claude Code',
    skills: {
      user: (machine) => inVariable(machine, 'CLAUDE_CONFIG_DIR', ['.claude'], 'skills'),
      project: '.claude/skills',
    },
    aliases: ['claude'],
    user: (machine) => [inVariable(machine, 'CLAUDE_CONFIG_DIR', [], '.claude.json')],
    project: ['.mcp.json'],
    traces: (machine) => [inVariable(machine, 'CLAUDE_CONFIG_DIR', ['.claude'])],
    takes: ['mark'],
    shape: 'stdio',
    command: (name, launch) => ['claude', 'mcp', 'add', '--scope', 'user', name, '--', ...words(launch)],
    projectCommand: (name, launch) => ['claude', 'mcp', 'add', '--scope', 'project', name, '--', ...words(launch)],
    projectNotes: ['It asks before it starts the servers of a project.'],
  },
  {
    id: 'vscode',
    label: 'VS Code (Copilot)',
    skills: agentSkills,
    aliases: ['code', 'vs-code', 'copilot'],
    user: (machine) => [code(machine, 'mcp.json')],
    project: ['.vscode/mcp.json'],
    format: 'json',
    servers: ['servers'],
    shape: 'stdio',
    command: (name, launch) => ['code', '--add-mcp', JSON.stringify({ name, ...launch })],
    links: [
      (name, launch) => `vscode:mcp/install?${inUrl({ name, ...launch })}`,
      (name, launch) => `https://vscode.dev/redirect/mcp/install?name=${inUrl(name)}&config=${inUrl(launch)}`,
    ],
    token: `an "inputs" entry of type promptString, and "env": { "HF_TOKEN": "\${input:hf-token}" }`,
  },
  {
    ...json,
    id: 'copilot-cli',
    label: 'Copilot CLI',
    skills: agentSkills,
    user: (machine) => [inHome(machine, '.copilot', 'mcp-config.json')],
    takes: ['mark'],
    shape: 'copilot',
  },
  {
    ...json,
    id: 'cursor',
    label: 'Cursor',
    skills: agentSkills,
    user: (machine) => [inHome(machine, '.cursor', 'mcp.json')],
    takes: ['mark', 'comments'],
    project: ['.cursor/mcp.json'],
    links: [
      (name, launch) => {
        // It takes a command line; words with spaces need the longer form.
        const line = words(launch).some((word) => /\s/.test(word)) ? launch : { command: words(launch).join(' ') };
        return `https://cursor.com/en/install-mcp?name=${inUrl(name)}&config=${inBase64(line)}`;
      },
    ],
    token: `"env": { "HF_TOKEN": "\${env:HF_TOKEN}" }`,
  },
  {
    ...json,
    id: 'windsurf',
    label: 'Windsurf (Devin Desktop)',
    skills: { user: (machine) => inHome(machine, '.codeium', 'windsurf', 'skills'), project: '.windsurf/skills' },
    aliases: ['devin-desktop'],
    user: (machine) => [inHome(machine, '.codeium', 'windsurf', 'mcp_config.json')],
    takes: ['comments', 'commas'],
    token: `"env": { "HF_TOKEN": "\${env:HF_TOKEN}" }`,
  },
  {
    id: 'zed',
    label: 'Zed',
    skills: agentSkills,
    // The documentation and installers disagree about macOS.
    user: (machine) => {
      const [own, desktop] = [inConfig(machine, 'zed', 'settings.json'), inAppData(machine, 'Zed', 'settings.json')];
      return { win32: [desktop, own], darwin: [own, desktop] }[machine.platform as string] ?? [own];
    },
    project: ['.zed/settings.json'],
    format: 'json',
    servers: ['context_servers'],
    shape: 'zed',
  },
  {
    ...codexTables,
    id: 'codex',
    label: 'Codex',
    skills: agentSkills,
    aliases: ['codex-cli'],
    user: (machine) => [inVariable(machine, 'CODEX_HOME', ['.codex'], 'config.toml')],
    project: ['.codex/config.toml'],
    shape: 'codex',
    command: (name, launch) => ['codex', 'mcp', 'add', name, '--', ...words(launch)],
    projectNotes: ["It reads a project's config only if you trust the project."],
  },
  {
    ...json,
    id: 'gemini',
    label: 'Gemini CLI',
    skills: agentSkills,
    aliases: ['gemini-cli'],
    user: (machine) => [inHome(machine, '.gemini', 'settings.json')],
    takes: ['comments'],
    project: ['.gemini/settings.json'],
    command: (name, launch) => ['gemini', 'mcp', 'add', '-s', 'user', name, ...words(launch)],
    projectCommand: (name, launch) => ['gemini', 'mcp', 'add', '-s', 'project', name, ...words(launch)],
    token: '"env": { "HF_TOKEN": "$HF_TOKEN" }',
  },
  {
    ...json,
    id: 'antigravity',
    label: 'Antigravity',
    skills: { ...agentSkills, user: (machine) => inHome(machine, '.gemini', 'antigravity', 'skills') },
    // The newer place first; which one counts depends on its version.
    user: (machine) => [
      inHome(machine, '.gemini', 'config', 'mcp_config.json'),
      inHome(machine, '.gemini', 'antigravity', 'mcp_config.json'),
    ],
  },
  {
    id: 'goose',
    label: 'Goose',
    skills: { user: (machine) => inConfig(machine, 'goose', 'skills'), project: '.goose/skills' },
    user: (machine) => [
      machine.platform === 'win32'
        ? inAppData(machine, 'Block', 'goose', 'config', 'config.yaml')
        : inConfig(machine, 'goose', 'config.yaml'),
    ],
    format: 'yaml',
    servers: ['extensions'],
    shape: 'goose',
    links: [
      (name, { command, args }) => {
        const about = 'The Hugging Face Hub and every Gradio Space';
        const query = [
          `cmd=${inUrl(command)}`,
          ...args.map((arg) => `arg=${inUrl(arg)}`),
          `id=${inUrl(name)}&name=${inUrl(name)}&description=${inUrl(about)}`,
        ];
        return `https://block.github.io/goose/extension?${query.join('&')}`;
      },
    ],
  },
  {
    ...json,
    id: 'lmstudio',
    label: 'LM Studio',
    aliases: ['lm-studio'],
    user: (machine) => [inHome(machine, '.lmstudio', 'mcp.json')],
    links: [(name, launch) => `lmstudio://add_mcp?name=${inUrl(name)}&config=${inBase64(launch)}`],
  },
  {
    id: 'opencode',
    label: 'opencode',
    skills: { ...agentSkills, user: (machine) => inConfig(machine, 'opencode', 'skills') },
    user: (machine) => [
      inConfig(machine, 'opencode', 'opencode.json'),
      inConfig(machine, 'opencode', 'opencode.jsonc'),
    ],
    project: ['opencode.json', 'opencode.jsonc'],
    format: 'json',
    servers: ['mcp'],
    shape: 'opencode',
  },
  {
    ...json,
    id: 'cline',
    label: 'Cline (VS Code)',
    skills: agentSkills,
    user: (machine) => [code(machine, 'globalStorage', 'saoudrizwan.claude-dev', 'settings', CLINE_SETTINGS)],
    traces: (machine) => [code(machine, 'globalStorage', 'saoudrizwan.claude-dev')],
    takes: [],
    shape: 'cline',
  },
  {
    ...json,
    id: 'cline-cli',
    label: 'Cline CLI',
    skills: agentSkills,
    user: (machine) => [inVariable(machine, 'CLINE_DIR', ['.cline'], 'data', 'settings', CLINE_SETTINGS)],
    traces: (machine) => [inVariable(machine, 'CLINE_DIR', ['.cline'])],
    takes: [],
    shape: 'cline',
  },
  {
    id: 'kilo',
    label: 'Kilo Code',
    skills: { ...agentSkills, user: (machine) => inHome(machine, '.kilo', 'skills') },
    aliases: ['kilo-code', 'kilocode'],
    user: (machine) => [inConfig(machine, 'kilo', 'kilo.jsonc')],
    project: ['kilo.jsonc', '.kilo/kilo.jsonc'],
    format: 'json',
    servers: ['mcp'],
    shape: 'opencode',
  },
  {
    ...json,
    id: 'kiro',
    label: 'Kiro',
    skills: ownSkills('.kiro'),
    user: (machine) => [inHome(machine, '.kiro', 'settings', 'mcp.json')],
    project: ['.kiro/settings/mcp.json'],
    traces: (machine) => [inHome(machine, '.kiro')],
    links: [(name, launch) => `https://kiro.dev/launch/mcp/add?name=${inUrl(name)}&config=${inUrl(launch)}`],
    notes: ["The path of the user's file is a guess after the project's; the link is sure to work."],
  },
  {
    ...json,
    id: 'junie',
    label: 'Junie',
    skills: ownSkills('.junie'),
    project: ['.junie/mcp/mcp.json'],
    settings: 'Settings | Tools | Junie | MCP Settings | Add',
  },
  {
    ...codexTables,
    id: 'grok',
    label: 'Grok CLI',
    skills: ownSkills('.grok'),
    aliases: ['grok-cli'],
    user: (machine) => [inHome(machine, '.grok', 'config.toml')],
    shape: 'plain',
    command: (name, launch) => ['grok', 'mcp', 'add', name, '--', ...words(launch)],
  },
  {
    ...codexTables,
    id: 'vibe',
    label: 'Mistral Vibe',
    skills: ownSkills('.vibe'),
    aliases: ['mistral-vibe', 'mistral'],
    user: (machine) => [inHome(machine, '.vibe', 'config.toml')],
    list: true,
    shape: 'vibe',
  },
  {
    id: 'crush',
    label: 'Crush',
    skills: { user: (machine) => inConfig(machine, 'crush', 'skills'), project: '.crush/skills' },
    project: ['crush.json'],
    format: 'json',
    servers: ['mcp'],
    shape: 'stdio',
  },
  {
    id: 'hermes',
    label: 'Hermes',
    skills: ownSkills('.hermes'),
    user: (machine) => [inHome(machine, '.hermes', 'config.yaml')],
    format: 'yaml',
    servers: ['mcp_servers'],
    shape: 'plain',
  },
  {
    ...json,
    id: 'qwen',
    label: 'Qwen Code',
    skills: ownSkills('.qwen'),
    aliases: ['qwen-code'],
    user: (machine) => [inHome(machine, '.qwen', 'settings.json')],
    takes: ['comments'],
    project: ['.qwen/settings.json'],
  },
  {
    ...json,
    id: 'mcporter',
    label: 'mcporter',
    user: (machine) => [inHome(machine, '.mcporter', 'mcporter.json')],
  },
  {
    ...json,
    id: 'amp',
    label: 'Amp',
    skills: { ...agentSkills, user: (machine) => inConfig(machine, 'agents', 'skills') },
    command: (name, launch) => ['amp', 'mcp', 'add', name, '--', ...words(launch)],
  },
  {
    ...json,
    id: 'factory',
    label: 'Factory',
    skills: { ...agentSkills, user: (machine) => inHome(machine, '.factory', 'skills') },
    aliases: ['droid'],
    command: (name, launch) => ['droid', 'mcp', 'add', name, words(launch).join(' ')],
  },
  {
    ...json,
    id: 'devin',
    label: 'Devin CLI',
    skills: { user: (machine) => inConfig(machine, 'devin', 'skills'), project: '.devin/skills' },
    aliases: ['devin-cli'],
    command: (name, launch) => ['devin', 'mcp', 'add', name, '--', ...words(launch)],
  },
  {
    ...json,
    id: 'jetbrains',
    label: 'JetBrains AI Assistant',
    aliases: ['intellij', 'pycharm'],
    settings: 'Settings | Tools | AI Assistant | Model Context Protocol (MCP) | Add',
  },
  ...['Roo Code', 'Amazon Q', 'Trae', 'Warp', 'Qoder', 'Augment'].map((label) => ({
    ...json,
    id: label
      .toLowerCase()
      .replace(/ code$/, '')
      .replaceAll(' ', '-'),
    label,
    settings: 'its MCP settings',
  })),
];
