import type { DemoRequest } from '../types.js';
import { authorData } from './access.js';
import { answerFields } from './data.js';
import { flag } from './query.js';
import { badOption, RequestRefused } from './refusals.js';
import type { DemoDataset, DemoFile, DemoModel, DemoRepo, DemoRuntime, DemoSpaceRepo } from './repos.js';
import { categoryLabel, parameterCount } from './search.js';

/** How to get the fields of an answer from a repository. An undefined value leaves the field out. */
type Fields<Repo> = Record<string, (repo: Repo, request: DemoRequest) => unknown>;

/** The Space whose address is wherever the demo started it. */
const DEMO_SPACE = 'hugwire/demo-space';

/**
 * A repository as a list shows it: with the fields of `expand` alone, or else the usual ones and those that `full`,
 * `cardData` and `config` add.
 * @throws RequestRefused 400 for an unknown name in `expand`
 */
export function listRow(repo: DemoRepo, request: DemoRequest): Record<string, unknown> {
  const { query } = request;
  const { row, full, expandable } = answerFields[repo.kind];
  const usual = [...row, ...(flag(query, 'full') ? full : [])];
  const asked = ['cardData', 'config'].filter((name) => flag(query, name));
  return { _id: repo._id, ...fill(repo, readExpand(query, expandable) ?? [...usual, ...asked], request) };
}

/** A repository by itself: with the fields of `expand` alone, or else all. */
export function detail(repo: DemoRepo, request: DemoRequest): Record<string, unknown> {
  const fields = answerFields[repo.kind];
  return { _id: repo._id, ...fill(repo, readExpand(request.query, fields.expandable) ?? fields.detail, request) };
}

/** A Space as the semantic search shows it. */
export function hit(space: DemoSpaceRepo, request: DemoRequest): Record<string, unknown> {
  return fill(space, answerFields.space.hit ?? [], request);
}

/** A repository as what trends, collections and papers show it: of a Space's machine they tell the least. */
export function card(repo: DemoRepo, request: DemoRequest): Record<string, unknown> {
  const row = fill(repo, answerFields[repo.kind].card, request);
  if (repo.kind !== 'space') return row;
  const { stage, hardware, replicas } = spaceRuntime(repo, request);
  return { ...row, runtime: { stage, hardware, replicas } };
}

/** Fills in the named fields; `id` always comes first. */
function fill(repo: DemoRepo, names: string[], request: DemoRequest): Record<string, unknown> {
  const entries = names.map((name) => {
    const field = FIELDS[repo.kind][name];
    return [name, field ? field(repo, request) : repo[name as keyof DemoRepo]] as const;
  });
  return { id: repo.id, ...Object.fromEntries(entries.filter(([, value]) => value !== undefined)) };
}

/**
 * The fields that a request asks for by `expand` or `expand[]`, repeated or joined by commas.
 * @returns undefined when it asks for none
 * @throws RequestRefused 400 for a name that the Hub does not know, with all those that it does
 */
function readExpand(query: URLSearchParams, expandable: string[]): string[] | undefined {
  const names = [...query.getAll('expand[]'), ...query.getAll('expand')].flatMap((value) => value.split(','));
  const wrong = names.findIndex((name) => !expandable.includes(name));
  if (wrong >= 0) throw new RequestRefused(badOption(expandable, `expand[${wrong}]`));
  return names.length > 0 ? names : undefined;
}

/** Fields that are not simply the property of that name. */
const commonFields: Fields<DemoRepo> = {
  isLikedByUser: () => false,
  repoType: ({ kind }) => kind,
  securityRepoStatus,
  siblings: (repo, request) => siblings(repo.refs[0]?.files ?? [], request),
};

const modelFields: Fields<DemoModel> = {
  ...commonFields,
  availableInferenceProviders: ({ providers }) =>
    providers.map(({ provider, providerId, task }) => ({
      provider,
      providerStatus: 'live',
      modelStatus: 'live',
      providerId,
      task,
      isCheapestPricingOutput: false,
      isFastestThroughput: false,
      isModelAuthor: false,
    })),
  baseModels: ({ baseModels }, { state }) =>
    baseModels && {
      relation: baseModels.relation,
      models: baseModels.ids.map((id) => ({ _id: state.find('model', id)?._id, id })),
    },
  childrenModelCount: countChildren,
  inference: ({ providers }) => (providers.length > 0 ? 'warm' : undefined),
  inferenceProviderMapping: providerMapping,
  library_name: (model) => model.library,
  mask_token: (model) => model.maskToken,
  'model-index': (model) => model.modelIndex ?? null,
  modelId: (model) => model.id,
  numParameters: parameterCount,
  pipeline_tag: (model) => model.pipelineTag,
  widgetOutputUrls: () => [],
  spaces: ({ id }, { state }) =>
    state
      .of('space')
      .filter((space) => !space.private && space.models.includes(id))
      .map((space) => space.id),
  xetEnabled: () => true,
};

