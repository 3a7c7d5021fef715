import type {ExecutionContext} from 'ava';
import type {TcpRetransmitEvent} from '../../src/types/stream.ts';
import {Kstop} from './util/kstop.ts';
import {Process, Unseen} from './util/load.ts';
import {lacks, lacksModule, onMachine, testUnless, which} from './util/machine.ts';
import {lacksNetwork, networkPair} from './util/net.ts';
import {SLOW, until} from './util/wait.ts';
import {agrees} from './util/witness.ts';

const reason = lacksNetwork();

const segments = (events: readonly TcpRetransmitEvent[]) => events.reduce((sum, event) => sum + event.segments, 0);
const iperf = which('iperf3') ?? 'iperf3';

/**
 * The owner that an event must name. Where the kernel keeps nothing with a socket the probe says so, and then names none.
 */
function owned(kstop: Kstop, owner: {pid: number; comm: string}): {pid?: number; comm?: string} {
  const probe = kstop.header.probes.find(({id}) => id === 'retransmit');
  const lesser = probe?.state === 'degraded' && /sockets have no owning process/.test(probe.reason ?? '');
  return lesser ? {pid: undefined, comm: undefined} : owner;
}

/** iperf3's server listens once it says so. */
async function iperfServer(t: ExecutionContext, enter: string[]): Promise<Process> {
  const server = new Process(t, [...enter, iperf, '-s', '-1', '-p', '5299', '--forceflush']);
  await until(() => server.stdout.includes('listening'), 10_000 * SLOW, 'iperf3 to listen');
  return server;
}

for (const family of ['ipv4', 'ipv6'] as const) {
  testUnless(
    reason ?? lacks('iperf3'),
    `segments sent again over ${family} are the kernel's count, and iperf3's`,
    async (t) => {
      const net = networkPair(t);
      const here = net[family];
      net.server.drop('numgen', 'random', 'mod', '50', '==', '0');
      const unseen = await Unseen.start(t);
      const kstop = await Kstop.start(t, ['--probes', 'retransmit']);
      const server = await iperfServer(t, net.server.enter);
      const flags = ['-c', here.server, '-p', '5299', '-t', '2', '-b', '40M', '-l', '16K', '--connect-timeout', '9000'];
      const client = new Process(t, [...net.client.enter, iperf, ...flags]);
      await client.end();
      net.server.dropNothing();
      await server.end();
      const kernel = await net.client.restingRetransmits();
      const kernelServer = await net.server.restingRetransmits();
      await kstop.sampleFromNow();
      await kstop.stop();

      const {total: blind} = await unseen.read();
      const inNamespace = (inode: number) => kstop.events('TCP_RETRANSMIT').filter(({netns}) => netns === inode);
      const events = inNamespace(net.client.inode);
      t.log(
        `${events.length} events with ${segments(events)} segments; RetransSegs grew by ${kernel}, the server's by ${kernelServer}`,
      );
      t.log(JSON.stringify(events[0]));
      t.true(kernel >= 10, 'segments were lost');
      agrees(t, segments(events), kernel, blind, 'segments in events');
      agrees(t, segments(inNamespace(net.server.inode)), kernelServer, blind, "segments in the server's events");
      const counted = kstop.counter('tcp_retransmitted_segments', {netns: String(net.client.inode)});
      t.is(counted, segments(events), 'the counter and the events agree');
      for (const event of events) {
        t.like(event, {...owned(kstop, {pid: client.pid, comm: 'iperf3'}), uid: 0});
        t.like(event, {subsystem: 'network', severity: 'info'});
        t.like(event, {saddr: here.client, daddr: here.server, dport: 5299});
        t.is(event.family, family === 'ipv4' ? 'IPv4' : 'IPv6');
        t.true(event.sport > 1023);
      }
      t.true(events.some(({state}) => state === 'ESTABLISHED'));
    },
  );
}

testUnless(reason ?? lacks('iperf3'), 'an accepted connection belongs to the process that serves it', async (t) => {
  const net = networkPair(t);
  net.client.drop('numgen', 'random', 'mod', '20', '==', '0');
  const kstop = await Kstop.start(t, ['--probes', 'retransmit']);
  const server = await iperfServer(t, net.server.enter);
  const flags = ['-c', net.ipv4.server, '-p', '5299', '-t', '4', '-R', '-b', '20M', '-l', '16K'];
  const client = new Process(t, [...net.client.enter, iperf, ...flags, '--connect-timeout', '9000']);
  await client.end();
  net.client.dropNothing();
  await server.end();
  await net.server.restingRetransmits();
  await kstop.stop();
  const data = kstop
    .events('TCP_RETRANSMIT')
    .filter((event) => event.netns === net.server.inode && event.sport === 5299);
  const known = data.filter(({pid}) => pid !== undefined);
  const owner = owned(kstop, {pid: server.pid, comm: 'iperf3'});
  t.log(`${data.length} events, ${known.length} of them with an owner`);
  t.true(data.length >= 10);
  if (owner.pid === undefined) t.is(known.length, 0);
  else {
    // Found soon after the first of them, and from then on for good. An emulated CPU may take most of the transfer for it.
    t.true(known.length >= (SLOW > 1 ? 1 : data.length / 2));
    for (const [port, events] of Map.groupBy(data, ({dport}) => dport)) {
      const first = events.findIndex(({pid}) => pid !== undefined);
      const unknown = events.slice(first).filter(({pid}) => first >= 0 && pid === undefined);
      t.is(unknown.length, 0, `a connection to port ${port} lost its owner`);
    }
  }
  for (const event of known) t.like(event, owner);
});

