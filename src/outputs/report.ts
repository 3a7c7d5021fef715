import type {State} from '../types/state.ts';
import type {Header, ProbeInfo, Summary, Thresholds} from '../types/stream.ts';
import {SUBSYSTEMS} from '../types/stream.ts';
import {filterParts} from '../util/filter-text.ts';
import {bytes, count, duration, percent, percentileText, span} from '../util/format.ts';
import {visible} from '../util/sanitize.ts';
import {distributionTitle, log2Table} from './log2.ts';
import {callTable, processTables} from './report-processes.ts';
import {columns} from './table.ts';

/** `sched 1ms/10ms, block 10ms/100ms`: warning/critical thresholds. */
function thresholdText(thresholds: Thresholds): string {
  const all = thresholds as unknown as Record<string, number | undefined>;
  return SUBSYSTEMS.flatMap((name) => {
    const warn = all[`${name}_warn_us`];
    const crit = all[`${name}_crit_us`];
    return warn === undefined || crit === undefined ? [] : [`${name} ${duration(warn)}/${duration(crit)}`];
  }).join(', ');
}

function filterText({filter}: Header): string[] {
  const parts = filterParts(filter ?? {}).map(([name, value]) => `${name} ${value}`);
  return parts.length > 0 ? [`Only ${parts.join(', ')}: events, distributions and status speak of these alone`] : [];
}

/** State, and method or reason, of each probe. */
export function probeTable(probes: readonly ProbeInfo[]): string[] {
  const rows = probes.map(({id, subsystem, state, method, reason}) => [
    visible(id),
    subsystem,
    state,
    visible([method, reason].filter(Boolean).join(': ') || '-'),
  ]);
  return columns([['PROBE', 'SUBSYSTEM', 'STATE', 'METHOD OR REASON'], ...rows]);
}

/** Lines at the start: host, thresholds, filter, probes. `when` is the local date and time. */
export function opening(header: Header, when: string): string[] {
  const {name, kernel, arch, cpus} = header.host;
  return [
    visible(`kstop ${header.kstop} on ${name} (Linux ${kernel} ${arch}, ${cpus} CPU${cpus === 1 ? '' : 's'}), ${when}`),
    `Thresholds (warning/critical): ${thresholdText(header.thresholds)}`,
    ...filterText(header),
    '',
    ...probeTable(header.probes),
    '',
  ];
}

/** All distributions since the start, merged to powers of two: block by device and operation, the others whole. */
export function distributions(state: State): string[] {
  const order = (name: string) => SUBSYSTEMS.findIndex((each) => name === each || name.startsWith(`${each}_`));
  return state.total
    .filter((each) => each.count > 0)
    .map((each) => ({each, title: distributionTitle(each)}))
    .sort((a, b) => order(a.each.name) - order(b.each.name) || (a.title < b.title ? -1 : 1))
    .flatMap(({each, title}) => {
      const average = duration(each.sum / each.count);
      const max = each.max > 0 ? `, max ${duration(each.max)}` : '';
      return [`${title} latency: ${count(each.count)} counted, average ${average}${max}`, ...log2Table(each), ''];
    });
}

function subsystemTable(summary: Summary): string[] {
  const rows = SUBSYSTEMS.flatMap((name) => {
    const figures = summary.subsystems[name];
    if (!figures) return [];
    const {events, max_us, p99_us, status, worst_status} = figures;
    const worst = max_us === undefined ? '-' : duration(max_us);
    return [[name, count(events), worst, p99_us === undefined ? '-' : percentileText(p99_us), status, worst_status]];
  });
  const head = ['SUBSYSTEM', 'EVENTS', 'WORST', 'P99', 'STATUS', 'WORST STATUS'];
  return columns([head, ...rows], new Set([1, 2, 3]));
}

function lossLines(summary: Summary): string[] {
  const lossy = Object.entries(summary.loss).filter(([, {held, lost, missed}]) => held + lost + missed > 0);
  if (lossy.length === 0) return ['Losses: none'];
  return lossy.map(
    ([probe, {held, lost, missed}]) =>
      `Losses of ${visible(probe)}: ${count(held)} held by the rate limit, ${count(lost)} lost to a full buffer, ${count(missed)} missed by the kernel`,
  );
}

function costLine({ownCost}: State): string[] {
  if (!ownCost) return [];
  const {cpu_pct, rss_bytes, kernel_cpu_pct, map_bytes} = ownCost;
  const parts = [
    cpu_pct === undefined ? '' : `${percent(cpu_pct)} of one CPU`,
    rss_bytes === undefined ? '' : `${bytes(rss_bytes)} of memory`,
    kernel_cpu_pct === undefined ? '' : `probes ${percent(kernel_cpu_pct)} of all CPUs`,
    map_bytes === undefined ? '' : `maps ${bytes(map_bytes)}`,
  ].filter(Boolean);
  return parts.length > 0 ? [`Own overhead: ${parts.join(', ')}`] : [];
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? ['', title, ...lines.map((line) => `  - ${visible(line)}`)] : [];
}

/** MONITORING SUMMARY: overall, a row a subsystem, who had most of the run, losses, own overhead, findings and recommendations. */
export function summaryLines(summary: Summary, state: State): string[] {
  return [
    'MONITORING SUMMARY',
    `Duration: ${span(summary.duration_s)}`,
    `Overall:  ${summary.overall}`,
    '',
    ...subsystemTable(summary),
    '',
    ...processTables(summary),
    ...callTable(state),
    ...lossLines(summary),
    ...costLine(state),
    ...list('Key findings:', summary.findings.length > 0 ? summary.findings : ['nothing stood out']),
    ...list('Recommendations:', summary.recommendations),
  ];
}
