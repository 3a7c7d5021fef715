import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {ProcFile} from '../../src/sources/host.ts';
import {increase} from '../../src/sources/traffic/increase.ts';
import {readBacklog, readDevices, readPairs, readSixes} from '../../src/sources/traffic/tables.ts';
import {TrafficProbe} from '../../src/sources/traffic/traffic.ts';
import {noParts} from './parts.ts';

const HEAD =
  'Inter-|   Receive   |  Transmit\n face |bytes packets errs drop fifo frame compressed multicast|bytes …\n';
type Device = [name: string, rxBytes: number | bigint, txBytes: number | bigint];
const dev = (...devices: Device[]): string =>
  HEAD + devices.map(([name, rx, tx]) => `${name}: ${rx} 5 1 2 0 0 0 0 ${tx} 6 3 4 0 0 0 0\n`).join('');
const softnet = (...rows: string[]): string => rows.map((row) => `${row}\n`).join('');
const row = (dropped: string, squeezed: string, cpu: number): string =>
  `0000ffff ${dropped} ${squeezed} ${'00000000 '.repeat(9)}${cpu.toString(16).padStart(8, '0')}`;

/** A folder in the place of /proc/self/net, and the probe that reads it. */
class Net {
  readonly folder: string;
  readonly probe: TrafficProbe;

