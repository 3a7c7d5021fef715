import type {ExecutionContext} from 'ava';
import type {PacketDropEvent} from '../../src/types/stream.ts';
import {Cgroup, unified} from './util/cgroup.ts';
import {must} from './util/disk.ts';
import {counterIn, Kstop} from './util/kstop.ts';
import {Process, startLoad, Unseen} from './util/load.ts';
import {kernelAtLeast, lacks, testUnless, which} from './util/machine.ts';
import {lacksNetwork, loneNamespaces, networkPair, type Pair} from './util/net.ts';
import {SLOW, until} from './util/wait.ts';
import {agrees} from './util/witness.ts';

const reason = lacksNetwork();
/** Before 5.17 the kernel gives no reasons: packets are counted, and that's all. */
const nameless = kernelAtLeast(5, 17) ? undefined : 'this kernel gives no drop reasons';
/** The socket that was to receive a packet is told from 6.11 on. */
const knowsReceiver = kernelAtLeast(6, 11);

const datagrams = (t: ExecutionContext, ...through: string[][]): Promise<Process> =>
  startLoad(t, 'datagrams', [], {through: through.flat()});

async function tell(load: Process, line: string): Promise<number> {
  load.send(line);
  return Number(await load.line());
}

const eventsIn = (kstop: Kstop, netns: number): PacketDropEvent[] =>
  kstop.events('PACKET_DROP').filter((event) => event.netns === netns);

/** All drops of a namespace by the last sample, by `REASON class`. */
function countsIn(kstop: Kstop, netns: number): Record<string, number> {
  const counters = kstop.samples.at(-1)?.counters ?? [];
  return Object.fromEntries(
    counters
      .filter(({name, labels}) => name === 'packet_drops' && labels.netns === String(netns))
      .map(({labels, value}) => [`${labels.reason} ${labels.class}`, value]),
  );
}

/** hits = delivered + held + lost + missed. */
function closes(t: ExecutionContext, kstop: Kstop): void {
  const sample = kstop.samples.at(-1);
  const loss = sample?.loss.drops;
  t.truthy(loss);
  const hits = counterIn(sample, 'hits', {probe: 'drops'});
  t.is(hits, kstop.events('PACKET_DROP').length + loss!.held + loss!.lost + loss!.missed);
}

interface Watch {
  net: Pair;
  unseen: Unseen;
  kstop: Kstop;
}

async function watch(t: ExecutionContext, ...args: string[]): Promise<Watch> {
  const net = networkPair(t);
  const unseen = await Unseen.start(t);
  const kstop = await Kstop.start(t, ['--probes', 'drops', ...args]);
  return {net, unseen, kstop};
}

testUnless(
  reason ?? nameless,
  'datagrams to a closed port are counted as NoPorts counts them, without events',
  async (t) => {
    const {net, unseen, kstop} = await watch(t);
    const {client, server, ipv4, ipv6} = net;
    const load = await datagrams(t, client.enter);
    t.is(await tell(load, `send ${ipv4.server} 9 300 10`), 300);
    t.is(await tell(load, `send ${ipv6.server} 9 200 10`), 200);
    await until(() => server.protocol('Udp', 'NoPorts') + server.protocol6('Udp6NoPorts') === 500, 5000, 'datagrams');
    await kstop.sampleFromNow();
    await kstop.stop();
    const counts = countsIn(kstop, server.inode);
    t.log(JSON.stringify(counts));
    agrees(t, counts['NO_SOCKET normal'], 500, (await unseen.read()).total, 'drops against NoPorts');
    t.is(eventsIn(kstop, server.inode).length, 0, 'a closed port is no news');
    closes(t, kstop);
  },
);

