import { describe, expect, it } from 'vitest';
import { explainRefusal } from '../../../src/hub/client/failures.js';
import { describeFeature, fetchColumns, readColumns } from '../../../src/hub/viewer/datasets.js';
import { isMomentary } from '../../../src/hub/viewer/failures.js';
import { explainFilter, mayNeedQuotes, quoteColumns, readOrder } from '../../../src/hub/viewer/filter.js';
import { askViewer, withDataset } from '../../../src/hub/viewer/viewer.js';
import { HugwireError } from '../../../src/lib/errors.js';
import { FakeClient } from '../fake-client.js';

describe('errors of the viewer', () => {
  const explain = (status: number, code: string | undefined, body: unknown, tokenSource?: string) =>
    explainRefusal({
      status,
      headers: new Headers(code ? { 'x-error-code': code, 'x-request-id': 'r1' } : {}),
      body: typeof body === 'string' ? body : JSON.stringify(body),
      request: { service: 'viewer', repo: { kind: 'dataset', id: 'owner/name' } },
      path: '/rows',
      tokenSource,
    });

  it.each([
    [401, 'ExternalUnauthenticatedError', 'not_visible'],
    [404, 'ExternalAuthenticatedError', 'not_visible'],
    [404, 'DatasetNotFoundError', 'not_visible'],
    [404, 'RenamedDatasetError', 'not_visible'],
    [404, 'ResponseNotFound', 'not_found'],
    [422, 'MissingRequiredParameter', 'invalid_arguments'],
    [422, 'InvalidParameter', 'invalid_arguments'],
    [500, 'ResponseNotReady', 'unavailable'],
    [500, 'ResponseNotReadyError', 'unavailable'],
    [500, 'StreamingRowsError', 'unavailable'],
    [500, 'RowsPostProcessingError', 'unavailable'],
    [500, 'UnexpectedError', 'unavailable'],
    [501, 'DatasetInBlockListError', 'disabled'],
    [501, 'DatasetWithTooManyConfigsError', 'disabled'],
    [500, undefined, 'unavailable'],
    [404, undefined, 'not_found'],
    [422, 'SomethingNewError', 'invalid_arguments'],
    [200, 'constructor', 'unavailable'],
  ] as const)('%i %s is %s', (status, code, ours) => {
    const error = explain(status, code, { error: 'words' });
    expect(error.code).toBe(ours);
    expect(error.message).not.toContain('Traceback');
  });

  it.each([
    ...[
      'ResponseNotReady',
      'RetryableConfigNamesError',
      'PreviousStepStillProcessingError',
      'LockedDatasetTimeoutError',
    ],
    ...['JobManagerCrashedError', 'DownloadIndexError', 'UnprocessableIndexError'],
  ])('of work that is going on say when to come back, and are not tried again at once: %s', (code) => {
    const { code: ours, retryAfterSeconds, hint } = explain(500, code, { error: 'x' });
    expect([ours, retryAfterSeconds]).toEqual(['unavailable', 30]);
    expect(hint).toMatch(/^Try again in 30 s/);
    expect(hint).not.toContain('files');
    expect(isMomentary({ status: 500, headers: new Headers({ 'x-error-code': code }) })).toBe(false);
  });

  it.each([
    [500, 'UnexpectedError'],
    [500, 'UnexpectedApiError'],
    [500, 'AuthCheckHubRequestError'],
    [500, 'HfHubError'],
    [500, undefined],
    [408, undefined],
    [502, undefined],
    [504, undefined],
  ])('of the service itself are tried again at once: %i %s', (status, code) => {
    expect(isMomentary({ status, headers: new Headers(code ? { 'x-error-code': code } : {}) })).toBe(true);
    expect(explain(status, code, 'x')).toMatchObject({ code: 'unavailable', retryAfterSeconds: 10 });
  });

  it.each([
    [500, 'EmptyDatasetError'],
    [500, 'DataFilesNotFoundError'],
    [500, 'ConfigNamesError'],
    [500, 'FeaturesError'],
    [500, 'JobManagerExceededMaximumDurationError'],
    [500, 'SomethingNewError'],
    [501, 'DatasetWithScriptNotSupportedError'],
    [501, 'DatasetWithTooManyConfigsError'],
    [501, 'NotSupportedDisabledViewerError'],
    [501, undefined],
    [400, 'SearchFeatureNotAvailableError'],
    [404, 'ResponseNotFound'],
  ] as const)('that last are not tried again, and send to the files: %i %s', (status, code) => {
    const { retryAfterSeconds, hint } = explain(status, code, { error: 'x' });
    expect(retryAfterSeconds).toBeUndefined();
    expect(hint).toContain('hub_repo ids=["datasets/owner/name"] include=["files"]');
    expect(hint).not.toMatch(/again/);
    expect(isMomentary({ status, headers: new Headers(code ? { 'x-error-code': code } : {}) })).toBe(false);
  });

  it('says when to come back while the viewer prepares a dataset', () => {
    expect(explain(500, 'ResponseNotReady', { error: 'busy' })).toMatchObject({
      retryAfterSeconds: 30,
      message: 'The dataset viewer is still preparing owner/name.',
    });
  });

  it('gives the cause and drops the traceback', () => {
    const error = explain(500, 'StreamingRowsError', {
      error: 'Cannot load the split.',
      cause_message: 'no file',
      cause_traceback: ['Traceback: /src/secret'],
    });
    expect(error.message).toBe('The dataset viewer cannot read owner/name: Cannot load the split. “no file”');
    expect(error.requestId).toBe('r1');
  });

  it('shows no HTML and no plain text of an internal error', () => {
    expect(explain(500, undefined, 'Internal Server Error').message).toBe(
      'The dataset viewer failed for a moment at owner/name.',
    );
    expect(explain(501, undefined, '<html>').message).toBe('The dataset viewer does not serve owner/name.');
  });

  it('says whose token cannot see the dataset', () => {
    expect(explain(404, 'ExternalAuthenticatedError', { error: 'x' }, 'env HF_TOKEN').message).toBe(
      'Dataset owner/name does not exist, or the token from env HF_TOKEN cannot see it.',
    );
  });
});

