import {Buffer} from 'node:buffer';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {askCri, readCri} from '../../../src/containers/runtimes/cri.ts';
import {encodeFields, findFields} from '../../../src/containers/runtimes/hpack.ts';
import {Malformed} from '../../../src/containers/runtimes/protobuf.ts';
import {LIMITS, NoList} from '../../../src/containers/runtimes/types.ts';
import {field, label, message, type Reply, serveCri} from '../stand-in.ts';

const A = 'a1'.repeat(32);
const B = 'b2'.repeat(32);
const POD = 'c3'.repeat(32);
const DIGEST = `sha256:${'d4'.repeat(32)}`;
const never = new AbortController().signal;

const labels = [
  field(8, label('io.kubernetes.pod.name', 'web-0')),
  field(8, label('io.kubernetes.pod.namespace', 'shop')),
  field(8, label('io.kubernetes.pod.uid', 'uid-1')),
  field(8, label('app', 'web')),
];
const image = (...fields: Buffer[]) => field(4, message(...fields));
const named = (id: string, name: string, attempt: number, ...more: Buffer[]) =>
  field(
    1,
    message(field(1, id), field(2, POD), field(3, message(field(1, name), field(2, attempt))), field(7, 4711), ...more),
  );
const sandbox = field(
  1,
  message(field(1, POD), field(2, message(field(1, 'web-0'), field(2, 'uid-1'), field(3, 'shop'), field(4, 2)))),
);

/** A stand-in that answers the calls by name. */
const runtime = (t: ExecutionContext, answers: Record<string, Reply>): Promise<string> =>
  serveCri(t, (method) => answers[method.split('/').at(-1)!] ?? {status: 12, message: `unknown method ${method}`});

async function ask(path: string) {
  return readCri(await askCri(path, LIMITS, never), 'containerd', LIMITS.maxContainers);
}

test('over HTTP/2 from a stand-in: names, image, pod and restarts of each container, and the sandbox itself', async (t) => {
  const path = await runtime(t, {
    ListContainers: message(
      named(A, 'nginx', 3, image(field(1, 'docker.io/library/nginx:1')), ...labels),
      named(B, 'sidecar', 0, image(field(1, DIGEST), field(18, 'proxy:2'))),
    ),
    ListPodSandbox: sandbox,
  });
  const pod = {pod: 'web-0', namespace: 'shop', pod_uid: 'uid-1', runtime: 'containerd'};
  t.deepEqual(await ask(path), [
    {id: A, name: 'nginx', attempt: 3, image: 'docker.io/library/nginx:1', ...pod},
    // Without labels: by its sandbox.
    {id: B, name: 'sidecar', attempt: 0, image: 'proxy:2', ...pod},
    {id: POD, ...pod},
  ]);
});

test("from a stand-in: an image that is named by its digest gets the runtime's own name for it", async (t) => {
  const path = await runtime(t, {
    ListContainers: named(A, 'nginx', 1, image(field(1, DIGEST))),
    ListPodSandbox: Buffer.alloc(0),
    ListImages: field(1, message(field(1, DIGEST), field(2, 'nginx:1.25'), field(2, 'nginx:latest'))),
  });
  // No sandbox at all is an answer too.
  t.deepEqual(await ask(path), [{id: A, name: 'nginx', attempt: 1, image: 'nginx:1.25', runtime: 'containerd'}]);
});

test('from a stand-in: a list of megabytes comes in one piece', async (t) => {
  const ids = Array.from({length: 5000}, (_, i) => i.toString(16).padStart(64, '0'));
  const note = field(9, label('note', 'x'.repeat(700)));
  const path = await runtime(t, {
    ListContainers: message(...ids.map((id) => named(id, `c-${id.slice(-4)}`, 0, note))),
    ListPodSandbox: Buffer.alloc(0),
  });
  const list = await ask(path);
  t.deepEqual(
    list.map(({id}) => id),
    ids,
  );
  t.is(list[4095].name, 'c-0fff');
});

test('a runtime without this interface is no trouble; one that refuses says why', async (t) => {
  const without = await runtime(t, {});
  t.like(await t.throwsAsync(ask(without), {instanceOf: NoList}), {quiet: true});
  const refusing = await runtime(t, {ListContainers: {status: 14, message: 'server is not initialized yet'}});
  const error = await t.throwsAsync(ask(refusing), {instanceOf: NoList, message: /gRPC status 14: server is not init/});
  t.like(error, {quiet: false});
});

test('lists of more than there may be, and what is no list, are refused', (t) => {
  const empty = Buffer.alloc(0);
  const two = message(named(A, 'a', 0), named(B, 'b', 0));
  t.is(readCri({containers: two, sandboxes: empty}, 'x', 2).length, 2);
  t.throws(() => readCri({containers: two, sandboxes: empty}, 'x', 1), {instanceOf: NoList});
  t.throws(() => readCri({containers: Buffer.from([0x0a, 9]), sandboxes: empty}, 'x', 9), {instanceOf: Malformed});
});

test('text of any length and kind comes out short and clean; what is no id is no container', (t) => {
  const read = (...fields: Buffer[]) =>
    readCri({containers: field(1, message(...fields)), sandboxes: Buffer.alloc(0)}, 'x', 9);
  t.deepEqual(read(field(1, '../../etc')), []);
  t.deepEqual(read(field(1, 7)), []);
  t.deepEqual(read(field(3, message(field(1, 'nameless')))), []);
  const [one] = read(field(1, A), field(3, message(field(1, `\u001b[2J${'n'.repeat(5000)}`), field(2, 'text'))));
  t.is(one.name?.length, 256);
  t.true(one.name?.startsWith('\\x1b[2Jnnn'));
  t.is(one.attempt, undefined);
  // An empty text is as good as none.
  t.deepEqual(read(field(1, A), field(4, message(field(1, '')))), [{id: A, runtime: 'x'}]);
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 200}), (bytes) => {
      const noise = Buffer.from(bytes);
      try {
        readCri({containers: field(1, noise), sandboxes: field(1, noise), images: field(1, noise)}, 'x', 9);
      } catch (error) {
        t.true(error instanceof Malformed);
      }
    }),
  );
});

test('header fields: what is written is read, and no bytes do harm', (t) => {
  const fields = [
    ['grpc-status', '5'],
    ['grpc-message', 'x'.repeat(300)],
  ] as const;
  t.deepEqual(findFields(encodeFields(fields), ['grpc-status', 'grpc-message']), new Map(fields));
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 100}), (bytes) => {
      const found = findFields(Buffer.from(bytes), ['grpc-status', '']);
      t.true(found === undefined || found.size <= 2);
    }),
    {numRuns: 2000},
  );
});

test("header fields: the standard's own example of its Huffman code is read (RFC 7541, C.4.1)", (t) => {
  // :authority is a name by index, and its value www.example.com is coded; then a name of one's own.
  const coded = Buffer.from('f1e3c2e5f23a6ba0ab90f4ff', 'hex');
  const block = Buffer.concat([Buffer.from([0x00, 1, 0x61, 0x80 | coded.length]), coded]);
  t.is(findFields(block, ['a'])?.get('a'), 'www.example.com');
});