for (const family of ['ipv4', 'ipv6'] as const) {
  testUnless(
    reason ?? nameless,
    `what a full receive buffer drops over ${family} is RcvbufErrors, each an event`,
    async (t) => {
      const {net, unseen, kstop} = await watch(t);
      const {client, server} = net;
      const group = unified() ? Cgroup.make(t) : undefined;
      const receiver = await datagrams(t, group?.enter ?? [], server.enter);
      const sender = await datagrams(t, client.enter);
      const address = net[family].server;
      const port = await tell(receiver, `listen ${address} 4096`);
      t.is(await tell(sender, `send ${address} ${port} 200 100`), 200);
      const errors = () =>
        family === 'ipv4' ? server.protocol('Udp', 'RcvbufErrors') : server.protocol6('Udp6RcvbufErrors');
      await until(() => errors() >= 150, 5000 * SLOW, 'datagrams');
      await kstop.sampleFromNow();
      const kernel = errors();
      await kstop.stop();
      const events = eventsIn(kstop, server.inode);
      t.log(`${kernel} RcvbufErrors, ${events.length} events; ${JSON.stringify(events[0])}`);
      agrees(t, events.length, kernel, (await unseen.read()).total, 'events against RcvbufErrors');
      t.is(countsIn(kstop, server.inode)['SOCKET_RCVBUFF fault'], events.length);
      for (const event of events) {
        t.like(event, {reason: 'SOCKET_RCVBUFF', class: 'fault', severity: 'warning', protocol: 'UDP'});
        t.like(event, {saddr: net[family].client, daddr: address, dport: port, subsystem: 'network', pid: undefined});
        t.regex(event.location, /^_*udp\w*\+0x[0-9a-f]+/);
        t.true(event.device === undefined || event.device === 'kt0');
        if (knowsReceiver) t.like(event, {uid: 0, ...(group && {cgroup: group.path})});
        else t.is(event.cgroup, undefined, 'whose it was is not known');
      }
      t.is(kstop.summary?.subsystems.network?.events, events.length);
      closes(t, kstop);
    },
  );
}

testUnless(
  reason ?? nameless,
  'drops are counted exactly in more namespaces than have places of their own',
  async (t) => {
    // Sixteen places by CPU, then shared ones.
    const all = loneNamespaces(t, 24);
    const unseen = await Unseen.start(t);
    const kstop = await Kstop.start(t, ['--probes', 'drops']);
    for (let i = 0; i < all.length; i++) {
      const load = await datagrams(t, all[i].enter);
      t.is(await tell(load, `send 127.0.0.1 9 ${20 + i} 1`), 20 + i);
      await load.kill();
    }
    await kstop.sampleFromNow();
    const expected = all.map((each) => each.protocol('Udp', 'NoPorts'));
    await kstop.stop();
    const seen = all.map((each) => countsIn(kstop, each.inode)['NO_SOCKET normal'] ?? 0);
    const {total} = await unseen.read();
    t.true(expected.every((n, i) => n === 20 + i));
    for (const [i, count] of seen.entries()) agrees(t, count, expected[i], total, `namespace ${i}`);
    closes(t, kstop);
  },
);

testUnless(reason ?? nameless, 'what a firewall drops is its own count, and a policy', async (t) => {
  const {net, unseen, kstop} = await watch(t);
  const {client, server, ipv4, ipv6} = net;
  server.drop('udp', 'dport', '7777', 'counter');
  const load = await datagrams(t, client.enter);
  t.is(await tell(load, `send ${ipv4.server} 7777 150 10`), 150);
  t.is(await tell(load, `send ${ipv6.server} 7777 150 10`), 150);
  await until(
    () => server.dropped() === 300,
    5000 * SLOW,
    () => `the rule's count: ${server.dropped()}`,
  );
  await kstop.sampleFromNow();
  await kstop.stop();
  const events = eventsIn(kstop, server.inode);
  t.log(JSON.stringify(events[0]));
  agrees(t, countsIn(kstop, server.inode)['NETFILTER_DROP policy'], 300, (await unseen.read()).total, 'counted');
  t.true(events.length > 0 && events.length <= 300);
  for (const event of events) {
    t.like(event, {reason: 'NETFILTER_DROP', class: 'policy', severity: 'info', protocol: 'UDP', dport: 7777});
    t.is(event.device, 'kt0');
  }
  closes(t, kstop);
});

