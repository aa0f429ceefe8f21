/* Reports each access of checked kernels to the emulator. clang's -fsanitize=thread puts a call of
   __tsan_read4(address) before each load of 4 bytes, and so on; here are these functions, in place
   of ThreadSanitizer's own.
     y[i] = x[i]   ->   __tsan_read4(x + i); __tsan_write4(y + i); ...   ->   tn_state.access(...)
   Included by tn_emulated.h. */
#ifndef TENON_EMULATED_HOOKS_H
#define TENON_EMULATED_HOOKS_H

#define TN_HOOK \
  extern "C" __attribute__((disable_sanitizer_instrumentation, visibility("hidden"), used))

/* The compiler makes one access of several side by side, which the machine does not: they are
   reported as aligned ones. */
static TN_UNCHECKED void tn_access_parts(const char* at, unsigned bytes, int writes) {
  unsigned step = bytes;
  while ((unsigned long)at % step != 0) step /= 2;
  for (unsigned i = 0; i < bytes; i += step) tn_state.access(at + i, step, writes, 0);
}

#define TN_HOOKS_OF(bytes)                                                         \
  TN_HOOK void __tsan_read##bytes(void* at) { tn_state.access(at, bytes, 0, 0); }  \
  TN_HOOK void __tsan_write##bytes(void* at) { tn_state.access(at, bytes, 1, 0); } \
  TN_HOOK void __tsan_unaligned_read##bytes(void* at) {                            \
    tn_access_parts((const char*)at, bytes, 0);                                    \
  }                                                                                \
  TN_HOOK void __tsan_unaligned_write##bytes(void* at) {                           \
    tn_access_parts((const char*)at, bytes, 1);                                    \
  }
TN_HOOKS_OF(1)
TN_HOOKS_OF(2)
TN_HOOKS_OF(4)
TN_HOOKS_OF(8)
TN_HOOKS_OF(16)
#undef TN_HOOKS_OF

TN_HOOK void* __tsan_memcpy(void* to, const void* from, size_t bytes) {
  tn_state.access(from, bytes, 0, 0);
  tn_state.access(to, bytes, 1, 0);
  return memcpy(to, from, bytes);
}
TN_HOOK void* __tsan_memmove(void* to, const void* from, size_t bytes) {
  tn_state.access(from, bytes, 0, 0);
  tn_state.access(to, bytes, 1, 0);
  return memmove(to, from, bytes);
}
TN_HOOK void* __tsan_memset(void* to, int value, size_t bytes) {
  tn_state.access(to, bytes, 1, 0);
  return memset(to, value, bytes);
}
TN_HOOK void __tsan_init(void) {}

#endif
