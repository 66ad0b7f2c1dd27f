import { buildDataset } from './build/dataset.js';
import { buildModel } from './build/model.js';
import { buildSpace } from './build/space.js';
import { datasetSeeds } from './data/datasets.js';
import { modelSeeds } from './data/models.js';
import { renamed } from './data/renamed.js';
import { spaceSeeds } from './data/spaces.js';
import type { DemoDataset, DemoFile, DemoKind, DemoModel, DemoRepo, DemoSpaceRepo } from './repos.js';

/** All that the small Hub knows: built once from the seeds, never changed. */
export const models: readonly DemoModel[] = modelSeeds.map(buildModel);
export const datasets: readonly DemoDataset[] = datasetSeeds.map(buildDataset);
export const spaces: readonly DemoSpaceRepo[] = spaceSeeds.map(buildSpace);

const byKind: Record<DemoKind, readonly DemoRepo[]> = { model: models, dataset: datasets, space: spaces };

const byId = new Map<string, DemoRepo>(
  Object.values(byKind).flatMap((repos) => repos.map((repo) => [key(repo.kind, repo.id), repo] as const)),
);

const blobs = new Map<string, DemoFile>(
  [...byId.values()]
    .flatMap((repo) => repo.refs.flatMap((ref) => ref.files))
    .flatMap((file) => (file.lfs ? [[file.lfs.oid, file] as const] : [])),
);

/** All repositories of a kind, whoever may see them. */
export const reposOf = (kind: DemoKind): readonly DemoRepo[] => byKind[kind];

/**
 * A repository by its id; ids differ from one another in more than their case.
 * @returns the repository whatever the case, so that the caller can redirect to the true spelling
 */
export const findRepo = (kind: DemoKind, id: string): DemoRepo | undefined => byId.get(key(kind, id));

/** The id that a repository bears now, for an id that it bore once. */
export const newId = (kind: DemoKind, id: string): string | undefined => renamed[kind][id.toLowerCase()];

/** A large file by the sha256 of its content. */
export const findBlob = (hash: string): DemoFile | undefined => blobs.get(hash);

function key(kind: DemoKind, id: string): string {
  return `${kind} ${id.toLowerCase()}`;
}
