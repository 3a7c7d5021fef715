import test from 'ava';
import type {TaskFaults} from '../../src/native/snapshot.ts';
import {FaultGrowth} from '../../src/sources/readers/process-faults.ts';

function thread(tgid: number, minor: number, major = 0, more: Partial<TaskFaults> = {}): TaskFaults {
  return {tgid, startNs: BigInt(tgid), minor, major, comm: `p${tgid}`, ...more};
}

test('a process has the faults of all its threads, from the first pass on', (t) => {
  const growth = new FaultGrowth();
  t.deepEqual(
    growth.next([thread(1, 1000, 5), thread(1, 10, 0, {comm: undefined})]),
    [],
    'what was before is not ours',
  );
  t.deepEqual(growth.next([thread(1, 1003, 6), thread(1, 14, 0, {comm: undefined})]), [
    {pid: 1, comm: 'p1', minor_faults: 7, major_faults: 1},
  ]);
  t.deepEqual(growth.next([thread(1, 1003, 6), thread(1, 14, 0, {comm: undefined})]), [], 'nothing new, no row');
});

test('a process that came later has its whole count; its number given to another begins anew', (t) => {
  const growth = new FaultGrowth();
  growth.next([thread(1, 5)]);
  t.like(growth.next([thread(1, 5), thread(2, 80)]), [{pid: 2, minor_faults: 80}]);
  t.like(growth.next([thread(1, 5), thread(2, 30, 0, {startNs: 99n, comm: 'other'})]), [
    {pid: 2, comm: 'other', minor_faults: 30},
  ]);
});

test('a thread on its way out takes nothing back', (t) => {
  const growth = new FaultGrowth();
  growth.next([thread(1, 100), thread(1, 50, 0, {comm: undefined})]);
  t.deepEqual(growth.next([thread(1, 100)]), [], 'in neither of the two for a moment');
  t.like(growth.next([thread(1, 152)]), [{minor_faults: 2}], 'then with what the process keeps');
});

test('the most faults first, at most 50 rows; a pause is no growth', (t) => {
  const growth = new FaultGrowth();
  const all = (by: number) => Array.from({length: 80}, (_, i) => thread(i + 1, 100 + by * i));
  growth.next(all(0));
  const rows = growth.next(all(1));
  t.is(rows.length, 50);
  t.like(rows[0], {pid: 80, minor_faults: 79});
  growth.forget();
  t.deepEqual(growth.next(all(9)), []);
});
