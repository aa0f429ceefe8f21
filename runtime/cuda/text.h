/* SPDX-License-Identifier: 0BSD
   text.h: sentences put together in a buffer of fixed size, cut off at its end.
     tnc_begin(&text, buffer, 64); tnc_add(&text, "driver for CUDA "); tnc_add_number(&text, 12)
     ->   "driver for CUDA 12" */
#ifndef TENON_RUNTIME_CUDA_TEXT_H
#define TENON_RUNTIME_CUDA_TEXT_H
#include <stddef.h>

typedef struct tnc_text {
  char *first, *at, *last; /* the text; where the next character goes; the final 0 at the latest */
} tnc_text;

static inline void tnc_begin(tnc_text *text, char *buffer, size_t bytes) {
  text->first = text->at = buffer;
  text->last = buffer + bytes - 1;
  *buffer = 0;
}

static inline void tnc_add(tnc_text *text, const char *words) {
  while (*words != 0 && text->at < text->last) *text->at++ = *words++;
  *text->at = 0;
}

static inline void tnc_add_number(tnc_text *text, unsigned number) {
  char digits[11];
  int i = 10;
  digits[10] = 0;
  do {
    digits[--i] = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  tnc_add(text, digits + i);
}

/* 12040 -> "12.4" */
static inline void tnc_add_version(tnc_text *text, unsigned version) {
  tnc_add_number(text, version / 1000);
  tnc_add(text, ".");
  tnc_add_number(text, version % 1000 / 10);
}
#endif
