/* SPDX-License-Identifier: 0BSD
   host.c: the whole host part as one translation unit, which the tables of a model complete.
     host.c + tables + entry points   ->   N_open, N_run, N_graph_run, ... */
#include "runtime/cuda/internal.h"
/* first what the others use */
#include "runtime/cuda/choose.c"
#include "runtime/cuda/evaluate.c"
#include "runtime/cuda/graph.c"
#include "runtime/cuda/open.c"
#include "runtime/cuda/run.c"
#ifdef TNC_SELFTEST /* the tables hold its vectors */
#include "runtime/cuda/selftest.c"
#endif
#include "runtime/cuda/status.c"
