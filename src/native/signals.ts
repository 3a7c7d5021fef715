/** Signals by number from 1 on, the same on x86 and arm64 (include/uapi/asm-generic/signal.h). */
const NAMES =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  );

/** The first real-time signal as programs count them: the C library keeps the kernel's 32 and 33 for itself. */
const RTMIN = 34;

/** `SIGSEGV`, `SIGRTMIN+3`; `SIG32` for those that have no name. */
export function signalName(signal: number): string {
  const name = NAMES[signal - 1];
  if (name !== undefined) return `SIG${name}`;
  if (signal < RTMIN || signal > 64) return `SIG${signal}`;
  return signal === RTMIN ? 'SIGRTMIN' : `SIGRTMIN+${signal - RTMIN}`;
}
