/* A bundle inside a shared library: it links without text relocations, and only what the library
   itself exports is visible. run.py builds it with -DLIBRARY as libshared_NAME.so, without as the
   program that opens it.
     shared LIBRARY CASE */
#ifdef LIBRARY
#include "bundle_test.h"

__attribute__((visibility("default"))) int exported_run(const char* path);

int exported_run(const char* path) {
  const BUNDLE(model) model = open_model();
  Case c = load_case(path);
  run_case(&model, &c, NULL);
  return 0;
}
#else
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char** argv) {
  void* library = argc == 3 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  int (*exported_run)(const char*);
  if (!library) {
    fprintf(stderr, "%s\n", argc == 3 ? dlerror() : "shared LIBRARY CASE");
    return 1;
  }
  *(void**)&exported_run = dlsym(library, "exported_run");
  return exported_run ? exported_run(argv[2]) : 1;
}
#endif
