import {readFileSync} from 'node:fs';

/** /proc/uptime tells hundredths of a second: less than this between boot and monotonic clock is no suspend. Nanoseconds. */
const NO_SUSPEND_NS = 50_000_000n;

const MS = 1_000_000n;

/** Wall clock less monotonic clock, at the moment when the wall clock's millisecond changes. Waits for up to 1 ms. */
function monotonicToUnix(): bigint {
  const start = Date.now();
  const give = process.hrtime.bigint() + 2n * MS;
  for (;;) {
    const now = Date.now();
    const mono = process.hrtime.bigint();
    if (now !== start || mono > give) return BigInt(now) * MS - mono;
  }
}

/** How long the machine was suspended since it booted, nanoseconds; to 10 ms, and 0 where it never was. */
function suspended(): bigint {
  try {
    const [, seconds, hundredths] = /^(\d+)\.(\d\d)/.exec(readFileSync('/proc/uptime', 'latin1')) ?? [];
    if (seconds === undefined) return 0n;
    const boot = BigInt(seconds) * 1000n * MS + BigInt(hundredths!) * 10n * MS;
    const slept = boot - process.hrtime.bigint();
    return slept < NO_SUSPEND_NS ? 0n : slept;
  } catch {
    return 0n;
  }
}

/**
 * What makes bpftrace's `nsecs` (the boot clock, which goes on while the machine is suspended) nanoseconds since 1970. Node has no
 * boot clock: it is the monotonic one and the time that the machine was suspended for. Exact to about a microsecond, or to 10 ms
 * on a machine that was suspended.
 */
export function bootToUnix(): bigint {
  return monotonicToUnix() - suspended();
}