describe('askViewer', () => {
  it('takes an error in the body for an error, whatever the status', async () => {
    const hub = new FakeClient(() => ({
      status: 200,
      headers: { 'x-error-code': 'RenamedDatasetError' },
      body: { error: 'The dataset has been renamed.' },
    }));
    await expect(askViewer(hub, '/rows', { dataset: 'a/b' }, 'list')).rejects.toMatchObject({ code: 'not_visible' });
  });

  it.each([[[]], ['text'], [null]])('refuses a body of another form: %j', async (body) => {
    const hub = new FakeClient(() => ({ body: JSON.stringify(body) }));
    await expect(askViewer(hub, '/rows', { dataset: 'a/b' }, 'list')).rejects.toBeInstanceOf(HugwireError);
  });
});

describe('withDataset', () => {
  const refused = new HugwireError('not_visible', 'test');
  const use = (known: string) => async (dataset: { id: string; notes: string[] }) => {
    if (dataset.id !== known) throw refused;
    return dataset;
  };

  it('asks the Hub nothing when the viewer knows the dataset', async () => {
    const hub = new FakeClient();
    await withDataset(hub, 'a/b', use('a/b'));
    expect(hub.asked).toHaveLength(0);
  });

  it('goes on under the new name of a renamed dataset, and says so', async () => {
    const hub = new FakeClient(() => ({ body: { id: 'rajpurkar/squad', gated: false } }));
    expect(await withDataset(hub, 'squad', use('rajpurkar/squad'))).toEqual({
      id: 'rajpurkar/squad',
      notes: ['squad is now rajpurkar/squad.'],
    });
  });

  it.each([
    ['gated', { gated: 'manual' }],
    ['disabled', { private: true }],
  ])('finds out that a dataset is %s', async (code, facts) => {
    const hub = new FakeClient(() => ({ body: { id: 'a/b', ...facts } }));
    await expect(withDataset(hub, 'a/b', use('other'))).rejects.toMatchObject({ code });
  });

  it('prefers what the Hub says of a missing dataset', async () => {
    const hub = new FakeClient(() => {
      throw new HugwireError('unauthorized', 'The Hub rejected the token.');
    });
    await expect(withDataset(hub, 'a/b', use('other'))).rejects.toMatchObject({ code: 'unauthorized' });
  });

  it('keeps the viewer’s own error when the Hub sees nothing wrong', async () => {
    const hub = new FakeClient(() => ({ body: { id: 'a/b', gated: false, private: false } }));
    await expect(withDataset(hub, 'a/b', use('other'))).rejects.toBe(refused);
  });
});

