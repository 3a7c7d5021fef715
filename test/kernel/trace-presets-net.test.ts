import {once as happens} from 'node:events';
import {existsSync, readFileSync} from 'node:fs';
import {type AddressInfo, createServer, type Socket} from 'node:net';
import {Process} from './util/load.ts';
import {lacks, once, testUnless, which} from './util/machine.ts';
import {lacksNetwork, loneNamespaces, networkPair} from './util/net.ts';
import {rowsOf, sum, traced} from './util/presets.ts';
import {noTraces} from './util/traces.ts';
import {SLOW, sleep, until} from './util/wait.ts';

const RESOLVER = '/etc/resolv.conf';
const reason = once ?? noTraces ?? lacksNetwork();
const connect = (port: number, host = '127.0.0.1') => ['bash', '-c', `exec 3<>/dev/tcp/${host}/${port}`];

testUnless(
  reason ?? lacks('bash'),
  'tcp-connect: accepted, refused, without a route, and without an answer',
  async (t) => {
    const net = networkPair(t);
    net.server.drop('tcp', 'flags', 'syn');
    const peers: (number | undefined)[] = [];
    const server = createServer((socket: Socket) => {
      peers.push(socket.remotePort);
      socket.destroy();
    });
    server.listen(0, '127.0.0.1');
    await happens(server, 'listening');
    t.teardown(() => server.close());
    const {port} = server.address() as AddressInfo;
    const pids: Record<string, number> = {};
    const result = await traced(t, 'tcp-connect', {process_name: 'bash'}, async () => {
      const accepted = new Process(t, connect(port));
      const refused = new Process(t, connect(1));
      const nowhere = new Process(t, [...net.client.enter, ...connect(80, '192.0.2.1')]);
      const waiting = new Process(t, [...net.client.enter, ...connect(8080, net.ipv4.server)]);
      Object.assign(pids, {accepted: accepted.pid, refused: refused.pid, waiting: waiting.pid, nowhere: nowhere.pid});
      await accepted.end();
      await refused.end();
      await nowhere.end();
      await sleep(500 * SLOW);
    });
    const of = (pid?: number) => result.events.filter((event) => event.pid === pid);
    for (const {message} of [...of(pids.accepted), ...of(pids.refused)]) t.log(message);
    const [accepted] = of(pids.accepted);
    t.like(accepted, {process_name: 'bash', function: 'tcp_connect'});
    t.like(accepted?.raw_args, {saddr: '127.0.0.1', daddr: '127.0.0.1', dport: String(port), result: 'ok'});
    t.deepEqual(peers, [Number(accepted?.raw_args.sport)], 'the port that the server saw');
    t.like(of(pids.refused)[0]?.raw_args, {daddr: '127.0.0.1', dport: '1', result: 'ECONNREFUSED'});
    t.deepEqual(
      of(pids.nowhere).map(({message}) => message),
      ['-> 192.0.2.1:80 ENETUNREACH at once'],
    );
    const key = {daddr: net.ipv4.server, dport: '8080', pid: String(pids.waiting), process_name: 'bash'};
    t.deepEqual(rowsOf(result, 'connections without an answer yet', key), [1]);
    t.is(of(pids.accepted).length + of(pids.refused).length, 2);
  },
);

testUnless(reason ?? lacks('iperf3'), "tcp-retransmit: segments sent again are the kernel's count", async (t) => {
  const net = networkPair(t);
  const iperf = which('iperf3') ?? 'iperf3';
  net.server.drop('numgen', 'random', 'mod', '50', '==', '0');
  // So that each one that is sent again is one segment.
  for (const end of [net.client, net.server]) end.run(which('ip') ?? 'ip', 'link', 'set', 'kt0', 'gso_max_segs', '1');
  let client: Process | undefined;
  let kernel = 0;
  const result = await traced(t, 'tcp-retransmit', {}, async () => {
    const server = new Process(t, [...net.server.enter, iperf, '-s', '-1', '-p', '5299', '--forceflush']);
    await until(() => server.stdout.includes('listening'), 10_000 * SLOW, 'iperf3 to listen');
    const flags = '-p 5299 -t 2 -b 20M -l 16K --connect-timeout 9000'.split(' ');
    client = new Process(t, [...net.client.enter, iperf, '-c', net.ipv4.server, ...flags]);
    await client.end();
    net.server.dropNothing();
    await server.end();
    kernel = await net.client.restingRetransmits();
  });
  const events = result.events.filter(({raw_args}) => raw_args.daddr === net.ipv4.server);
  const counted = sum(rowsOf(result, 'segments sent again by where to', {daddr: net.ipv4.server, dport: '5299'}));
  t.log(`${events.length} events, ${counted} counted, RetransSegs ${kernel}: ${events[0]?.message}`);
  t.true(kernel >= 5);
  t.is(counted, events.length);
  // What could not be sent is told, and not counted.
  const failed = events.filter(({raw_args}) => (raw_args.error ?? 'ok') !== 'ok').length;
  t.is(events.length - failed, kernel, `${failed} failed`);
  for (const {pid, process_name, raw_args} of events) {
    t.like({pid, process_name}, {pid: client?.pid, process_name: 'iperf3'});
    t.like(raw_args, {saddr: net.ipv4.client, dport: '5299'});
  }
});

