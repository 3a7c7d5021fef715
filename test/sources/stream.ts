import {gzipSync} from 'node:zlib';
import {Model} from '../../src/model/model.ts';
import {frameObjects, jsonLine} from '../../src/outputs/json.ts';
import type {Recording} from '../../src/sources/recording.ts';
import {openRecording} from '../../src/sources/recording.ts';
import type {Frame} from '../../src/types/frame.ts';
import {
  frame,
  header,
  histogram,
  oom,
  request,
  retransmit,
  sampleFrame,
  stamp,
  traced,
  wait,
} from '../util/synthetic.ts';

/** A small synthetic run as frames: header, events of each type, a probe change, `seconds` samples. */
export function runFrames(seconds = 5): Frame[] {
  const frames = [frame({header: header()})];
  for (let second = 1; second <= seconds; second++) {
    const at = second * 1000;
    const events = [
      wait(at - 900, 2000 + second, {comm: 'größe\x1b'}),
      request(at - 500, 20_000),
      retransmit(at - 400),
    ];
    if (second === 2) events.push(oom(at - 300) as never);
    frames.push(frame({events}));
    const histograms = [histogram('sched', {}, [5, 10, 2000 + second], [[5], [10, 2000 + second]])];
    frames.push(sampleFrame(at, {histograms, counters: [{name: 'hits', labels: {probe: 'sched'}, value: second}]}));
  }
  frames.push(frame({traces: [traced(seconds * 1000)]}));
  frames.push(frame({probes: [{kind: 'probe', ...stamp(seconds * 1000 + 1), id: 'block', state: 'off'}]}));
  return frames;
}

/** The same as the text of a recording, with its summary. */
export function runText(seconds = 5): string {
  const model = new Model();
  let text = '';
  for (const each of runFrames(seconds)) {
    model.apply(each);
    text += [...frameObjects(each)].map(jsonLine).join('');
  }
  return text + jsonLine(model.finish(stamp(seconds * 1000 + 10)));
}

export const runGzip = (seconds?: number): Buffer => gzipSync(runText(seconds));

/** Bytes as a stream of chunks of `size`. */
export async function* chunks(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export function openBytes(bytes: Uint8Array | string, size?: number): Promise<Recording> {
  return openRecording({file: '-', pace: 'fast', stdin: chunks(Buffer.from(bytes), size)});
}

export async function framesOf(recording: Recording): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const each of recording.frames()) frames.push(each);
  return frames;
}
