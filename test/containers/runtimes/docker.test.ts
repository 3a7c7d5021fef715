import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {askDocker, readDocker} from '../../../src/containers/runtimes/docker.ts';
import {Malformed} from '../../../src/containers/runtimes/protobuf.ts';
import {LIMITS, NoList} from '../../../src/containers/runtimes/types.ts';
import {serveDocker, serveRaw} from '../stand-in.ts';

const A = 'a1'.repeat(32);
const never = new AbortController().signal;
const read = (value: unknown) => readDocker(Buffer.from(JSON.stringify(value)), 'docker', 100);
const answering = (text: string) => (socket: {end(text: string): void}) => socket.end(text);

test('over HTTP from a stand-in: name, image and labels', async (t) => {
  const list = [
    {Id: A, Names: ['/web'], Image: 'nginx:1', Labels: {a: 'b'}, State: 'running'},
    {
      Id: 'b'.repeat(64),
      Names: ['/k8s_app_web-0_shop_uid-1_0'],
      Image: 'app:2',
      Labels: {
        'io.kubernetes.container.name': 'app',
        'io.kubernetes.pod.name': 'web-0',
        'io.kubernetes.pod.namespace': 'shop',
        'io.kubernetes.pod.uid': 'uid-1',
      },
    },
  ];
  const path = await serveDocker(t, (url) => (url === '/containers/json' ? JSON.stringify(list) : '?'));
  t.deepEqual(readDocker(await askDocker(path, LIMITS, never), 'docker', 100), [
    {id: A, name: 'web', image: 'nginx:1', runtime: 'docker'},
    {
      id: 'b'.repeat(64),
      name: 'app',
      image: 'app:2',
      pod: 'web-0',
      namespace: 'shop',
      pod_uid: 'uid-1',
      runtime: 'docker',
    },
  ]);
});

test('values of a wrong type are unknown, entries of a wrong type are none', (t) => {
  t.deepEqual(read([{Id: A, Names: 'web', Image: 7, Labels: []}]), [{id: A, runtime: 'docker'}]);
  t.deepEqual(read([{Id: A, Names: [null], Labels: {'io.kubernetes.pod.name': {}}}]), [{id: A, runtime: 'docker'}]);
  t.deepEqual(read([null, 7, 'x', [], {}, {Id: 7}, {Id: '../x'}]), []);
  t.deepEqual(read([{Id: A, Names: ['/\u001b[2J']}]), [{id: A, name: '\\x1b[2J', runtime: 'docker'}]);
  for (const value of [{}, null, 'text', 7]) t.throws(() => read(value), {instanceOf: Malformed});
  t.throws(() => readDocker(Buffer.from('[{"Id":'), 'docker', 9), {instanceOf: Malformed});
  t.throws(() => read(Array(101).fill({})), {instanceOf: NoList});
  fc.assert(fc.property(fc.jsonValue(), (value) => t.true(Array.isArray(read([value])))));
});

const ANSWERS: [name: string, answer: string, expected: RegExp][] = [
  ['a redirect', 'HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1/\r\n\r\n', /^it answered with status 301$/],
  ['not found', 'HTTP/1.0 404 Not Found\r\nContent-Length: 2\r\n\r\n{}', /^it answered with status 404$/],
  ['another protocol', 'SSH-2.0-OpenSSH\r\n\r\n', /does not speak HTTP/],
  ['a head without end', `HTTP/1.0 200 OK\r\n${'X: y\r\n'.repeat(5000)}`, /does not speak HTTP/],
  ['a length that is none', 'HTTP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n[]', /does not speak HTTP/],
  ['a longer length than the body', 'HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\n[]', /hung up/],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n', /not asked for/],
  ['nothing', '', /hung up/],
];

for (const [name, answer, message] of ANSWERS) {
  test(`a stand-in that answers with ${name} gives no list`, async (t) => {
    const path = await serveRaw(t, answering(answer));
    await t.throwsAsync(askDocker(path, LIMITS, never), {instanceOf: NoList, message});
  });
}

test('a body that ends with the connection, and one whose length is given, are whole', async (t) => {
  for (const head of ['', 'content-length: 2\r\n']) {
    const path = await serveRaw(t, answering(`HTTP/1.1 200 OK\r\n${head}\r\n[]`));
    t.is((await askDocker(path, LIMITS, never)).toString(), '[]');
  }
});
