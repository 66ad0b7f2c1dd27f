import type { SpaceSeed } from '../../build/seeds.js';

/** The Space that the demo runs by itself. */
export const DEMO_SPACE = 'hugwire/demo-space';

/** Spaces of the demo's own people. */
export const demoSpaces: SpaceSeed[] = [
  {
    id: DEMO_SPACE,
    created: '2026-09-14',
    modified: '2026-11-02',
    likes: 41,
    trending: 12,
    sdk: 'gradio',
    sdkVersion: '6.25.0',
    title: 'hugwire demo',
    emoji: '🔌',
    colors: ['yellow', 'indigo'],
    short: 'Draws, writes and counts, to try an assistant against',
    aiShort: 'Generate small pictures, transform text and watch progress in a demonstration app',
    category: 'image-generation',
    stage: 'RUNNING',
    license: 'mit',
    tags: ['mcp-server', 'demo'],
    card: '# hugwire demo\n\nA small app with one endpoint of every sort, made to try an assistant against.',
    files: [
      {
        path: 'app.py',
        text: 'import gradio as gr\n\ndemo = gr.Interface(lambda text: text.upper(), "text", "text")\ndemo.launch(mcp_server=True)\n',
      },
    ],
  },
];
