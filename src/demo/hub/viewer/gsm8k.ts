import { makeTables, type TableSeed, text } from './table.js';

const features = { question: text, answer: text };

const PROBLEMS: [question: string, answer: string, socratic: string][] = [
  [
    'Nora bakes 48 rolls. She sells half of them before noon and 9 more in the afternoon. How many rolls are left?',
    'Before noon Nora sells 48/2 = <<48/2=24>>24 rolls.\nThen 48 - 24 - 9 = <<48-24-9=15>>15 rolls are left.\n#### 15',
    'How many rolls does Nora sell before noon? ** Before noon Nora sells 48/2 = <<48/2=24>>24 rolls.\nHow many rolls are left? ** Then 48 - 24 - 9 = <<48-24-9=15>>15 rolls are left.\n#### 15',
  ],
  [
    "A ferry carries 12 cars on each trip and makes 7 trips a day. How many cars does it carry in a 5-day week if one day's trips are cancelled?",
    'It carries 12*7 = <<12*7=84>>84 cars a day.\nIt runs on 5-1 = <<5-1=4>>4 days.\nSo it carries 84*4 = <<84*4=336>>336 cars.\n#### 336',
    'How many cars does it carry a day? ** It carries 12*7 = <<12*7=84>>84 cars a day.\nOn how many days does it run? ** It runs on 5-1 = <<5-1=4>>4 days.\nHow many cars does it carry? ** So it carries 84*4 = <<84*4=336>>336 cars.\n#### 336',
  ],
  [
    'Tomás reads 15 pages a day. His book has 240 pages and he has read 60. In how many days will he finish?',
    'He has 240-60 = <<240-60=180>>180 pages to go.\nThat takes 180/15 = <<180/15=12>>12 days.\n#### 12',
    'How many pages has he to go? ** He has 240-60 = <<240-60=180>>180 pages to go.\nHow many days does that take? ** That takes 180/15 = <<180/15=12>>12 days.\n#### 12',
  ],
  [
    'A jacket costs $80. It is marked down by 25%, and Ida has a voucher for $10. What does she pay?',
    'The discount is 80*25/100 = $<<80*25/100=20>>20.\nShe pays 80-20-10 = $<<80-20-10=50>>50.\n#### 50',
    'How much is the discount? ** The discount is 80*25/100 = $<<80*25/100=20>>20.\nWhat does she pay? ** She pays 80-20-10 = $<<80-20-10=50>>50.\n#### 50',
  ],
];

const split = (config: string, name: string, count: number, bytes: number): TableSeed => ({
  config,
  split: name,
  features,
  rows: PROBLEMS.map(([question, answer, socratic]) => [question, config === 'main' ? answer : socratic]),
  count,
  bytes,
});

export const gsm8k = makeTables('openai/gsm8k', [
  split('main', 'train', 7473, 2_306_545),
  split('main', 'test', 1319, 419_088),
  split('socratic', 'train', 7473, 2_676_139),
  split('socratic', 'test', 1319, 486_995),
]);
