/** What pip installs for each Gradio that the suites run. */
// matplotlib is there for the plots of the kitchen sink.
export const GRADIO = {
  '6.31.0': ['gradio[mcp]==6.31.0', 'matplotlib==3.10.7'],
  '5.49.1': ['gradio[mcp]==5.49.1', 'matplotlib==3.10.7'],
  // The last of the 4 series, with what it was built against: newer ones of these break it.
  '4.44.1': [
    'gradio==4.44.1',
    'fastapi<0.116',
    'huggingface_hub<0.27',
    'matplotlib==3.10.7',
    'numpy<2',
    'pandas<2.3',
    'pillow<11',
    'pydantic<2.11',
    'python-multipart<0.0.13',
    'starlette<0.41',
  ],
} as const;

/** A Gradio that the suites run. */
export type GradioVersion = keyof typeof GRADIO;

/** Python's own client of Gradio apps. */
export const GRADIO_CLIENT = ['gradio_client==2.7.2'];