testUnless(
  reason ?? lacks('timeout', 'bash'),
  'a connection request that nobody answers is sent again by who connects',
  async (t) => {
    const net = networkPair(t);
    net.server.drop('tcp', 'flags', 'syn');
    const unseen = await Unseen.start(t);
    const kstop = await Kstop.start(t, ['--probes', 'retransmit']);
    const connect = (address: string) =>
      new Process(t, [...net.client.enter, 'bash', '-c', `exec 3<>/dev/tcp/${address}/8080`]);
    const four = connect(net.ipv4.server);
    const six = connect(net.ipv6.server);
    const mine = () => kstop.events('TCP_RETRANSMIT').filter(({netns}) => netns === net.client.inode);
    // After 1 s and after 2 s more.
    await until(() => mine().length >= 4, 15_000 * SLOW, 'SYNs sent again');
    await four.kill();
    await six.kill();
    const kernel = await net.client.restingRetransmits();
    await kstop.sampleFromNow();
    await kstop.stop();
    agrees(t, segments(mine()), kernel, (await unseen.read()).total, 'SYNs sent again');
    for (const event of mine()) {
      const [process, family, addresses] = event.family === 'IPv4' ? [four, 'IPv4', net.ipv4] : [six, 'IPv6', net.ipv6];
      t.like(event, owned(kstop, {pid: process.pid, comm: 'bash'}));
      t.like(event, {state: 'SYN_SENT', dport: 8080, family, segments: 1});
      t.like(event, {saddr: addresses.client, daddr: addresses.server});
    }
  },
);

testUnless(
  reason ?? lacks('iperf3', 'bash'),
  'answers to connection requests that are sent again belong to who listens',
  async (t) => {
    const net = networkPair(t);
    // The server's SYN-ACKs are lost.
    net.client.drop('tcp', 'flags', '&', '(syn|ack)', '==', '(syn|ack)');
    const unseen = await Unseen.start(t);
    const kstop = await Kstop.start(t, ['--probes', 'retransmit']);
    const server = await iperfServer(t, net.server.enter);
    const client = new Process(t, [...net.client.enter, 'bash', '-c', `exec 3<>/dev/tcp/${net.ipv4.server}/5299`]);
    const mine = () => kstop.events('TCP_RETRANSMIT').filter(({netns}) => netns === net.server.inode);
    await until(() => mine().length >= 3, 20_000 * SLOW, 'SYN-ACKs sent again');
    await client.kill();
    await server.kill();
    const kernel = await net.server.restingRetransmits();
    await kstop.sampleFromNow();
    await kstop.stop();
    t.log(`${kernel} by the kernel's count; ${JSON.stringify(mine()[0])}`);
    agrees(t, segments(mine()), kernel, (await unseen.read()).total, 'SYN-ACKs sent again');
    for (const event of mine()) {
      t.like(event, owned(kstop, {pid: server.pid, comm: 'iperf3'}));
      t.like(event, {state: 'NEW_SYN_RECV', sport: 5299, segments: 1});
      t.like(event, {saddr: net.ipv4.server, daddr: net.ipv4.client});
    }
  },
);

testUnless(
  onMachine ?? reason ?? lacks('iperf3', 'tc') ?? lacksModule('sch_netem'),
  'a line that loses packets by itself (netem) is counted as the kernel does',
  async (t) => {
    const net = networkPair(t);
    net.client.run(which('tc') ?? 'tc', ...'qdisc add dev kt0 root netem loss 3% delay 2ms'.split(' '));
    const kstop = await Kstop.start(t, ['--probes', 'retransmit']);
    const server = await iperfServer(t, net.server.enter);
    const flags = ['-c', net.ipv4.server, '-p', '5299', '-t', '4', '-b', '20M', '-l', '16K'];
    const client = new Process(t, [...net.client.enter, iperf, ...flags, '--connect-timeout', '9000']);
    await client.end();
    await server.end();
    const kernel = await net.client.restingRetransmits();
    await kstop.sampleFromNow();
    await kstop.stop();
    const mine = kstop.events('TCP_RETRANSMIT').filter(({netns}) => netns === net.client.inode);
    t.log(`${mine.length} events with ${segments(mine)} segments; RetransSegs grew by ${kernel}`);
    t.true(kernel >= 5, 'segments were lost');
    t.is(segments(mine), kernel);
    t.is(kstop.counter('tcp_retransmitted_segments', {netns: String(net.client.inode)}), kernel);
  },
);
