import {type Code, code} from '../../script/code.ts';
import type {Form, Preset, PresetBlock, Writing} from '../preset.ts';
import {deviceName} from '../show/device.ts';
import {errnoName} from '../show/numbers.ts';
import {kindOf, number, print, type Whose} from '../write.ts';

const ISSUE = 'block:block_rq_issue';
const COMPLETE = 'block:block_rq_complete';
const START = 'block:block_io_start';

const opName = (printed: string): string => ['read', 'write', 'other'][Number(printed)] ?? printed;

/** Sets `$op`: flushes, discards and the like are neither read nor write. */
function setOp({arg}: Writing): Code {
  const kind = arg('rwbs');
  return code`$op = 2; if (strncmp(${kind}, "R", 1) == 0) { $op = 0; } if (strncmp(${kind}, "W", 1) == 0) { $op = 1; }`;
}

const latency: Form = {
  needs: [
    {type: 'tracepoint', target: COMPLETE, fields: ['dev', 'sector', 'nr_sector', 'rwbs']},
    {type: 'tracepoint', target: ISSUE, fields: ['dev', 'sector', 'rwbs']},
  ],
  notes: [
    'from the issue to the device until its completion: the wait in the queue before it is not in it',
    'who issued a request may be a worker of the kernel on behalf of others',
  ],
  write(writing) {
    const {arg, parameters, hasField} = writing;
    const key = code`${arg('dev')}, ${arg('sector')}`;
    const slowUs = Math.round((parameters.slow_ms ?? 10) * 1000);
    const error = hasField(COMPLETE, 'error') ? 'error' : 'errors';
    const told = [
      number('device', arg('dev'), deviceName),
      number('op', code`$op`, opName),
      number('sector', arg('sector')),
      number('bytes', code`${arg('nr_sector')} * 512`),
      number('latency_us', code`$us`),
      ...(hasField(COMPLETE, error)
        ? [number('error', arg(error), (printed) => errnoName(printed.replace('-', '')))]
        : []),
    ];
    const kind = kindOf(
      'slow',
      'block_rq_complete',
      told,
      `%s %s at sector %s, %s bytes: %s us${told.length > 5 ? ' (%s)' : ''}`,
    );
    const whose: Whose = {
      pid: code`@pid[${key}]`,
      tid: code`@tid[${key}]`,
      uid: code`@uid[${key}]`,
      comm: code`@comm[${key}]`,
    };
    return {
      blocks: [
        {
          type: 'tracepoint',
          target: ISSUE,
          does: [
            code`@start[${key}] = nsecs;`,
            code`@pid[${key}] = pid; @tid[${key}] = tid; @uid[${key}] = uid; @comm[${key}] = comm;`,
          ],
        },
        {
          type: 'tracepoint',
          target: COMPLETE,
          anyone: true,
          when: code`@start[${key}]`,
          does: [
            code`$us = (uint64)(nsecs - @start[${key}]) / 1000;`,
            setOp(writing),
            code`@us[${arg('dev')}, $op] = hist($us);`,
            code`if ($us >= ${slowUs}) { ${print(writing, kind, told, whose)} }`,
            code`delete(@start[${key}]); delete(@pid[${key}]); delete(@tid[${key}]); delete(@uid[${key}]); delete(@comm[${key}]);`,
          ],
        },
      ],
      events: [kind],
      maps: [
        {
          name: '@us',
          title: 'time of requests',
          kind: 'hist',
          keys: [
            {name: 'device', kind: 'number', show: deviceName},
            {name: 'op', kind: 'number', show: opName},
          ],
          unit: 'us',
        },
      ],
      scratch: ['@start', '@pid', '@tid', '@uid', '@comm'],
    };
  },
};

export const diskLatency: Preset = {
  name: 'disk-latency',
  help: 'how long disks take for their requests, by device; slow requests with who issued them',
  forPid: true,
  slow: true,
  forms: [latency],
  answers: [
    'tracepoint:block:block_rq_complete',
    'tracepoint:block:block_rq_issue',
    'kprobe:blk_mq_end_request',
    'kprobe:blk_mq_start_request',
  ],
};

/** Requests and bytes by who makes them, at a tracepoint that tells both. */
function counted(target: string, notes: readonly string[]): Form {
  return {
    needs: [{type: 'tracepoint', target, fields: ['dev', 'bytes', 'rwbs']}],
    notes,
    write(writing) {
      const {arg} = writing;
      const key = code`${arg('dev')}, $op, pid, comm`;
      const block: PresetBlock = {
        type: 'tracepoint',
        target,
        does: [
          setOp(writing),
          code`@requests[${key}] = count();`,
          code`@bytes[${key}] = sum((uint64)${arg('bytes')});`,
        ],
      };
      const keys = [
        {name: 'device', kind: 'number', show: deviceName},
        {name: 'op', kind: 'number', show: opName},
        {name: 'pid', kind: 'number'},
        {name: 'process_name', kind: 'string'},
      ] as const;
      return {
        blocks: [block],
        maps: [
          {name: '@bytes', title: 'bytes by process', kind: 'sum', keys: [...keys], unit: 'bytes'},
          {name: '@requests', title: 'requests by process', kind: 'count', keys: [...keys], unit: 'requests'},
        ],
      };
    },
  };
}

export const blockIo: Preset = {
  name: 'block-io',
  help: 'requests and bytes that processes read from and write to disks (what the kernel writes back later is its own)',
  forPid: true,
  forms: [
    counted(START, []),
    counted(ISSUE, [
      'counted where a request is issued to the device: some are issued by workers of the kernel on behalf of others',
    ]),
  ],
  answers: [
    'tracepoint:block:block_io_start',
    'tracepoint:block:block_rq_insert',
    'kprobe:blk_account_io_start',
    'kprobe:submit_bio',
  ],
};
