// matplotlib is there for the plots of the kitchen sink.
const GRADIO_4 = [
  'gradio==4.44.1',
  // The last of its series, with what it was built against: newer ones of these break it.
  'fastapi<0.116',
  'huggingface_hub<0.27',
  'matplotlib==3.10.7',
  'numpy<2',
  'pandas<2.3',
  'pillow<11',
  'python-multipart<0.0.13',
  'starlette<0.41',
];

/** What pip installs for each Gradio that the suites run. */
export const REQUIREMENTS = {
  '6.31.0': ['gradio[mcp]==6.31.0', 'matplotlib==3.10.7'],
  '5.49.1': ['gradio[mcp]==5.49.1', 'matplotlib==3.10.7'],
  '4.44.1': [...GRADIO_4, 'pydantic<2.11'],
  /** As many Spaces have it: with this pydantic it cannot describe its endpoints, though it runs them. */
  '4.44.1-without-info': [...GRADIO_4, 'pydantic==2.11.10'],
};

/** A Gradio that the suites run. */
export type GradioVersion = keyof typeof REQUIREMENTS;

/** The Gradios that every suite runs. */
export const VERSIONS = ['6.31.0', '5.49.1', '4.44.1'] as const satisfies GradioVersion[];

/** Python's own client of Gradio apps. */
export const GRADIO_CLIENT = ['gradio_client==2.7.2'];
