import {readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {median} from './stats.mjs';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const [BEGIN, END] = ['<!-- results: begin -->', '<!-- results: end -->'];

/** Progress, on stderr. */
export function say(text) {
  process.stderr.write(`kstop: bench: ${text}\n`);
}

/**
 * One line of the table. `values`: one a round. `most`, `least`: the limit that the median must keep; neither means that
 * the figure is only reported. `digits`: decimals shown.
 */
export function figure(what, values, {unit = '', digits = 1, most, least} = {}) {
  const middle = median(values);
  const met = most === undefined && least === undefined ? undefined : !(middle > most) && !(middle < least);
  return {what, values, unit, digits, most, least, met};
}

/** A line for what must hold in every round: `wrong` has a sentence for each round in which it didn't. */
export function truth(what, rounds, wrong) {
  return {what, rounds, wrong, met: wrong.length === 0};
}

/** A line for what this machine lacks. */
export function absent(what, why) {
  return {what, absent: why};
}

function show(value, {digits, unit}) {
  return `${value.toFixed(digits)}${unit && ` ${unit}`}`;
}

function result(row) {
  if (row.problem) return row.problem;
  if (row.absent) return row.absent;
  if (row.wrong) return row.met ? `in all ${row.rounds} runs` : row.wrong.join('; ');
  const {values} = row;
  const spread = `${Math.min(...values).toFixed(row.digits)} – ${Math.max(...values).toFixed(row.digits)}`;
  return `**${show(median(values), row)}**${values.length > 1 ? ` (${spread}, n=${values.length})` : ''}`;
}

function limit(row) {
  if (row.wrong) return 'always';
  if (row.most !== undefined) return `≤ ${row.most}${row.unit && ` ${row.unit}`}`;
  if (row.least !== undefined) return `≥ ${row.least}${row.unit && ` ${row.unit}`}`;
  return '';
}

function verdict(row) {
  if (row.problem) return 'FAILED';
  if (row.met === undefined) return '';
  return row.met ? 'met' : '**missed**';
}

/** The Markdown table. */
export function table(rows) {
  const cells = rows.map((row) => [row.part, row.what, result(row), limit(row), verdict(row)]);
  const lines = [
    ['part', 'figure', 'median (min – max)', 'limit', 'verdict'],
    ['---', '---', '---', '---', '---'],
    ...cells,
  ];
  return lines
    .map((line) => `| ${line.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`)
    .join('\n');
}

/** Puts machine and table between the marks of bench/README.md. */
export function writeReadme(machine, text) {
  const old = readFileSync(README, 'utf8');
  const [begin, end] = [old.indexOf(BEGIN), old.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${README} has no place for results`);
  writeFileSync(README, `${old.slice(0, begin + BEGIN.length)}\n\n${machine}\n\n${text}\n\n${old.slice(end)}`);
}
