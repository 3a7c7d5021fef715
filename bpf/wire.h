/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every record and layout that crosses from kernel to user space: the only definition.
 * The TypeScript offsets are generated from this header's BTF (native/gen-wire.c).
 * All times are nanoseconds of CLOCK_MONOTONIC unless said; sizes are bytes.
 */
#ifndef KSTOP_WIRE_H
#define KSTOP_WIRE_H

#include "wire/base.h"
#include "wire/events.h"
#include "wire/maps.h"
#include "wire/rows.h"

#endif
