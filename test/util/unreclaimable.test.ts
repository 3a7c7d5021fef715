import {readFileSync} from 'node:fs';
import test from 'ava';
import {reclaimableShare, unreclaimableOfHost, unreclaimableV1, unreclaimableV2} from '../../src/util/unreclaimable.ts';

test('a locked page counts once, though anon and unevictable both hold it', (t) => {
  // 30 of anon, 10 of them locked; 5 of shmem; page cache of 100.
  const stat = {
    anon: 30,
    file: 105,
    shmem: 5,
    active_anon: 5,
    inactive_anon: 20,
    unevictable: 10,
    inactive_file: 60,
    active_file: 40,
  };
  t.is(unreclaimableV2({...stat, kernel: 12, slab_reclaimable: 4, slab_unreclaimable: 3, sock: 2}), 35 + 8 + 2);
});

test('before 5.18 kernel memory is the sum of its parts', (t) => {
  const stat = {active_anon: 10, inactive_anon: 0, unevictable: 0};
  t.is(unreclaimableV2({...stat, slab_unreclaimable: 3, kernel_stack: 2, percpu: 1, slab_reclaimable: 50}), 16);
});

test('what is in swap and in memory at once can go', (t) => {
  t.is(unreclaimableV2({active_anon: 10, inactive_anon: 10, swapcached: 8}), 12);
});

test('v1: with the cgroups below, and the host’s share of kernel memory', (t) => {
  const stat = {total_active_anon: 10, total_inactive_anon: 5, total_unevictable: 1, active_anon: 1, total_rss: 12};
  t.is(unreclaimableV1(stat, 40, 0.25), 46);
});

test('what isn’t there is unknown', (t) => {
  t.is(unreclaimableV2({anon: 5}), undefined);
  t.is(unreclaimableV1({rss: 5}, 0, 0), undefined);
  t.is(unreclaimableOfHost({MemTotal: 5}), undefined);
  t.is(reclaimableShare({}), 0);
});

test('this host’s figures make sense', (t) => {
  const lines = readFileSync('/proc/meminfo', 'utf8').matchAll(/^(\w+):\s+(\d+) kB$/gm);
  const meminfo = Object.fromEntries([...lines].map(([, name, kib]) => [name, Number(kib) * 1024]));
  const held = unreclaimableOfHost(meminfo) as number;
  t.true(held > (meminfo['SUnreclaim'] as number) && held < (meminfo['MemTotal'] as number));
  const share = reclaimableShare(meminfo);
  t.true(share > 0 && share < 1);
});
