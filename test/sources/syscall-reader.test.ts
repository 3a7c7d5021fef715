import test from 'ava';
import type {ProbeCounts} from '../../src/native/snapshot.ts';
import {LAYOUT} from '../../src/native/wire.gen.ts';
import type {SampleParts} from '../../src/sources/readers/reader.ts';
import {SyscallReader} from '../../src/sources/readers/syscall.ts';
import {noParts} from './parts.ts';

interface Entry {
  entry: number;
  slow?: number;
  count?: number;
  total_ns?: number;
  max_ns?: number;
  focus?: number;
}

/** A snapshot with no histograms and this table. */
function snapshot(...entries: Entry[]): DataView {
  const [head, row] = [LAYOUT.snapshot, LAYOUT.syscall_row];
  const view = new DataView(new ArrayBuffer(head.SIZE + entries.length * row.SIZE));
  view.setUint32(head.more_rows, entries.length, true);
  for (const [i, {entry, focus = 0, ...figures}] of entries.entries()) {
    const at = head.SIZE + i * row.SIZE;
    view.setUint32(at + row.entry, entry, true);
    view.setUint32(at + row.focus, focus, true);
    for (const [key, value] of Object.entries(figures))
      view.setBigUint64(at + row[key as 'slow'], BigInt(value as number), true);
  }
  return view;
}

function reading() {
  const reader = new SyscallReader();
  return (...entries: Entry[]): SampleParts => {
    const parts = noParts();
    reader.read(snapshot(...entries), {} as ProbeCounts, parts);
    return parts;
  };
}

test('slow calls are counted by name, of all numbers beyond the table together', (t) => {
  const {counters} = reading()({entry: 451, slow: 3}, {entry: 511, slow: 2}, {entry: 512 + 451, slow: 1}, {entry: 452});
  t.deepEqual(
    counters.map(({labels, value}) => [labels.syscall, value]),
    [
      ['cachestat', 3],
      ['other', 2],
      [process.arch === 'x64' ? 'cachestat (32-bit)' : 'syscall_451 (32-bit)', 1],
    ],
  );
});

test('the calls of one process begin with the second snapshot, and anew with another process', (t) => {
  const read = reading();
  const row = (count: number, total_ns: number, max_ns: number, focus: number) => ({
    entry: 451,
    count,
    total_ns,
    max_ns,
    focus,
  });
  t.deepEqual(read(row(10, 9000, 5000, 7)).focusSyscalls, [], 'nobody knows whose those were');
  t.deepEqual(read(row(12, 12_000, 2000, 7)).focusSyscalls, [
    {syscall: 451, syscall_name: 'cachestat', count: 2, total_us: 3, max_us: 2},
  ]);
  t.deepEqual(read(row(12, 12_000, 4000, 7)).focusSyscalls, [], 'its maximum came before its count');
  t.like(read(row(13, 16_000, 0, 7)).focusSyscalls[0], {count: 1, total_us: 4, max_us: 4});
  t.is(read(row(14, 17_000, 0, 7)).focusSyscalls[0]?.max_us, undefined, 'told with the next one');
  t.deepEqual(read(row(20, 99_000, 1000, 8)).focusSyscalls, []);
  t.like(read(row(21, 99_500, 500, 8)).focusSyscalls[0], {count: 1, total_us: 0.5, max_us: 0.5});
  t.deepEqual(read(row(22, 99_900, 0, 0)).focusSyscalls, [], 'nobody looks');
  t.deepEqual(read(row(23, 99_950, 0, 8)).focusSyscalls, [], 'and looks again');
});