  constructor(t: ExecutionContext, files: Record<string, string>) {
    this.folder = mkdtempSync(join(tmpdir(), 'kstop-net-'));
    t.teardown(() => rmSync(this.folder, {recursive: true}));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    this.probe = new TrafficProbe(this.folder);
    t.teardown(() => this.probe.stop());
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** The counters of a sample, as `name label label`. */
  sample(): Record<string, number | undefined> {
    const parts = noParts();
    this.probe.sample(parts);
    return Object.fromEntries(
      parts.counters.map(({name, labels, value}) => [[name, ...Object.values(labels)].join(' '), value]),
    );
  }
}

const all = {
  dev: dev(['eth0', 1000, 2000]),
  snmp: 'Udp: InDatagrams NoPorts CurrEstab\nUdp: 10 20 30\n',
  netstat: 'TcpExt: ListenOverflows Odd\nTcpExt: 7 8\n',
  snmp6: 'Udp6NoPorts   \t 5\nIp6InReceives 6\n',
  softnet_stat: softnet(row('00000001', '00000002', 0), row('00000003', '00000004', 1)),
};

test('what grew since the start is told, by device, protocol and for the backlog of all CPUs', (t) => {
  const net = new Net(t, all);
  t.deepEqual(net.probe.start(), {state: 'attached', method: 'file', reason: ''});
  t.true(Object.values(net.sample()).every((value) => value === 0));
  net.write('dev', dev(['eth0', 1500, 2001]));
  net.write('snmp', 'Udp: InDatagrams NoPorts CurrEstab\nUdp: 13 21 90\n');
  net.write('netstat', 'TcpExt: ListenOverflows Odd\nTcpExt: 9 80\n');
  net.write('snmp6', 'Udp6NoPorts   \t 6\nIp6InReceives 8\n');
  net.write('softnet_stat', softnet(row('00000011', '00000002', 0), row('00000003', '00000005', 1)));
  const grown = Object.fromEntries(Object.entries(net.sample()).filter(([, value]) => value !== 0));
  t.deepEqual(grown, {
    'net_bytes eth0 rx': 500,
    'net_bytes eth0 tx': 1,
    'protocol_counters Udp InDatagrams': 3,
    'protocol_counters Udp NoPorts': 1,
    'protocol_counters TcpExt ListenOverflows': 2,
    'protocol_counters Udp6 NoPorts': 1,
    'protocol_counters Ip6 InReceives': 2,
    backlog_drops: 16,
    backlog_squeezed: 1,
  });
});

test('a device that goes, comes back or is renamed never makes a leap', (t) => {
  const net = new Net(t, all);
  net.probe.start();
  net.write('dev', dev(['eth0', 1100, 2000]));
  t.is(net.sample()['net_bytes eth0 rx'], 100);
  net.write('dev', dev(['wan0', 1200, 2000]));
  t.like(net.sample(), {'net_bytes eth0 rx': undefined, 'net_bytes wan0 rx': 0});
  net.write('dev', dev(['wan0', 1250, 2000], ['eth0', 5, 5]));
  t.like(net.sample(), {'net_bytes eth0 rx': 0, 'net_bytes wan0 rx': 50});
  // Made anew between two looks.
  net.write('dev', dev(['wan0', 20, 2000], ['eth0', 7, 5]));
  t.like(net.sample(), {'net_bytes eth0 rx': 2, 'net_bytes wan0 rx': 70});
});

test('a device that the table tells twice counts once', (t) => {
  const net = new Net(t, all);
  net.probe.start();
  net.write('dev', dev(['eth0', 1100, 2000], ['eth0', 1100, 2000]));
  t.is(net.sample()['net_bytes eth0 rx'], 100);
});

test('a file that is too long ends with a whole line', (t) => {
  const net = new Net(t, {...all, dev: '12345\n'.repeat(400_000)});
  const text = new ProcFile(join(net.folder, 'dev')).read() ?? '';
  t.true(text.length > 2_000_000 && text.length < 2_400_000);
  t.is(text.slice(-7), '\n12345\n');
});

test('a device’s name is shown as UTF-8', (t) => {
  const net = new Net(t, {...all, dev: dev(['größe0', 1, 2])});
  net.probe.start();
  t.is(net.sample()['net_bytes größe0 rx'], 0);
});

test('counters wrap at 32 and 64 bits, and a driver may set one below 0', (t) => {
  const [narrow, wide] = [2n ** 32n, 2n ** 64n];
  t.is(increase(5n, 9n), 4n);
  t.is(increase(narrow - 10n, 5n), 15n);
  t.is(increase(wide - 10n, 5n), 15n);
  t.is(increase(1_000_000n, 5n), 5n, 'begun anew');
  t.is(increase(5n, wide - 1n), 0n, 'the -1 of a driver');
  t.is(increase(wide - (1n << 60n), 5n), 0n, 'and back');
  const net = new Net(t, {...all, dev: dev(['eth0', wide - 100n, narrow - 100n])});
  net.probe.start();
  net.write('dev', dev(['eth0', 50, 20]));
  t.like(net.sample(), {'net_bytes eth0 rx': 150, 'net_bytes eth0 tx': 120});
});

test('a CPU that goes offline takes nothing away', (t) => {
  const net = new Net(t, all);
  net.probe.start();
  net.write('softnet_stat', softnet(row('00000005', '00000004', 1)));
  t.is(net.sample().backlog_drops, 2);
  net.write('softnet_stat', softnet(row('00000001', '00000002', 0), row('00000006', '00000004', 1)));
  t.is(net.sample().backlog_drops, 3);
});

test('more devices than are named are summed, and the first keep their names', (t) => {
  const many = (bytes: number): string =>
    dev(...Array.from({length: 200}, (_, i): Device => [`veth${i}`, bytes * (i + 1), 0]));
  const net = new Net(t, {...all, dev: many(0)});
  net.probe.start();
  net.sample();
  net.write('dev', many(1));
  const counters = net.sample();
  const bytes = Object.entries(counters).filter(([name]) => /^net_bytes .* rx$/.test(name));
  t.is(bytes.length, 65);
  t.is(counters['net_bytes veth63 rx'], 64);
  t.is(counters['net_bytes other rx'], (200 * 201) / 2 - (64 * 65) / 2);
});

test('what is missing is said, and the rest is read', (t) => {
  const {snmp: _, snmp6: __, ...rest} = all;
  const net = new Net(t, rest);
  const state = net.probe.start();
  t.is(state.state, 'degraded');
  t.regex(state.reason, /no IPv4 protocols .*snmp/);
  t.notRegex(state.reason, /snmp6/);
  t.is(net.sample()['net_bytes eth0 rx'], 0);
  rmSync(join(net.folder, 'dev'));
  net.probe.stop();
  t.is(net.sample()['net_bytes eth0 rx'], undefined, 'unknown is absent, not 0');
  const none = new Net(t, {});
  t.like(none.probe.start(), {state: 'unavailable'});
  t.deepEqual(none.sample(), {});
});

test('rubbish in a file is no figure', (t) => {
  t.deepEqual([...readDevices(`${HEAD}eth0 1 2 3\n: : :\neth1: a b -1 99999999999999999999999\n`)], []);
  t.deepEqual([...readPairs('Tcp: A B\nUdp: 1 2\nTcp: A\n')], []);
  t.deepEqual([...readPairs('Tcp: A B\nTcp: -1 2\n')], [{owner: 'Tcp', field: 'B', value: 2n}]);
  t.deepEqual([...readSixes('Udp6NoPorts x\n\nicmp6 5\n')], []);
  t.deepEqual([...readBacklog('zz 1 2\n1 2\n\n')], []);
  t.deepEqual([...readDevices(`${HEAD}a:b: 1 2 3 4\n`)].map(({owner}) => owner)[0], 'a:b');
});