testUnless(reason ?? nameless, "a packet dropped on its way out belongs to the sender's socket", async (t) => {
  const {net, kstop} = await watch(t);
  const {client, ipv4} = net;
  const nft = (...args: string[]) => client.run(which('nft') ?? 'nft', ...args);
  nft('add', 'table', 'inet', 'out');
  nft('add', 'chain', 'inet', 'out', 'o', '{', 'type', 'filter', 'hook', 'output', 'priority', '0', ';', '}');
  nft('add', 'rule', 'inet', 'out', 'o', 'udp', 'dport', '7777', 'drop');
  const group = unified() ? Cgroup.make(t) : undefined;
  const load = await datagrams(t, group?.enter ?? [], client.enter);
  // The firewall's answer to sendto is EPERM.
  t.is(await tell(load, `send ${ipv4.server} 7777 20 10`), 0);
  await kstop.sampleFromNow();
  await kstop.stop();
  const events = eventsIn(kstop, client.inode);
  t.log(JSON.stringify(events[0]));
  t.is(events.length, 20);
  for (const event of events) {
    t.like(event, {
      reason: 'NETFILTER_DROP',
      saddr: ipv4.client,
      daddr: ipv4.server,
      dport: 7777,
      uid: 0,
      pid: undefined,
    });
    if (group) t.is(event.cgroup, group.path);
  }
});

testUnless(reason ?? nameless, 'wrong checksums are InCsumErrors, and faults', async (t) => {
  const {net, unseen, kstop} = await watch(t);
  const {client, server, ipv4} = net;
  const load = await datagrams(t, client.enter);
  t.is(await tell(load, `bad ${ipv4.server} 9 100`), 100);
  await until(() => server.protocol('Udp', 'InCsumErrors') === 100, 5000 * SLOW, 'datagrams');
  await kstop.sampleFromNow();
  await kstop.stop();
  const events = eventsIn(kstop, server.inode);
  t.log(JSON.stringify(events[0]));
  agrees(t, events.length, 100, (await unseen.read()).total, 'events against InCsumErrors');
  for (const event of events) t.like(event, {reason: 'UDP_CSUM', class: 'fault', sport: 4321, dport: 9});
});

/** A queue that holds one packet or two behind 100 kbit/s; undefined when this kernel has none. */
function narrow(t: ExecutionContext, net: Pair): boolean {
  try {
    const limit = ['tbf', 'rate', '100kbit', 'burst', '1600', 'limit', '3000'];
    net.client.run(which('tc') ?? 'tc', 'qdisc', 'add', 'dev', 'kt0', 'root', ...limit);
    return true;
  } catch (error) {
    t.log((error as Error).message);
    return false;
  }
}

testUnless(reason ?? nameless ?? lacks('tc'), "what a queue drops is the queue's own count", async (t) => {
  const {net, unseen, kstop} = await watch(t);
  if (!narrow(t, net)) {
    await kstop.stop();
    t.pass('this kernel has no token bucket filter');
    return;
  }
  const load = await datagrams(t, net.client.enter);
  await tell(load, `send ${net.ipv4.server} 9 100 1000`);
  const shown = net.client.run(which('tc') ?? 'tc', '-s', 'qdisc', 'show', 'dev', 'kt0');
  const kernel = Number(/dropped (\d+)/.exec(shown)?.[1]);
  await kstop.sampleFromNow();
  await kstop.stop();
  const queue = eventsIn(kstop, net.client.inode).filter((event) => event.reason.startsWith('QDISC_'));
  t.log(`${kernel} dropped by tc; ${JSON.stringify(queue[0])}`);
  t.true(kernel > 50);
  agrees(t, queue.length, kernel, (await unseen.read()).total, 'events against tc');
  for (const event of queue) t.like(event, {class: 'fault', device: 'kt0', dport: 9, uid: 0});
});

