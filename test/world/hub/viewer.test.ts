import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDemoHub } from '../../../src/world/hub/server.js';
import { BadCondition, parseCondition, parseOrder } from '../../../src/world/hub/viewer/filter.js';
import type { DemoHub } from '../../../src/world/types.js';

let hub: DemoHub;
beforeAll(async () => {
  hub = await startDemoHub();
});
afterAll(() => hub.close());

const squad = { dataset: 'rajpurkar/squad', config: 'plain_text', split: 'train' };

// biome-ignore lint/suspicious/noExplicitAny: the tests read what they expect of an answer.
async function ask(path: string, query: Record<string, string>): Promise<{ status: number; code: string; body: any }> {
  const response = await fetch(`${hub.url}/datasets-server/${path}?${new URLSearchParams(query)}`);
  return { status: response.status, code: response.headers.get('x-error-code') ?? '', body: await response.json() };
}

describe('the small dataset viewer', () => {
  it('lists splits, sizes and columns that agree with one another', async () => {
    const [splits, size, info, valid, parquet] = await Promise.all(
      ['splits', 'size', 'info', 'is-valid', 'parquet'].map((path) => ask(path, { dataset: squad.dataset })),
    );
    expect(splits?.body.splits).toEqual([squad, { ...squad, split: 'validation' }]);
    expect(size?.body.size.dataset).toMatchObject({ num_rows: 98_169, num_bytes_parquet_files: 16_278_203 });
    expect(size?.body.size.splits[0]).toMatchObject({ split: 'train', num_rows: 87_599, num_columns: 5 });
    expect(Object.keys(info?.body.dataset_info.plain_text.features)).toEqual([
      'id',
      'title',
      'context',
      'question',
      'answers',
    ]);
    expect(valid?.body).toMatchObject({ preview: true, viewer: true, search: true, filter: true, statistics: true });
    expect(parquet?.body.parquet_files).toHaveLength(2);
  });

  it('pages through rows to the end', async () => {
    const { body } = await ask('rows', { ...squad, offset: '87595', length: '100' });
    expect(body.rows.map((row: { row_idx: number }) => row.row_idx)).toEqual([87_595, 87_596, 87_597, 87_598]);
    expect(body).toMatchObject({ num_rows_total: 87_599, num_rows_per_page: 100, partial: false });
    const { row } = body.rows[0];
    expect(row.context.slice(row.answers.answer_start[0])).toMatch(new RegExp(`^${row.answers.text[0]}`));
  });

  it('searches, the best match first', async () => {
    const { body } = await ask('search', { ...squad, query: 'nectar dancing', length: '5' });
    expect(body.num_rows_total).toBeGreaterThan(30_000);
    expect(body.rows[0].row.title).toBe('Honey_bee');
  });

  it('filters and orders', async () => {
    const { body } = await ask('filter', {
      ...squad,
      where: `"title"='Lighthouse' AND NOT question LIKE 'When%'`,
      orderby: '"question" DESC',
      length: '2',
    });
    expect(body.num_rows_total).toBe(21_900);
    expect(body.rows[0].row.question).toBe('Why did the work take eight years?');
  });

  it.each([
    ['rows', { ...squad, split: 'dev' }, 404, 'ResponseNotFound'],
    ['rows', { dataset: squad.dataset, split: 'train' }, 422, 'MissingRequiredParameter'],
    ['rows', { ...squad, length: '101' }, 422, 'InvalidParameter'],
    ['rows', { ...squad, offset: '-1' }, 422, 'InvalidParameter'],
    ['filter', squad, 422, 'MissingRequiredParameter'],
    ['filter', { ...squad, where: '"nme"=1' }, 422, 'InvalidParameter'],
    ['splits', { dataset: 'squad' }, 404, 'RenamedDatasetError'],
    ['splits', { dataset: 'nobody/nothing' }, 401, 'ExternalUnauthenticatedError'],
  ] as const)('%s %j is refused', async (path, query, status, code) => {
    expect(await ask(path, query)).toMatchObject({ status, code, body: { error: expect.any(String) } });
  });

  it('describes columns', async () => {
    const { body } = await ask('statistics', squad);
    const title = body.statistics.find((one: { column_name: string }) => one.column_name === 'title');
    expect(title).toMatchObject({ column_type: 'string_label', column_statistics: { n_unique: 3, nan_count: 0 } });
    const question = body.statistics.find((one: { column_name: string }) => one.column_name === 'question');
    expect(question.column_statistics.histogram?.bin_edges ?? question.column_statistics.frequencies).toBeDefined();
  });
});

describe('conditions', () => {
  const rows = [
    { age: 31, name: 'Ann', done: true },
    { age: 29, name: "O'Hara", done: false },
    { age: null, name: 'Bo', done: true },
  ];
  const matches = (where: string) => {
    const condition = parseCondition(where, ['age', 'name', 'done']);
    return rows.flatMap((row) => (condition(row) === true ? [row.name] : []));
  };

  it.each([
    ['age>30', ['Ann']],
    ['"age" <= 29', ["O'Hara"]],
    [`name = 'O''Hara'`, ["O'Hara"]],
    [`age>30 OR name='Bo'`, ['Ann', 'Bo']],
    [`NOT age>30`, ["O'Hara"]],
    [`(age>100 OR done) AND name<>'Bo'`, ['Ann']],
    ['age IS NULL', ['Bo']],
    ['age is not null and not done', ["O'Hara"]],
    [`name ILIKE '%AR%'`, ["O'Hara"]],
    [`name NOT IN ('Ann', 'Bo')`, ["O'Hara"]],
    ['age BETWEEN 29 AND 30', ["O'Hara"]],
    ['age = NULL', []],
  ])('%s', (where, expected) => {
    expect(matches(where)).toEqual(expected);
  });

  it.each(['age >', 'age > 3; drop', '"years"=1', `name = "Ann"`, 'age > 1 age', `age = 'old'`, '(age>1', '', 'NOT'])(
    'refuses %j',
    (where) => {
      expect(() => matches(where)).toThrow(BadCondition);
    },
  );

  it('orders by several columns, missing values last', () => {
    const names = (order: string) => rows.toSorted(parseOrder(order, ['age', 'name', 'done'])).map(({ name }) => name);
    expect(names('"age" DESC')).toEqual(['Ann', "O'Hara", 'Bo']);
    expect(names('done, name desc')).toEqual(["O'Hara", 'Bo', 'Ann']);
    expect(() => names('"years"')).toThrow(BadCondition);
  });
});
