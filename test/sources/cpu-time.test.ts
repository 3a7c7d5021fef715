import {readFileSync} from 'node:fs';
import test from 'ava';
import {CpuTime} from '../../src/sources/host.ts';

const line = (...columns: number[]) => `cpu  ${columns.join(' ')} 0 0\ncpu0 1 2 3\n`;

test('busy and stolen shares are of the time between two readings', (t) => {
  const cpu = new CpuTime();
  t.deepEqual(cpu.shares(line(100, 0, 50, 800, 50, 0, 0, 0)), {});
  // 20 busy of 200, 8 of them stolen.
  t.deepEqual(cpu.shares(line(108, 0, 54, 970, 60, 0, 0, 8)), {busy: 10, stolen: 4});
  t.deepEqual(cpu.shares(line(108, 0, 54, 970, 60, 0, 0, 8)), {}, 'no time has passed');
});

test('what a kernel sets back, or writes otherwise, is no share', (t) => {
  const cpu = new CpuTime();
  cpu.shares(line(100, 0, 50, 800, 50, 0, 0, 20));
  // Steal is known to go back where a machine moves to another host.
  t.deepEqual(cpu.shares(line(200, 0, 50, 900, 50, 0, 0, 5)), {busy: 45.95, stolen: 0});
  t.deepEqual(cpu.shares('cpu 1 2 3\n'), {});
  t.deepEqual(cpu.shares(undefined), {});
});

test('the running kernel’s own line is read', (t) => {
  const cpu = new CpuTime();
  cpu.shares(readFileSync('/proc/stat', 'latin1'));
  for (const end = performance.now() + 200; performance.now() < end; );
  const {busy = 0, stolen = -1} = cpu.shares(readFileSync('/proc/stat', 'latin1'));
  t.true(busy > 0 && busy <= 100);
  t.true(stolen >= 0 && stolen <= busy);
});