testUnless(reason ?? nameless ?? lacks('iperf3'), 'an ordinary transfer drops nothing worth a word', async (t) => {
  const {net, kstop} = await watch(t, '-i', '0.5');
  const server = new Process(t, [...net.server.enter, which('iperf3')!, '-s', '-1', '-p', '5299', '--forceflush']);
  await until(() => server.stdout.includes('listening'), 10_000 * SLOW, 'iperf3 to listen');
  const flags = ['-c', net.ipv4.server, '-p', '5299', '-t', '2', '-P', '4', '--connect-timeout', '9000'];
  await new Process(t, [...net.client.enter, which('iperf3')!, ...flags]).end();
  await server.end();
  await net.client.restingRetransmits();
  await kstop.sampleFromNow();
  await kstop.stop();
  for (const {inode} of [net.client, net.server]) {
    t.log(JSON.stringify(countsIn(kstop, inode)));
    t.deepEqual(eventsIn(kstop, inode), []);
    t.deepEqual(
      Object.keys(countsIn(kstop, inode)).filter((name) => !name.endsWith(' normal')),
      [],
    );
  }
});

testUnless(reason ?? nameless, 'a firewall at work leaves room for faults', async (t) => {
  const {net, kstop} = await watch(t);
  const {client, server, ipv4} = net;
  server.drop('udp', 'dport', '7777');
  const receiver = await datagrams(t, server.enter);
  const sender = await datagrams(t, client.enter);
  const port = await tell(receiver, `listen ${ipv4.server} 4096`);
  // More than the burst of two seconds that one CPU saves up.
  await tell(sender, `send ${ipv4.server} 7777 30000 1`);
  await tell(sender, `send ${ipv4.server} ${port} 200 100`);
  await kstop.sampleFromNow();
  await kstop.stop();
  const counts = countsIn(kstop, server.inode);
  const events = eventsIn(kstop, server.inode);
  const faults = events.filter((event) => event.class === 'fault');
  t.log(
    `${events.length - faults.length} policy events of ${counts['NETFILTER_DROP policy']}; ${faults.length} faults`,
  );
  t.true(counts['NETFILTER_DROP policy'] > 29_000);
  t.true(events.length - faults.length < counts['NETFILTER_DROP policy'] / 2, 'most are held');
  t.is(faults.length, counts['SOCKET_RCVBUFF fault'], 'no fault is');
  closes(t, kstop);
});

testUnless(
  reason ?? (nameless ? undefined : 'this kernel gives drop reasons'),
  'without reasons drops are counted, and the probe says so',
  async (t) => {
    const {net, unseen, kstop} = await watch(t);
    const load = await datagrams(t, net.client.enter);
    t.is(await tell(load, `send ${net.ipv4.server} 9 300 10`), 300);
    await kstop.sampleFromNow();
    await kstop.stop();
    const info = kstop.header.probes.find(({id}) => id === 'drops');
    t.log(JSON.stringify(info));
    t.like(info, {state: 'degraded', method: 'tp_btf'});
    t.regex(info?.reason ?? '', /reason/);
    const count = countsIn(kstop, net.server.inode)['UNKNOWN normal'] ?? 0;
    // Something that the network says of itself may be among them.
    t.true(count <= 310, `${count} drops`);
    agrees(t, Math.min(count, 300), 300, (await unseen.read()).total, 'drops');
    t.is(kstop.events('PACKET_DROP').length, 0);
  },
);

