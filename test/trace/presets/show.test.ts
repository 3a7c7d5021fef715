import test from 'ava';
import {address, networkPort} from '../../../src/trace/presets/show/address.ts';
import {deviceName} from '../../../src/trace/presets/show/device.ts';
import {dnsName} from '../../../src/trace/presets/show/dns-name.ts';
import {errnoName, resultName, signalCause, signalName, tcpState} from '../../../src/trace/presets/show/numbers.ts';
import {openFlags} from '../../../src/trace/presets/show/open-flags.ts';
import {tailOfPath} from '../../../src/trace/presets/show/path.ts';

test('numbers get their names, unknown ones stay numbers', (t) => {
  t.deepEqual(['0', '111', '11', '9999'].map(errnoName), ['ok', 'ECONNREFUSED', 'EAGAIN', 'errno 9999']);
  t.deepEqual(['3', '-2', '-5000'].map(resultName), ['3', 'ENOENT', '-5000']);
  t.deepEqual(['9', '15', '63'].map(signalName), ['SIGKILL', 'SIGTERM', 'signal 63']);
  t.deepEqual(['0', '128', '-6', '1', '-99'].map(signalCause), ['kill', 'kernel', 'tkill', 'kernel', '-99']);
  t.deepEqual(['1', '2', '99'].map(tcpState), ['ESTABLISHED', 'SYN_SENT', '99']);
  t.is(deviceName(String(4095 * 2 ** 20 + 7)), '4095:7');
});

test('flags of open are named, without what is of no interest', (t) => {
  t.deepEqual(['0', '577', '1089', '524288'].map(openFlags), [
    'RDONLY',
    'WRONLY|CREAT|TRUNC',
    'WRONLY|CREAT|APPEND',
    'RDONLY',
  ]);
});

test('an address of IPv4 in an IPv6 socket is written as one', (t) => {
  t.deepEqual(['::ffff:10.0.0.1', '10.0.0.1', '::1', '::ffff:1'].map(address), [
    '10.0.0.1',
    '10.0.0.1',
    '::1',
    '::ffff:1',
  ]);
});

test('a port is turned round', (t) => {
  t.deepEqual(['20480', '13568', '256', '65535'].map(networkPort), ['80', '53', '1', '65535']);
});

test('a path begins with / if it is whole', (t) => {
  t.deepEqual(['//tmp/a/b', '//////null', 'c/d/e/file'].map(tailOfPath), ['/tmp/a/b', '/null', '…/c/d/e/file']);
});

test('the name of a DNS query is read, a cut one marked, anything else not told', (t) => {
  t.is(dnsName('\x03www\x07example\x03org'), 'www.example.org');
  t.is(dnsName('\x05_http\x04_tcp\x02de'), '_http._tcp.de');
  t.is(dnsName('\x03www\x07exam'), 'www.exam…');
  for (const other of [
    'SECRET',
    'GET / HTTP/1.1',
    '\x03w"w',
    '\x05ab\x01cd',
    '\xc0\x0c',
    '\x40aaa',
    '\x03\x1b[m',
    '\x02ä.',
  ]) {
    t.is(dnsName(other), '', JSON.stringify(other));
  }
});

test('whatever it is given, a DNS name holds nothing but names', (t) => {
  for (let i = 0; i < 5000; i++) {
    const bytes = Array.from({length: Math.floor(Math.random() * 30)}, () => Math.floor(Math.random() * 256));
    t.regex(dnsName(String.fromCharCode(...bytes)), /^[A-Za-z0-9_.…-]*$/);
  }
});
