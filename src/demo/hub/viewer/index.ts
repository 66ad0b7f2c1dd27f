import { fineweb } from './fineweb.js';
import { glue } from './glue.js';
import { gsm8k } from './gsm8k.js';
import { imdb } from './imdb.js';
import { mnist } from './mnist.js';
import { squad } from './squad.js';
import type { DemoTable } from './table.js';
import { theStack } from './the-stack.js';

const byDataset = new Map<string, readonly DemoTable[]>(
  [squad, imdb, gsm8k, glue, mnist, fineweb, theStack].map((splits) => [splits[0]?.dataset ?? '', splits]),
);

/**
 * The splits of a dataset, in the order in which the viewer lists them; undefined when it has not read the dataset yet.
 * @param dataset its present id
 */
export const tablesOf = (dataset: string): readonly DemoTable[] | undefined => byDataset.get(dataset);
