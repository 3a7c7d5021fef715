import {spawnSync} from 'node:child_process';
import {DropReasons} from '../../src/native/drop-reasons.ts';
import {Engine} from '../../src/native/engine.ts';
import {knownDropClass} from '../../src/probes/drop-reasons.ts';
import {kernelAtLeast, lacks, testUnless, which} from './util/machine.ts';

/** The newest kernel whose reasons have been gone through. */
const REVIEWED: [number, number] = [7, 2];
const nameless = kernelAtLeast(5, 17) ? undefined : 'this kernel gives no drop reasons';

process.env.KSTOP_LIB ??= new URL('../../dist/libkstop.so', import.meta.url).pathname;

function reasonsHere(): DropReasons {
  const engine = new Engine();
  try {
    return new DropReasons(engine.kernelEnums('skb_drop_reason', 'skb_drop_reason_subsys'));
  } finally {
    engine.close();
  }
}

testUnless(nameless, 'every reason of this kernel has a class on purpose', (t) => {
  const names = reasonsHere().names();
  t.true(names.length > 40, `${names.length} reasons`);
  const unknown = names.filter((name) => knownDropClass(name) === undefined);
  t.log(`${names.length} reasons; unknown, and so normal: ${unknown.join(', ') || 'none'}`);
  if (!kernelAtLeast(REVIEWED[0], REVIEWED[1] + 1)) t.deepEqual(unknown, []);
  for (const name of ['SOCKET_RCVBUFF', 'NETFILTER_DROP', 'NO_SOCKET', 'NOT_SPECIFIED']) t.true(names.includes(name));
});

testUnless(nameless ?? lacks('bpftool'), "numbers and names are those of the kernel's type information", (t) => {
  const dump = spawnSync(which('bpftool')!, ['btf', 'dump', 'file', '/sys/kernel/btf/vmlinux', 'format', 'raw'], {
    encoding: 'latin1',
    maxBuffer: 1 << 28,
  });
  const [, body = ''] = /ENUM 'skb_drop_reason'[^\n]*\n((?:\t[^\n]*\n)+)/.exec(dump.stdout) ?? [];
  const reasons = reasonsHere();
  const pairs = [...body.matchAll(/'SKB_DROP_REASON_(\w+)' val=(\d+)/g)]
    .map(([, name, value]) => [name!, Number(value)] as const)
    .filter(([name]) => !['MAX', 'SUBSYS_MASK'].includes(name));
  t.true(pairs.length > 40);
  for (const [name, value] of pairs) t.is(reasons.name(value), name);
});

testUnless(nameless ? undefined : 'this kernel gives drop reasons', 'a kernel without reasons has no names', (t) => {
  t.deepEqual(reasonsHere().names(), []);
});
