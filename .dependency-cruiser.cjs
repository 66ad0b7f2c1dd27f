/**
 * The borders between the folders: which may import which. Data flows one way; whatever is not listed is forbidden.
 * `errors.ts` and `version.ts` stand below everything.
 */
const MAY_IMPORT = {
  cli: [
    'config',
    'dashboard',
    'demo',
    'files',
    'hub',
    'install',
    'schema',
    'server',
    'sessions',
    'spaces',
    'text',
    'tools',
  ],
  server: ['config', 'schema', 'sessions', 'text', 'tools'],
  tools: ['config', 'hub', 'schema', 'sessions', 'spaces', 'text'],
  spaces: ['config', 'files', 'hub', 'schema', 'text'],
  hub: ['schema', 'text'],
  config: ['files', 'text'],
  install: ['files', 'schema', 'text'],
  dashboard: ['sessions', 'text'],
  sessions: ['files', 'text'],
  files: ['text'],
  schema: ['text'],
  text: [],
  demo: [],
};

/** Folders that may be imported for their types alone. */
const TYPES_ONLY = { tools: ['config', 'sessions'], spaces: ['config'], server: ['config'] };

/** Packages that only one folder may touch. */
const RESERVED = {
  '@modelcontextprotocol/sdk': 'server',
  commander: 'cli',
  conf: 'config',
  '@gradio/client': 'spaces',
  '@huggingface/hub': 'hub',
};

const folderRules = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  comment: `src/${folder}/ may import ${[folder, ...allowed].join(', ')} and nothing else of src/`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/[^/]+/', pathNot: `^src/(?:${[folder, ...allowed].join('|')})/` },
}));

const typeRules = Object.entries(TYPES_ONLY).map(([folder, targets]) => ({
  name: `${folder}-types-only`,
  comment: `src/${folder}/ takes only types from ${targets.join(', ')}: values come through the context`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: `^src/(?:${targets.join('|')})/`, dependencyTypesNot: ['type-only'] },
}));

const packageRules = Object.entries(RESERVED).map(([name, folder]) => ({
  name: `only-${folder}-imports-${name}`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^src/${folder}/` },
  to: { path: `^node_modules/${name}/` },
}));

module.exports = {
  forbidden: [
    ...folderRules,
    ...typeRules,
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
      from: { orphan: true, path: '^src/', pathNot: ['^src/cli/main', '[.]d[.]ts$'] },
      to: {},
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
