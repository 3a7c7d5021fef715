import test from 'ava';
import type {ProbeCounts} from '../../src/native/snapshot.ts';
import {LAYOUT, WIRE} from '../../src/native/wire.gen.ts';
import {ProcessReader} from '../../src/sources/readers/process.ts';
import {noParts} from './parts.ts';

test('programs run, and ends by reason', (t) => {
  const rows = [
    [WIRE.ENDED_WELL, 2 ** 40],
    [6, 2],
    [11, 1],
    [WIRE.ENDED_BADLY, 4],
    [WIRE.EXECUTED, 9],
  ] as const;
  const [head, row] = [LAYOUT.snapshot, LAYOUT.process_row];
  const view = new DataView(new ArrayBuffer(head.SIZE + rows.length * row.SIZE));
  view.setUint32(head.rows, rows.length, true);
  view.setUint32(head.row_bytes, row.SIZE, true);
  for (const [i, [what, count]] of rows.entries()) {
    view.setUint32(head.SIZE + i * row.SIZE + row.what, what, true);
    view.setBigUint64(head.SIZE + i * row.SIZE + row.count, BigInt(count), true);
  }
  const parts = noParts();
  new ProcessReader().read(view, {} as ProbeCounts, parts);
  t.deepEqual(parts.counters as unknown[], [
    {name: 'process_exits', labels: {reason: 'exited'}, value: 2 ** 40},
    {name: 'process_exits', labels: {reason: 'SIGABRT'}, value: 2},
    {name: 'process_exits', labels: {reason: 'SIGSEGV'}, value: 1},
    {name: 'process_exits', labels: {reason: 'failed'}, value: 4},
    {name: 'process_execs', labels: {}, value: 9},
  ]);
});
