import {unlink} from 'node:fs/promises';
import {join} from 'node:path';
import type {State} from '../types/state.ts';
import type {ErrorObject, Header, KernelEvent, Sample, StreamObject, Summary, TraceEnded} from '../types/stream.ts';
import {LocalClock, monoMs} from '../util/stamp.ts';
import {fileStem, withFreeName} from './file-name.ts';
import {jsonLine} from './json.ts';
import {startOf} from './record.ts';
import {distributions, opening, summaryLines} from './report.ts';
import {writeWhole} from './whole-file.ts';

/** Objects turned to text in one go. */
const PIECE = 100;

/** What is shown at one moment. */
export interface Snapshot {
  state: State;
  summary: Summary;
}

/** The two files of a snapshot. */
export interface SnapshotFiles {
  /** A recording of what was kept: header, last samples, buffered events, errors and traces, summary. */
  json: string;
  /** The summary report. */
  text: string;
}

/**
 * Writes a snapshot into a folder: both files, or none. Takes what it needs of the state at once, so frames may go on
 * changing it meanwhile. Undefined when there is nothing yet.
 * @throws {OutputError} when a file can't be written.
 */
export async function exportSnapshot(folder: string, {state, summary}: Snapshot): Promise<SnapshotFiles | undefined> {
  const header = headerNow(state);
  if (!header || state.now === undefined) return undefined;
  const text = reportOf(header, {state, summary});
  const objects = objectsOf(header, {state, summary});
  return await withFreeName(fileStem(header.host.name, state.now), async (stem) => {
    const files = {json: join(folder, `${stem}.json`), text: join(folder, `${stem}.txt`)};
    await writeWhole(files.json, piecesOf(objects));
    try {
      await writeWhole(files.text, [text]);
    } catch (error) {
      await unlink(files.json).catch(() => {});
      throw error;
    }
    return files;
  });
}

/** The header with probes and thresholds as they are now. */
export function headerNow({header, probes, thresholds}: State): Header | undefined {
  return header && {...header, thresholds: {...(thresholds ?? header.thresholds)}, probes: structuredClone(probes)};
}

/** In the stream's order: what a sample's interval brought before the sample. */
function objectsOf(header: Header, {state, summary}: Snapshot): StreamObject[] {
  const traces = (state.traces ?? []).map((trace): TraceEnded => ({...trace, kind: 'trace'}));
  const told = merged(merged([...state.errors], [...state.events]), traces);
  const all = merged(told, [...state.samples]);
  const [first] = all;
  if (!first || fromTheStart(state)) return [header, ...all, summary];
  // Where the run's first part is gone from the buffers, it begins with what there is, and with what was counted before.
  const start = {time: first.time, mono_ns: first.mono_ns};
  const counted = state.samples.slice(0, 1).map((oldest) => ({...countsOf(oldest), ...start}));
  return [{...header, ...start}, ...counted, ...all, summary];
}

/** What a sample counts, and nothing of how things were: the beginning may be long before it. */
function countsOf(sample: Sample): Sample {
  const {predictions: _p, leaks: _l, in_flight: _i, pressure: _s, ...counts} = startOf(sample);
  return counts;
}

/** Is the oldest sample that is kept the run's first? */
function fromTheStart({header, samples: [oldest]}: State): boolean {
  return !header || !oldest || monoMs(oldest) - monoMs(header) < 2 * oldest.interval_ms;
}

type Told = ErrorObject | KernelEvent | Sample | TraceEnded;

/** Two lists in one, by time; each keeps its own order, and of the same moment the first list's come first. */
function merged(some: readonly Told[], others: readonly Told[]): Told[] {
  const all: Told[] = [];
  let at = 0;
  for (const other of others) {
    const ms = monoMs(other);
    for (; at < some.length && monoMs(some[at] as Told) <= ms; at++) all.push(some[at] as Told);
    all.push(other);
  }
  return [...all, ...some.slice(at)];
}

function* piecesOf(objects: readonly StreamObject[]): Generator<string> {
  for (let at = 0; at < objects.length; at += PIECE)
    yield objects
      .slice(at, at + PIECE)
      .map(jsonLine)
      .join('');
}

function reportOf(header: Header, {state, summary}: Snapshot): string {
  const {date, clock} = new LocalClock().at(summary.time);
  const lines = [
    ...opening(header, `${date} ${clock.slice(0, 8)}`),
    ...distributions(state),
    ...summaryLines(summary, state),
  ];
  return `${lines.join('\n')}\n`;
}