describe('features in words', () => {
  it.each([
    [{ dtype: 'string', _type: 'Value' }, 'string'],
    [{ names: ['neg', 'pos'], _type: 'ClassLabel' }, 'label 0=neg 1=pos'],
    [{ feature: { dtype: 'int32', _type: 'Value' }, _type: 'Sequence' }, 'list<int32>'],
    [{ feature: { dtype: 'int32', _type: 'Value' }, _type: 'List' }, 'list<int32>'],
    [[{ a: { dtype: 'bool', _type: 'Value' } }], 'list<{a: bool}>'],
    [{ shape: [28, null], dtype: 'uint8', _type: 'Array2D' }, 'array 28×? uint8'],
    [{ languages: ['en', 'fr'], _type: 'Translation' }, 'translation en fr'],
    [{ _type: 'Image' }, 'image'],
    [{ sampling_rate: 16_000, _type: 'Audio' }, 'audio'],
    [{ _type: 'constructor' }, 'constructor'],
    [null, 'unknown'],
    [{ _type: 'ClassLabel' }, 'label '],
  ])('%j is %s', (feature, words) => {
    expect(describeFeature(feature)).toBe(words);
  });

  it('stops at a depth', () => {
    let deep: unknown = { dtype: 'string', _type: 'Value' };
    for (let level = 0; level < 50; level += 1) deep = { feature: deep, _type: 'List' };
    expect(describeFeature(deep)).toBe('list<list<list<list<list<…>>>>>');
  });

  it('reads both forms in which the viewer lists columns', () => {
    const label = { names: ['no\u202E', 'yes'], _type: 'ClassLabel' };
    const expected = [{ name: 'y', type: 'label 0=no 1=yes', labels: ['no', 'yes'] }];
    expect(readColumns([{ feature_idx: 0, name: 'y', type: label }])).toEqual(expected);
    expect(readColumns({ y: label })).toEqual(expected);
    expect(readColumns('nonsense')).toEqual([]);
  });
});

describe('the columns of a config', () => {
  const features = {
    x: { dtype: 'string', _type: 'Value' },
    y: { feature: [{ a: { _type: 'Image' } }], _type: 'List' },
  };
  const expected = [
    { name: 'x', type: 'string' },
    { name: 'y', type: 'list<list<{a: image}>>', media: true },
  ];
  const choice = { config: 'c', split: 's' };
  const rows = Object.entries(features).map(([name, type]) => ({ name, type }));

  it.each([
    ['as one config is told', { dataset_info: { features, config_name: 'c' } }],
    ['as all are told, by name', { dataset_info: { b: { features: {} }, c: { features } } }],
    ['under another name', { dataset_info: { 'a/b': { features } } }],
    ['as a list', { dataset_info: { features: rows } }],
  ])('are read %s', async (_, info) => {
    const hub = new FakeClient(() => ({ body: info }));
    expect(await fetchColumns(hub, 'a/b', choice)).toEqual(expected);
    expect(hub.asked).toHaveLength(1);
  });

  it.each([{}, { dataset_info: {} }, { dataset_info: { features: null } }, { dataset_info: { features: {} } }])(
    'are those of the first rows where nothing is told: %j',
    async (info) => {
      const hub = new FakeClient(({ path }) => ({ body: path === '/info' ? info : { features: rows, rows: [] } }));
      expect(await fetchColumns(hub, 'a/b', choice)).toEqual(expected);
      expect(hub.asked.map(({ path, request }) => [path, request.query])).toEqual([
        ['/info', { dataset: 'a/b', config: 'c' }],
        ['/first-rows', { dataset: 'a/b', ...choice }],
      ]);
    },
  );

  it('are those of the first rows where the viewer refuses, which it says if they fail as well', async () => {
    const refuse = (path: string) => {
      throw new HugwireError('not_found', path);
    };
    const hub = new FakeClient(({ path }) => (path === '/info' ? refuse(path) : { body: { features: rows } }));
    expect(await fetchColumns(hub, 'a/b', choice)).toEqual(expected);
    await expect(fetchColumns(new FakeClient(({ path }) => refuse(path)), 'a/b', choice)).rejects.toThrow('/info');
  });
});

