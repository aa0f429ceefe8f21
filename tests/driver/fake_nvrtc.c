/* fake_nvrtc.c: an NVRTC 12.4 that knows no GPU after 9.0, and that refuses every kernel, or gives
   bytes that are no cubin.
     TENON_NVRTC=fake.so                         ->   "too many registers" for each kernel
     TENON_NVRTC=fake.so TENON_FAKE_CODE=bytes   ->   cubins that say "bytes" */
#include <stdlib.h>
#include <string.h>

static const int known[] = {75, 80, 86, 89, 90};
static const char log_text[] = "too many registers";
static int program;

static const char *code(void) { return getenv("TENON_FAKE_CODE"); }

int nvrtcVersion(int *major, int *minor) {
  *major = 12;
  *minor = 4;
  return 0;
}
const char *nvrtcGetErrorString(int result) {
  return result == 6 ? "NVRTC_ERROR_COMPILATION" : "NVRTC_SUCCESS";
}
int nvrtcGetNumSupportedArchs(int *count) {
  *count = sizeof known / sizeof *known;
  return 0;
}
int nvrtcGetSupportedArchs(int *list) {
  memcpy(list, known, sizeof known);
  return 0;
}
int nvrtcCreateProgram(void **made) {
  *made = &program;
  return 0;
}
int nvrtcDestroyProgram(void **made) {
  *made = NULL;
  return 0;
}
int nvrtcCompileProgram(void) { return code() == NULL ? 6 : 0; }
int nvrtcGetProgramLogSize(void *made, size_t *bytes) {
  (void)made;
  *bytes = sizeof log_text;
  return 0;
}
int nvrtcGetProgramLog(void *made, char *to) {
  (void)made;
  memcpy(to, log_text, sizeof log_text);
  return 0;
}
int nvrtcGetCUBINSize(void *made, size_t *bytes) {
  (void)made;
  *bytes = strlen(code());
  return 0;
}
int nvrtcGetCUBIN(void *made, char *to) {
  (void)made;
  memcpy(to, code(), strlen(code()));
  return 0;
}
int nvrtcGetPTXSize(void *made, size_t *bytes) { return nvrtcGetCUBINSize(made, bytes); }
int nvrtcGetPTX(void *made, char *to) { return nvrtcGetCUBIN(made, to); }
