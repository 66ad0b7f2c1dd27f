/**
 * Examples for the help of each command, by its words; '' is hugwire itself. Commands with subcommands need none: theirs are
 * shown. Each fits into 78 columns, and a test parses it.
 */
const EXAMPLES: Record<string, readonly string[]> = {
  '': ['hugwire install claude-desktop', 'hugwire call hub_search query=whisper', 'hugwire demo'],
  serve: ['hugwire serve --read-only', 'hugwire serve --read-from ~/Pictures', 'hugwire serve --http --port 3000'],
  install: [
    'hugwire install',
    'hugwire install cursor --write',
    'hugwire install vscode --project --write',
    'hugwire install claude-code --skill',
  ],
  uninstall: ['hugwire uninstall cursor', 'hugwire uninstall claude-code --project --yes'],
  skill: ['hugwire skill', 'hugwire skill > SKILL.md'],
  call: [
    'hugwire call hub_search query=whisper kinds=model kinds=space',
    'hugwire call dataset_rows dataset=openai/gsm8k limit:=3 --json',
    `echo '{"query": "whisper"}' | hugwire call hub_search`,
    'hugwire call space_call --args @arguments.json',
  ],
  chat: [
    'hugwire chat --demo',
    'hugwire chat "Find a small speech model"',
    'cat notes.txt | hugwire chat "Sum this up" --json',
    'hugwire chat --continue -m http://127.0.0.1:8080/v1',
  ],
  'write list': ['hugwire write list'],
  'write show': ['hugwire write show w_3f9k12ab'],
  'write apply': ['hugwire write apply w_3f9k12ab', 'hugwire write apply w_3f9k12ab --yes'],
  'write discard': ['hugwire write discard w_3f9k12ab'],
  download: [
    'hugwire download openai-community/gpt2',
    'hugwire download Qwen/Qwen3-0.6B-GGUF "*Q8_0.gguf"',
    'hugwire download datasets/nyu-mll/glue --include "mrpc/*" --to ./data',
  ],
  'downloads list': ['hugwire downloads list', 'hugwire downloads list --json'],
  'downloads remove': [
    'hugwire downloads remove openai-community/gpt2',
    'hugwire downloads remove datasets/nyu-mll/glue --revision main',
  ],
  'spaces add': [
    'hugwire spaces add black-forest-labs/FLUX.1-schnell/infer --tool draw',
    'hugwire spaces add http://127.0.0.1:7860',
    'hugwire spaces add remove the background',
  ],
  'spaces list': ['hugwire spaces list', 'hugwire spaces list --offline --json'],
  'spaces remove': ['hugwire spaces remove draw'],
  'spaces enable': ['hugwire spaces enable draw'],
  'spaces disable': ['hugwire spaces disable generate_image'],
  'spaces refresh': ['hugwire spaces refresh', 'hugwire spaces refresh --check'],
  'spaces info': [
    'hugwire spaces info black-forest-labs/FLUX.1-schnell',
    'hugwire spaces info --demo hugwire/demo-space',
  ],
  'spaces login': [
    'hugwire spaces login http://192.168.0.10:7860',
    'hugwire spaces login ada/notes --username ada --password-stdin < password.txt',
  ],
  'spaces logout': ['hugwire spaces logout http://192.168.0.10:7860'],
  'spaces search': ['hugwire spaces search remove the background of a photo'],
  'spaces secret set': [
    'hugwire spaces secret set ada/notes API_KEY',
    'printenv API_KEY | hugwire spaces secret set ada/notes API_KEY',
  ],
  'assistants list': ['hugwire assistants list'],
  'assistants show': ['hugwire assistants show helper'],
  'assistants search': ['hugwire assistants search papers', 'hugwire assistants search --demo'],
  'assistants add': [
    'hugwire assistants add maya/paper-scout',
    'hugwire assistants add ./my-helper --name helper',
    'hugwire assistants add open-atlas/map-clerk --allow-server maps',
  ],
  'assistants create': [
    'hugwire assistants create helper --model Qwen/Qwen3-32B --provider auto',
    'hugwire assistants create helper --tool hub_search --tool hub_read',
  ],
  'assistants edit': ['hugwire assistants edit helper', 'hugwire assistants edit helper --agent'],
  'assistants copy': ['hugwire assistants copy paper-scout my-scout'],
  'assistants remove': ['hugwire assistants remove helper'],
  'assistants refresh': ['hugwire assistants refresh', 'hugwire assistants refresh --check'],
  'assistants allow': ['hugwire assistants allow map-clerk maps'],
  'assistants deny': ['hugwire assistants deny map-clerk maps'],
  'assistants share': ['hugwire assistants share helper', 'hugwire assistants share helper --pr'],
  'tools list': ['hugwire tools list', 'hugwire tools list --json'],
  'tools info': ['hugwire tools info hub_search'],
  'tools enable': ['hugwire tools enable memory', 'hugwire tools enable write --profile work'],
  'tools disable': ['hugwire tools disable space_call generate_image'],
  'config path': ['hugwire config path'],
  'config show': ['hugwire config show', 'hugwire config show --profile work --json'],
  'config get': ['hugwire config get hub.endpoint', 'hugwire config get spaces.pinned[0].tool'],
  'config set': ['hugwire config set hub.timeoutSeconds 30', 'hugwire config set files.readFrom ~/Pictures ~/Music'],
  'config unset': ['hugwire config unset hub.timeoutSeconds'],
  'config edit': ['hugwire config edit', `EDITOR='code --wait' hugwire config edit`],
  'config validate': ['hugwire config validate', 'hugwire config validate --config ./config.json'],
  'config schema': ['hugwire config schema > config.schema.json'],
  api: ['hugwire api --demo', 'hugwire api --port 3000'],
  'http keys list': ['hugwire http keys list'],
  'http keys add': [
    'hugwire http keys add anna',
    'hugwire http keys add kiosk --per-minute 30 --profile reader',
    'hugwire http keys add web --no-approve',
  ],
  'http keys remove': ['hugwire http keys remove anna'],
  doctor: ['hugwire doctor', 'hugwire doctor --fix', 'hugwire doctor --json'],
  'auth status': ['hugwire auth status'],
  'auth login': ['hugwire auth login', 'hugwire auth login --token-stdin < token.txt'],
  'auth logout': ['hugwire auth logout'],
  'auth source': [
    'hugwire auth source',
    'hugwire auth source env MY_HF_TOKEN',
    "hugwire auth source command 'pass show hf'",
  ],
  'memory list': ['hugwire memory list --since 7d', 'hugwire memory list --tag work --json'],
  'memory search': ['hugwire memory search favourite model'],
  'memory add': ["hugwire memory add 'Ada prefers small models' --tag work"],
  'memory edit': ['hugwire memory edit n_3f9k12ab', "hugwire memory edit n_3f9k12ab --text 'Ada likes small models'"],
  'memory remove': ['hugwire memory remove n_3f9k12ab', 'hugwire memory remove --all --yes'],
  'memory export': ['hugwire memory export > notes.jsonl', 'hugwire memory export --format markdown -o notes.md'],
  'memory import': ['hugwire memory import notes.jsonl', 'hugwire memory import - < notes.jsonl'],
  'conversations list': ['hugwire conversations list', 'hugwire conversations list --assistant hugwire --json'],
  'conversations show': ['hugwire conversations show', 'hugwire conversations show lead-42'],
  'conversations export': [
    'hugwire conversations export lead-42 > lead-42.md',
    'hugwire conversations export last --format traces -o trace.jsonl',
  ],
  'conversations remove': ['hugwire conversations remove lead-42', 'hugwire conversations remove --older-than 30d'],
  'approvals list': ['hugwire approvals list'],
  'approvals show': ['hugwire approvals show', 'hugwire approvals show mcpr_3f9k12ab'],
  'approvals approve': ['hugwire approvals approve last', 'hugwire approvals approve mcpr_3f9k12ab --yes'],
  'approvals deny': ['hugwire approvals deny last', 'hugwire approvals deny mcpr_3f9k12ab --reason later'],
  'sessions list': ['hugwire sessions list --since 7d', 'hugwire sessions list --client cursor --errors'],
  'sessions show': ['hugwire sessions show', 'hugwire sessions show last --errors'],
  'sessions tail': ['hugwire sessions tail', 'hugwire sessions tail --tool space_call --json'],
  'sessions export': ['hugwire sessions export last -o session.md'],
  'sessions prune': ['hugwire sessions prune --older-than 7d', 'hugwire sessions prune --all --yes'],
  dashboard: ['hugwire dashboard', 'hugwire dashboard --demo', 'hugwire dashboard --no-open --port 4000'],
  'cache info': ['hugwire cache info'],
  'cache clear': ['hugwire cache clear'],
  'completion bash': ["echo 'source <(hugwire completion bash)' >> ~/.bashrc"],
  'completion zsh': ["echo 'source <(hugwire completion zsh)' >> ~/.zshrc"],
  'completion fish': ['hugwire completion fish > ~/.config/fish/completions/hugwire.fish'],
  'completion powershell': ['hugwire completion powershell | Out-String | Invoke-Expression'],
  demo: ['hugwire demo'],
};

/** Of each command with subcommands. */
const MAX_EXAMPLES = 4;

/**
 * Examples for the help of a command.
 * @param path the words of the command, such as `spaces add`
 * @returns command lines; none for a command that is missing in the table
 */
export function examplesOf(path: string): readonly string[] {
  const below = Object.entries(EXAMPLES).filter(([words]) => words.startsWith(`${path} `));
  return EXAMPLES[path] ?? below.map(([, [first = '']]) => first).slice(0, MAX_EXAMPLES);
}