const datasetFields: Fields<DemoDataset> = {
  ...commonFields,
  datasetsServerInfo: ({ numRows, tags }) => ({
    viewer: numRows === undefined ? 'preview' : 'viewer',
    numRows: numRows ?? null,
    libraries: valuesOf(tags, 'library:'),
    formats: valuesOf(tags, 'format:'),
    modalities: valuesOf(tags, 'modality:'),
  }),
  key: () => '',
  paperswithcode_id: (dataset) => dataset.paperswithcodeId ?? null,
};

const spaceFields: Fields<DemoSpaceRepo> = {
  ...commonFields,
  ai_category: (space) => categoryLabel(space.aiCategory),
  ai_short_description: (space) => space.aiShortDescription,
  authorData: (space) => authorData(space.author),
  featured: () => false,
  host: spaceHost,
  originSpace: ({ originSpace }) =>
    originSpace && { name: originSpace, author: authorData(originSpace.split('/')[0] ?? '') },
  region: () => 'us',
  runtime: spaceRuntime,
  visibility: (space) => (space.private ? 'private' : 'public'),
};

// Each function only ever gets repositories of its own kind: they are looked up by the kind.
const FIELDS = { model: modelFields, dataset: datasetFields, space: spaceFields } as Record<
  DemoRepo['kind'],
  Fields<DemoRepo>
>;

const valuesOf = (tags: string[], prefix: string) =>
  tags.filter((tag) => tag.startsWith(prefix)).map((tag) => tag.slice(prefix.length));

/** How many models of the demo were made from this one, by the way they were made. */
function countChildren({ id }: DemoModel, { state }: DemoRequest): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { baseModels } of state.of('model')) {
    if (baseModels?.ids.includes(id)) counts[baseModels.relation] = (counts[baseModels.relation] ?? 0) + 1;
  }
  return counts;
}

/** A list in lists, a map from the provider's name in the answer about one model. */
function providerMapping({ providers }: DemoModel, request: DemoRequest): unknown {
  if (request.path === '/api/models') return providers;
  return Object.fromEntries(providers.map(({ provider, ...rest }) => [provider, rest]));
}

/** The address of a Space's app; the demo Space's is wherever the demo started it. */
export function spaceHost(space: DemoSpaceRepo, { spaceHost: demo, closed }: DemoRequest): string {
  if (demo && space.id === DEMO_SPACE) return `http://${demo}`;
  return closed ? '' : `https://${space.subdomain}.hf.space`;
}

/** What the Hub says of the machine that a Space runs on. */
export function spaceRuntime(space: DemoSpaceRepo, { spaceHost: demo, closed }: DemoRequest): DemoRuntime {
  const { builtAt = 0, runtime: built } = space;
  const runtime = Date.now() < builtAt ? { ...built, stage: 'BUILDING', errorMessage: undefined } : built;
  if (!demo || space.id !== DEMO_SPACE) return closed ? { ...runtime, domains: [] } : runtime;
  return { ...runtime, domains: [{ domain: demo, stage: 'READY' }] };
}

/**
 * The files of a repository as the answer about it lists them: names, and with `blobs=true` sizes and hashes.
 * @param files those of the revision that was asked for
 */
function siblings(files: readonly DemoFile[], request: DemoRequest): Record<string, unknown>[] {
  const blobs = flag(request.query, 'blobs');
  return files.map((file) => ({
    rfilename: file.path,
    size: blobs ? file.size : undefined,
    blobId: blobs ? file.oid : undefined,
    lfs:
      blobs && file.lfs ? { sha256: file.lfs.oid, size: file.lfs.size, pointerSize: file.lfs.pointerSize } : undefined,
  }));
}

/** What the Hub's scanners say of a repository as a whole, when `securityStatus=true` asks for it. */
function securityRepoStatus(repo: DemoRepo, request: DemoRequest): Record<string, unknown> | undefined {
  if (!flag(request.query, 'securityStatus')) return undefined;
  const files = repo.refs[0]?.files ?? [];
  const filesWithIssues = files.filter(({ scan }) => scan !== 'safe').map(({ path, scan }) => ({ path, level: scan }));
  return { scansDone: true, filesWithIssues };
}
