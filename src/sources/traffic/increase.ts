/** Where a counter may wrap, in bits: old drivers' and the softnet table's are narrow. */
const WIDTHS = [32n, 64n];
/** No counter grows by more between two samples: one that seems to was set back below 0 by its driver. */
const LEAP = 1n << 56n;

/**
 * What a counter of the kernel's grew by between two looks. It may have wrapped or begun anew; the result is never
 * negative and never a leap towards 2^64.
 */
export function increase(before: bigint, now: bigint): bigint {
  if (now >= before) return now - before < LEAP ? now - before : 0n;
  for (const bits of WIDTHS) {
    const eighth = 1n << (bits - 3n);
    // Wrapped: it was in the last eighth and is in the first one.
    const wrapped = before >> bits === 0n && before >= 7n * eighth && now < eighth;
    const grown = (1n << bits) - before + now;
    if (wrapped && grown < LEAP) return grown;
  }
  // It begins anew; but a driver's -1 that has been put right is no beginning.
  return before < LEAP ? now : 0n;
}
