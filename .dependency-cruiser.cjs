/**
 * The borders between the folders: which may import which. Data flows one way; whatever is not listed is forbidden.
 * Every folder may import `lib`, and types from `config`.
 */
const MAY_IMPORT = {
  commands: [
    'assistants',
    'config',
    'dashboard',
    'world',
    'engine',
    'http',
    'hub',
    'install',
    'gradio',
    'sessions',
    'spaces',
    'stdio',
    'tools',
  ],
  stdio: ['engine'],
  http: ['config', 'engine', 'sessions'],
  assistants: ['config', 'engine', 'hub', 'sessions'],
  engine: ['config', 'hub', 'sessions', 'spaces', 'tools'],
  tools: ['gradio', 'hub', 'sessions', 'spaces'],
  spaces: ['config', 'gradio', 'hub'],
  dashboard: ['http', 'sessions'],
  gradio: [],
  hub: [],
  sessions: [],
  config: [],
  install: [],
  world: [],
  lib: [],
};

/** What a folder may import for its types alone. */
const TYPES_ONLY = {
  assistants: ['tools', 'http'],
  stdio: ['sessions', 'tools'],
  http: ['spaces', 'tools'],
  world: ['sessions'],
};

/** Packages that only these folders may touch. */
const RESERVED = {
  '@modelcontextprotocol/sdk': ['stdio'],
  '@modelcontextprotocol/server': ['http'],
  '@modelcontextprotocol/client': ['assistants'],
  'cross-spawn': ['lib'],
  redis: ['http'],
  commander: ['commands'],
  conf: ['config'],
  '@gradio/client': ['gradio'],
  '@huggingface/hub': ['hub'],
};

const folderRules = Object.entries(MAY_IMPORT).flatMap(([folder, allowed]) => {
  const open = [folder, 'lib', ...allowed];
  const types = ['config', ...(TYPES_ONLY[folder] ?? [])].filter((name) => !open.includes(name));
  const rule = (what, to) => ({
    name: `${folder}-${what}`,
    comment: `src/${folder}/ may import ${open.join(', ')}, types of ${types.join(', ') || 'no other'}, and nothing else of src/`,
    severity: 'error',
    from: { path: `^src/${folder}/` },
    to,
  });
  return [
    rule('imports', { path: '^src/[^/]+/', pathNot: `^src/(?:${[...open, ...types].join('|')})/` }),
    rule('types', { path: `^src/(?:${types.join('|')})/`, dependencyTypesNot: ['type-only'] }),
  ];
});

const packageRules = Object.entries(RESERVED).map(([name, folders]) => ({
  name: `only-${folders.join('-')}-imports-${name}`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/(?:${folders.join('|')})/` },
  to: { path: `^node_modules/${name}/` },
}));

module.exports = {
  forbidden: [
    ...folderRules,
    ...packageRules,
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: ['^src/commands/main', '[.]d[.]ts$'] },
      to: {},
    },
    {
      name: 'children-get-no-token',
      comment: 'Programs are started by src/lib/children.ts alone, which keeps the tokens from them',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/lib/children[.]ts$' },
      to: { path: '^(?:node:)?(?:child_process|cluster)$', dependencyTypesNot: ['type-only'] },
    },
    { name: 'src-not-to-test', severity: 'error', from: { path: '^src/' }, to: { path: '^test/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