describe('filters', () => {
  it.each([
    ['age', '"age"'],
    ['age desc', '"age" DESC'],
    ['-age', '"age" DESC'],
    ['"age" DESC', '"age" DESC'],
    ['+age ASC', '"age"'],
    ['my column', '"my column"'],
    ['a, b DESC', '"a", "b" DESC'],
    ['odd"name', '"odd""name"'],
  ])('order_by %s becomes %s', (given, expected) => {
    expect(readOrder(given)).toBe(expected);
  });

  const columns = [
    { name: 'text', type: 'string' },
    { name: 'label', type: 'label 0=neg 1=pos', labels: ['neg', 'pos'] },
    { name: 'word count', type: 'int32' },
  ];

  it.each([
    [`text = "good"`, "Write text in single quotes: 'good'."],
    ['text = good', "Write text in single quotes: 'good'."],
    [`"txet" = 'a'`, 'There is no column "txet"; did you mean "text"?'],
    ['stars > 3', 'There is no column "stars"; there are text, label, word count.'],
    [`label = 'pos'`, '"label" holds numbers ("label"=1 is pos).'],
    [`"label" <> 'good'`, '"label" holds numbers (label 0=neg 1=pos).'],
    [`"text" == 'a'`, 'Write = instead of ==.'],
    [`"text"='a' && "label"=1`, 'Write AND and OR instead of && and ||.'],
    [`"text"='it's'`, "A single quote is open; inside text write ''."],
  ])('%s: %s', (where, told) => {
    expect(explainFilter({ where }, columns)).toContain(told);
  });

  it('gives an example with columns that exist', () => {
    expect(explainFilter({ where: '?' }, columns)).toContain(`where="label">0 AND "text"='some text'`);
    expect(explainFilter({ where: '?' }, [])).toContain(`"name"='O''Hara'`);
  });

  it('blames nothing in a filter that is right', () => {
    const where = `"text" LIKE '%good "thing"%' AND NOT (label=1 OR "word count" IS NULL) AND lower(text)='x'`;
    expect(explainFilter({ where }, columns)).toMatch(/^Columns go in double quotes/);
  });

  const people = [
    'age',
    'name',
    'Sex',
    'word count',
    'order',
    'end',
    'like',
    'count',
    'Siblings/Spouses Aboard',
    'x',
    'a',
    'b',
    'a-b',
    'date',
    'not spam',
    'spam',
    'price ($)',
    'Größe',
    'odd"name',
    'answers',
    'v',
    '2020 sales',
    'not',
    'null',
    'true',
    'select',
  ].map((name) => ({ name, type: 'string' }));

  it.each([
    ['age > 40', '"age" > 40'],
    ['AGE>40', '"age">40'],
    ['name = "Ann"', `"name" = 'Ann'`],
    [`name = "O'Hara"`, `"name" = 'O''Hara'`],
    ['age == 1', '"age" = 1'],
    ['a = 1 AND b IS NULL', '"a" = 1 AND "b" IS NULL'],
    ['a=1 and not b is not null', '"a"=1 and not "b" is not null'],
    [`x in ('a','b')`, `"x" in ('a','b')`],
    ['x in ("p", "q", "a")', `"x" in ('p', 'q', "a")`],
    ['x not in ("p")', `"x" not in ('p')`],
    [`name like '%age%'`, `"name" like '%age%'`],
    ['name ilike "%age%"', `"name" ilike '%age%'`],
    ['word count > 3 and (word count < 9)', '"word count" > 3 and ("word count" < 9)'],
    ['`word count` > 3', '"word count" > 3'],
    ['Siblings/Spouses Aboard > 1', '"Siblings/Spouses Aboard" > 1'],
    ['price ($) >= 1.5', '"price ($)" >= 1.5'],
    ['2020 sales > 2020', '"2020 sales" > 2020'],
    ['order > 3', '"order" > 3'],
    ['end is null or like = 1', '"end" is null or "like" = 1'],
    [`like like '%like%'`, `"like" like '%like%'`],
    ['Größe between 1 and 5 and age > 1', '"Größe" between 1 and 5 and "age" > 1'],
    ['name between "c" and "f" and Sex = "m"', `"name" between 'c' and 'f' and "Sex" = 'm'`],
    [`name = 'age > 40 and "x"'`, `"name" = 'age > 40 and "x"'`],
    [`name = 'it''s age'`, `"name" = 'it''s age'`],
    ['lower(name) = "ann"', `lower("name") = 'ann'`],
    [`contains(name, "age x")`, `contains("name", 'age x')`],
    ['length(name)>age', 'length("name")>"age"'],
    ['count > 1 and count(x) > 1', '"count" > 1 and count("x") > 1'],
    [`date > '2020-01-01'`, `"date" > '2020-01-01'`],
    [`date > date '2020-01-01'`, `"date" > date '2020-01-01'`],
    ['case when age > 1 then x else a end = 1', 'case when "age" > 1 then "x" else "a" end = 1'],
    ['cast(age as date) is null', 'cast("age" as date) is null'],
    ['age::date = x', '"age"::date = "x"'],
    [`answers.name[1] = 'x'`, `"answers".name[1] = 'x'`],
    [`answers['text'][1] = x`, `"answers"['text'][1] = "x"`],
    ['-age < -5', '-"age" < -5'],
    ['age % 2 = 0', '"age" % 2 = 0'],
    ['name = x', '"name" = "x"'],
    ['name = true or v = false', '"name" = true or "v" = false'],
    ['((age))>1', '(("age"))>1'],
    ['name is not distinct from "Ann"', `"name" is not distinct from 'Ann'`],
    ['null is null and true = age', 'null is null and true = "age"'],
    ['not like > 1 and not like like 2', 'not "like" > 1 and not "like" like 2'],
    ['age in (select 1)', '"age" in (select 1)'],
  ])('where %s becomes %s', (given, expected) => {
    expect(mayNeedQuotes(given)).toBe(true);
    expect(quoteColumns(given, people)).toBe(expected);
    expect(quoteColumns(expected, people)).toBe(expected);
  });

  it.each([
    `"age">30 AND "name"='Simone'`,
    `"name" LIKE '%x%' OR "b" IS NOT NULL`,
    '"a" - "b" > 1',
    'a-b > 1 is not for a name that is made of two',
    'not spam = 1',
    `"nmae" = 'Ann'`,
    'nmae = 1',
    'lower("nmae") = 1',
    '("nmae" = 1)',
    'age > 1; --',
    'age /* x */ > 1',
    'name = $$age$$',
    `name = 'open`,
    'name = "open',
    '"odd""name" = 1',
    '',
    '((((',
    '= = =',
  ])('leaves alone what is right, or cannot be told: %s', (where) => {
    const same = quoteColumns(where, people);
    // What stands in no column's place is as it was.
    expect(same.replaceAll('"', '')).toBe(where.replaceAll('"', ''));
    if (/^"|;|\/\*|\$\$|^$|nmae|^[(=]/.test(where)) expect(same).toBe(where);
    if (where.startsWith('a-b')) expect(same.startsWith('"a"-"b" > 1')).toBe(true);
    if (where.startsWith('not')) expect(same).toBe('not "spam" = 1');
  });

  it('asks for no columns where nothing is to be mended', () => {
    for (const where of [
      `"age">30 AND "name"='Simone'`,
      '"a" IS NOT NULL',
      `"x" IN ('a') OR NOT ("b" BETWEEN 1 AND 2)`,
    ]) {
      expect(mayNeedQuotes(where)).toBe(false);
    }
    expect(quoteColumns('age > 1', [])).toBe('age > 1');
  });
});
