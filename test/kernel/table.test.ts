import {readFileSync} from 'node:fs';
import {release} from 'node:os';
import {join} from 'node:path';
import type {ProbeInfo} from '../../src/types/stream.ts';
import {Kstop, REPO} from './util/kstop.ts';
import {hasKernelFunction, testUnless} from './util/machine.ts';

/** Marks of the notes below the table. */
const MARK = /\s*[⁰¹²³⁴-⁹]+/gu;

/** The table of probes and kernels: its head, and its cells by probe. */
function table(): {head: string[]; rows: Map<string, string[]>} {
  const lines = readFileSync(join(REPO, 'docs/probes.md'), 'utf8').split('\n');
  const begin = lines.findIndex((line) => line.startsWith('| probe '));
  const end = lines.findIndex((line, i) => i > begin && !line.startsWith('|'));
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const rows = lines.slice(begin + 2, end).map(cells);
  return {head: cells(lines[begin]!), rows: new Map(rows.map(([id, ...rest]) => [id!, rest]))};
}

/** What the table calls this kernel; undefined when it has no column for it. */
function columnHere(head: readonly string[]): number | undefined {
  const version = release().split('.').slice(0, 2).join('.');
  const name = process.env.KSTOP_VM
    ? `Debian ${version}`
    : !hasKernelFunction('register_kprobe') && `${version}, no kprobes`;
  const column = head.findIndex(
    (cell) => name && (cell === name || cell.startsWith(`${name}.`) || cell.startsWith(`${name},`)),
  );
  return column > 0 ? column - 1 : undefined;
}

function cellOf({state, method}: ProbeInfo): string {
  if (state === 'attached') return method ?? '';
  return state === 'degraded' ? `${method}, degraded` : state;
}

const {head, rows} = table();
const column = columnHere(head);

testUnless(
  column === undefined && 'the table has no such kernel',
  'the table of probes in the documentation is what kstop says of itself',
  async (t) => {
    const kstop = await Kstop.start(t, ['--probes', 'all']);
    await kstop.stop();
    const wrong: string[] = [];
    for (const probe of kstop.header.probes) {
      const cell = rows.get(probe.id)?.[column!] ?? 'no row';
      t.log(`${probe.id}: ${cellOf(probe)} ${probe.reason ?? ''}`);
      if (cell.replace(MARK, '') !== cellOf(probe)) wrong.push(`${probe.id}: ${cellOf(probe)}, in the table ${cell}`);
      if (probe.state !== 'attached') t.not(cell, cell.replace(MARK, ''), `${probe.id}: a note says why`);
    }
    t.deepEqual(wrong, []);
    t.deepEqual(
      [...rows.keys()],
      kstop.header.probes.map(({id}) => id),
    );
  },
);