testUnless(reason ?? nameless, 'without tp_btf the same drops are told', async (t) => {
  const net = networkPair(t);
  const kstop = await Kstop.start(t, ['--probes', 'drops'], {env: {KSTOP_SKIP_METHODS: 'tp_btf'}});
  net.server.drop('udp', 'dport', '7777', 'counter');
  const load = await datagrams(t, net.client.enter);
  t.is(await tell(load, `send ${net.ipv4.server} 7777 50 10`), 50);
  t.is(await tell(load, `send ${net.ipv4.server} 9 50 10`), 50);
  await kstop.sampleFromNow();
  await kstop.stop();
  t.like(
    kstop.header.probes.find(({id}) => id === 'drops'),
    {state: 'attached', method: 'raw_tp'},
  );
  const counts = countsIn(kstop, net.server.inode);
  t.log(JSON.stringify(counts));
  t.like(counts, {'NETFILTER_DROP policy': 50, 'NO_SOCKET normal': 50});
  t.is(eventsIn(kstop, net.server.inode).length, 50);
});

testUnless(
  reason ?? nameless ?? (unified() ? undefined : 'no cgroup2 here'),
  'under a filter by cgroup only its sockets count',
  async (t) => {
    const net = networkPair(t);
    const group = Cgroup.make(t);
    const kstop = await Kstop.start(t, ['--probes', 'drops', '--cgroup', group.path]);
    const nft = (...args: string[]) => net.client.run(which('nft') ?? 'nft', ...args);
    nft('add', 'table', 'inet', 'out');
    nft('add', 'chain', 'inet', 'out', 'o', '{', 'type', 'filter', 'hook', 'output', 'priority', '0', ';', '}');
    nft('add', 'rule', 'inet', 'out', 'o', 'udp', 'dport', '7777', 'drop');
    const inside = await datagrams(t, group.enter, net.client.enter);
    const outside = await datagrams(t, net.client.enter);
    await tell(inside, `send ${net.ipv4.server} 7777 30 10`);
    await tell(outside, `send ${net.ipv4.server} 7777 40 10`);
    await kstop.sampleFromNow();
    await kstop.stop();
    t.deepEqual(countsIn(kstop, net.client.inode), {'NETFILTER_DROP policy': 30});
    t.true(kstop.events('PACKET_DROP').every(({cgroup}) => cgroup === group.path));
  },
);

testUnless(
  reason ?? nameless ?? lacks('sysctl'),
  'without kernel symbols locations are addresses, and the probe says so',
  async (t) => {
    const before = must('sysctl', '-n', 'kernel.kptr_restrict').trim();
    t.teardown(() => must('sysctl', '-w', `kernel.kptr_restrict=${before}`));
    try {
      must('sysctl', '-w', 'kernel.kptr_restrict=2');
    } catch (error) {
      t.log((error as Error).message);
      t.pass('it cannot be set here');
      return;
    }
    const {net, kstop} = await watch(t);
    net.server.drop('udp', 'dport', '7777');
    const load = await datagrams(t, net.client.enter);
    await tell(load, `send ${net.ipv4.server} 7777 5 10`);
    await kstop.sampleFromNow();
    await kstop.stop();
    const info = kstop.header.probes.find(({id}) => id === 'drops');
    t.like(info, {state: 'degraded', method: 'tp_btf'});
    t.regex(info?.reason ?? '', /locations are addresses.*kptr_restrict/);
    for (const event of eventsIn(kstop, net.server.inode)) t.regex(event.location, /^0x[0-9a-f]{16}$/);
  },
);

testUnless(reason ?? nameless, 'a filter by process leaves all packets out, and the probes say so', async (t) => {
  const net = networkPair(t);
  const probes = ['--probes', 'drops,container-traffic'];
  const kstop = await Kstop.start(t, [...probes, '--comm', 'datagrams']);
  const load = await datagrams(t, net.client.enter);
  await tell(load, `send ${net.ipv4.server} 9 50 10`);
  await kstop.sampleFromNow();
  await kstop.stop();
  const [drops] = kstop.header.probes.filter(({id}) => id === 'drops');
  t.is(drops?.state, 'degraded');
  t.regex(drops?.reason ?? '', /process is not known/);
  t.deepEqual(countsIn(kstop, net.server.inode), {});
});
