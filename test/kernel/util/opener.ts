import {spawn} from 'node:child_process';
import type {ExecutionContext} from 'ava';
import {SLOW, until} from './wait.ts';

/** Opens the file of each line as often as it says, on one CPU, and answers with how often it did. */
const PROGRAM = `
import os, sys
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
for line in sys.stdin:
    times, path = line.rstrip("\\n").split(" ", 1)
    done = 0
    for _ in range(int(times)):
        os.close(os.open(path, os.O_RDONLY))
        done += 1
    print(done, flush=True)
`;

/** A process that opens files when it is told to, and knows how many it opened. */
export interface Opener {
  pid: number;
  open(path: string, times: number): Promise<number>;
}

export function opener(t: ExecutionContext): Opener {
  const child = spawn('python3', ['-c', PROGRAM], {stdio: ['pipe', 'pipe', 'inherit']});
  t.teardown(() => child.kill('SIGKILL'));
  let answers = '';
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    answers += text;
  });
  return {
    pid: child.pid!,
    open: async (path, times) => {
      answers = '';
      child.stdin.write(`${times} ${path}\n`);
      await until(() => answers.endsWith('\n'), 60_000 * SLOW, 'the opener');
      return Number(answers);
    },
  };
}
