import { cancelled } from '../../lib/errors.js';
import { parseJsonObject } from '../../lib/json.js';
import { cleanText, showName } from '../../lib/text.js';
import type { ToolCallItem } from '../../sessions/items.js';
import type { Answer, Question } from '../../tools/tool.js';
import { askAtTerminal, openPrompts, type Prompts } from '../prompts.js';
import { readWords } from './input.js';
import type { ChatScreen } from './screen.js';

interface AskOptions {
  env: NodeJS.ProcessEnv;
  screen: ChatScreen;
  /** Called when the user gives up at a question: the turn ends. */
  stop(): void;
  /** Lets go of the keyboard. @returns what takes it again */
  pause?(): () => void;
}

/** Makes what puts an assistant's questions to the user at the terminal: the call in full, then what it would do. */
export function askUser({
  env,
  screen,
  stop,
  pause,
}: AskOptions): (question: Question, call: ToolCallItem) => Promise<Answer> {
  return async (question, { name, arguments: given }) => {
    const began = performance.now();
    const takeAgain = pause?.();
    const { style, width } = screen.canvas;
    screen.settle();
    screen.line(`${style.yellow('?')} ${style.bold(showName(name))}`);
    const args = parseJsonObject(given) ?? given;
    const short = JSON.stringify(args);
    const shown = short.length <= width - 2 ? short : JSON.stringify(args, null, 2);
    for (const line of shown.split('\n')) screen.note(`  ${cleanText(line)}`);
    const prompts = openPrompts(env) ?? plainPrompts();
    const answer = await askAtTerminal(prompts, question, (text) => {
      // What a call would do is told as a dry run tells it.
      for (const line of text.replace(/^Dry run: [^\n]{1,100}\n/, '').split('\n')) screen.line(`  ${cleanText(line)}`);
    });
    screen.discount(performance.now() - began);
    takeAgain?.();
    if (answer.action === 'cancel') stop();
    return answer;
  };
}

/** Questions on a terminal that cannot draw. */
function plainPrompts(): Pick<Prompts, 'confirm' | 'choose' | 'text'> {
  const ask = async (prompt: string): Promise<string> => {
    const options = { prompt, more: prompt, history: [], complete: () => [], onInterrupt() {} };
    const words = await readWords(process.stdin, process.stdout, options);
    if (words === undefined) throw cancelled();
    return words.trim();
  };
  return {
    async confirm(message, initial = false) {
      const answer = await ask(`${message} (y/n, Enter is ${initial ? 'y' : 'n'}) `);
      return answer === '' ? initial : /^y(?:es)?$/i.test(answer);
    },
    async choose(message, choices) {
      const rows = choices.map(({ label }, at) => `  ${at + 1} ${cleanText(label)}`);
      const answer = await ask(`${message}\n${rows.join('\n')}\nNumber: `);
      const chosen = choices[Number(answer) - 1];
      if (!chosen) throw cancelled();
      return chosen.value;
    },
    text: (message, { initial = '' } = {}) => ask(`${message}: `).then((text) => text || initial),
  };
}
