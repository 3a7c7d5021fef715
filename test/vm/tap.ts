/** One test of a TAP stream, with the lines that belong to it: diagnostics of a failure, comments. */
export type TapTest = {
  title: string;
  result: 'passed' | 'failed' | 'skipped';
  lines: string[];
};

/** What a TAP stream told. A stream that is cut off has no plan, whatever its tests say. */
export type TapRun = {
  tests: TapTest[];
  /** The number of tests that the stream said it would hold, or undefined if it never did. */
  planned: number | undefined;
};

const point = /^(not )?ok\b(?: +\d+)?(?: +- )? *(.*?)(?: +# *(SKIP|TODO)\b *(.*))?$/i;
const plan = /^1\.\.(\d+)/;

/** Reads TAP as AVA writes it: tests at the start of a line, what belongs to them indented or as comments below. */
export function parseTap(text: string): TapRun {
  const tests: TapTest[] = [];
  let planned: number | undefined;
  for (const line of text.split(/\r?\n/)) {
    const found = point.exec(line);
    if (found) {
      const [, not, title, directive, reason] = found;
      tests.push({
        title: reason ? `${title}: ${reason}` : title!,
        result: directive ? 'skipped' : not ? 'failed' : 'passed',
        lines: [],
      });
    } else if (plan.test(line)) {
      planned = Number(plan.exec(line)![1]);
    } else if (planned === undefined && line.trim() !== '' && !line.startsWith('TAP version')) {
      tests.at(-1)?.lines.push(line);
    }
  }
  return {tests, planned};
}

export const count = ({tests}: TapRun, result: TapTest['result']): number =>
  tests.filter((test) => test.result === result).length;
