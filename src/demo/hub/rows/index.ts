import type { DemoRequest } from '../../types.js';
import type { DemoKind, DemoRepo } from '../repos.js';
import { datasetShape } from './dataset.js';
import { modelShape } from './model.js';
import { fill, flag, readExpand, type Shape } from './shape.js';
import { spaceShape } from './space.js';

// Each shape only ever meets repositories of its own kind: they are looked up together, by the kind.
const shapes = { model: modelShape, dataset: datasetShape, space: spaceShape } as unknown as Record<
  DemoKind,
  Shape<DemoRepo>
>;

/**
 * A repository as a list shows it: with the fields of `expand` alone, or else the usual ones and those that `full`,
 * `cardData` and `config` add.
 * @throws Refused 400 for an unknown name in `expand`
 */
export function listRow(repo: DemoRepo, request: DemoRequest): Record<string, unknown> {
  const shape = shapes[repo.kind];
  const { query } = request;
  const usual = [...shape.row, ...(flag(query, 'full') ? shape.full : [])];
  const asked = ['cardData', 'config'].filter((name) => flag(query, name) && shape.fields[name]);
  return fill(shape, repo, readExpand(query, shape.expandable) ?? [...usual, ...asked], request);
}

/** A repository by itself: with the fields of `expand` alone, or else all. */
export function detail(repo: DemoRepo, request: DemoRequest): Record<string, unknown> {
  const shape = shapes[repo.kind];
  return fill(shape, repo, readExpand(request.query, shape.expandable) ?? shape.detail, request);
}

/** A repository with fields named by the caller: for answers that have a shape of their own. */
export function pick(repo: DemoRepo, names: string[], request: DemoRequest): Record<string, unknown> {
  return fill(shapes[repo.kind], repo, names, request);
}