/** A server at port 53 and queries to it in each way that they are sent. The server prints what it was asked, in hexadecimal. */
const QUERIES = `
import socket, struct, threading
def query(name):
    labels = b''.join(bytes([len(part)]) + part.encode() for part in name.split('.'))
    return struct.pack('>6H', 7, 0x100, 1, 0, 0, 0) + labels + b'\\0\\0\\1\\0\\1'
servers = []
for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
    server = socket.socket(family, socket.SOCK_DGRAM); server.bind((address, 53)); servers.append((server, family, address))
input()
for server, family, address in servers:
    s = socket.socket(family, socket.SOCK_DGRAM); s.sendto(query('sendto.example.org'), (address, 53))
    s = socket.socket(family, socket.SOCK_DGRAM); s.connect((address, 53)); s.send(query('send.example.org'))
    s = socket.socket(family, socket.SOCK_DGRAM); s.sendmsg([query('sendmsg.example.org')], [], 0, (address, 53))
    s.sendto(b'0123456789abSECRET of another kind', (address, 53))
    print(*[server.recv(999).hex() for _ in range(4)], flush=True)
`;

testUnless(
  reason ?? lacks('python3'),
  'dns: the names that are asked for and the server, by whichever call, and nothing else',
  async (t) => {
    const [lone] = loneNamespaces(t, 1);
    const client = new Process(t, [...lone!.enter, 'python3', '-c', QUERIES]);
    await sleep(500 * SLOW);
    const result = await traced(t, 'dns', {pid: client.pid}, async () => {
      client.send('');
      await client.end();
    });
    const received = client.stdout
      .trim()
      .split(/\s+/)
      .map((hex) => Buffer.from(hex, 'hex').toString('latin1'));
    t.is(received.length, 8, client.stderr);
    for (const {message} of result.events) t.log(message);
    const asked = ['sendto', 'send', 'sendmsg'].map((call) => `${call}.example.org`);
    t.deepEqual(
      result.events.map(({raw_args}) => [raw_args.name, raw_args.server]),
      ['127.0.0.1', '::1'].flatMap((server) => asked.map((name) => [name, server])),
    );
    t.true(received.filter((packet) => packet.includes('example')).length === 6);
    t.false(JSON.stringify(result).includes('SECRET'));
    for (const event of result.events) t.like(event, {pid: client.pid, process_name: 'python3'});
  },
);

/** The first server that the machine's resolver asks. */
const resolver = /^nameserver (\d+(?:\.\d+){3})$/m.exec(
  existsSync(RESOLVER) ? readFileSync(RESOLVER, 'utf8') : '',
)?.[1];
const noResolver = resolver === undefined ? 'no server in /etc/resolv.conf' : undefined;

testUnless(reason ?? lacks('getent', 'ip') ?? noResolver, 'dns: what the C library looks up (sendmmsg)', async (t) => {
  const [lone] = loneNamespaces(t, 1);
  if (!resolver?.startsWith('127.')) lone!.run(which('ip') ?? 'ip', 'address', 'add', `${resolver}/32`, 'dev', 'lo');
  const result = await traced(t, 'dns', {process_name: 'getent', pattern: 'kstop-test.*'}, async () => {
    await new Process(t, [...lone!.enter, 'getent', 'ahosts', 'kstop-test.example.org']).end();
  });
  for (const {message} of result.events) t.log(message);
  // Two questions, for IPv4 and IPv6; nobody answers, so they are asked again or given up.
  t.true(result.events.length >= 2);
  for (const {raw_args} of result.events) t.deepEqual(raw_args, {name: 'kstop-test.example.org', server: resolver!});
});
