import { type DemoTable, image, label } from './table.js';

/** The labels of the first training images; they repeat. */
const LABELS = [5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5, 3, 6, 1, 7, 2, 8, 6, 9];

/** The digit of the image at an index. */
export const digitAt = (index: number): number => LABELS[index % LABELS.length] ?? 0;

const split = (name: string, count: number, bytes: number): DemoTable => ({
  dataset: 'ylecun/mnist',
  config: 'mnist',
  split: name,
  features: { image, label: label('0', '1', '2', '3', '4', '5', '6', '7', '8', '9') },
  count,
  bytes,
  partial: false,
  row: (index, origin) => ({
    image: { src: imageUrl(origin, name, index), height: 28, width: 28 },
    label: digitAt(index),
  }),
});

/** As the viewer signs it; the demo does not check the signature. */
function imageUrl(origin: string, split: string, index: number): string {
  const path = `ylecun/mnist/--/77f3279092a1c1579b2250db8eafed0ad422088c/--/mnist/${split}/${index}/image/image.jpg`;
  return `${origin}/datasets-server/cached-assets/${path}?Expires=1795221600&Signature=q2h6Ywd-demo__&Key-Pair-Id=K3EI6M078Z3AC3`;
}

export const mnist: DemoTable[] = [split('train', 60_000, 15_561_616), split('test', 10_000, 2_595_890)];
