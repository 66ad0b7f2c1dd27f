import { mongoId } from '../build/hashes.js';
import { int32, listOf, makeTables, type TableSeed, text } from './table.js';

const features = {
  id: text,
  title: text,
  context: text,
  question: text,
  answers: { text: listOf(text), answer_start: listOf(int32) },
};

const PASSAGES: Record<string, string> = {
  Lighthouse:
    'The lighthouse at Fastnet Rock was lit for the first time in 1904. It stands 54 metres tall and is built of Cornish granite, cut so that every block locks into the next. The tower took eight years to finish, because work was possible only when the sea was calm.',
  Honey_bee:
    'A foraging honey bee tells its hive where it found nectar by dancing. The angle of the waggle run to the vertical gives the direction relative to the sun, and its length gives the distance. Karl von Frisch described the dance in the 1920s and shared the Nobel Prize in 1973.',
  'Tramway_(Lisbon)':
    'Lisbon opened its first tram line in 1873, drawn by horses. Electric trams followed in 1901. Today the narrow cars of line 28 still climb the hills of Alfama, since no bus is short enough to take the bends.',
};

const QUESTIONS: [title: string, question: string, answer: string][] = [
  ['Lighthouse', 'When was the lighthouse at Fastnet Rock first lit?', '1904'],
  ['Lighthouse', 'What is the tower built of?', 'Cornish granite'],
  ['Lighthouse', 'Why did the work take eight years?', 'work was possible only when the sea was calm'],
  ['Honey_bee', 'How does a honey bee tell its hive where nectar is?', 'by dancing'],
  ['Honey_bee', 'What does the length of the waggle run give?', 'the distance'],
  ['Honey_bee', 'Who described the dance?', 'Karl von Frisch'],
  ['Tramway_(Lisbon)', 'In what year did electric trams come to Lisbon?', '1901'],
  ['Tramway_(Lisbon)', 'Which line climbs the hills of Alfama?', 'line 28'],
];

const rows = QUESTIONS.map(([title, question, answer]) => {
  const context = PASSAGES[title] ?? '';
  return ['', title, context, question, { text: [answer], answer_start: [context.indexOf(answer)] }];
});

const split = (name: string, count: number, bytes: number): TableSeed => ({
  config: 'plain_text',
  split: name,
  features,
  rows,
  count,
  bytes,
  own: { id: (index) => mongoId(`squad ${name} ${index}`) },
});

export const squad = makeTables('rajpurkar/squad', [
  split('train', 87_599, 14_458_314),
  split('validation', 10_570, 1_819_889),
]);
