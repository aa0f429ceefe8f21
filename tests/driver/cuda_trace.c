/* cuda_trace.c: every call that the host part of the model `mlp` makes of the driver, to stdout, on
   whatever processor it runs: the driver is a table of functions in this file, and its memory an
   array whose addresses print as offsets. Kernels are not run.
     cuda_trace mlp_fc1=4   ->   "launch mlp_fc1 grid 3 1 1 block 256 1 1 shared 0: m+400 ..." */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mlp.h"

static TN_ALIGN(256) unsigned char memory[1 << 20]; /* of the device, and pinned */
static size_t used;
static char** words; /* of the command line */
/* of a file that it names: "weights=FILE" */
static TN_ALIGN(64) unsigned char weights[1 << 16];
static size_t weights_bytes;
static char functions[64][64]; /* a function's handle points to its name */
static int function_count;
static struct CUctx_st* const context = (struct CUctx_st*)memory;

static void address(const void* pointer) {
  const uintptr_t begin = (uintptr_t)memory, at = (uintptr_t)pointer;
  if (at >= begin && at < begin + sizeof memory)
    printf(" m+%zx", (size_t)(at - begin));
  else
    printf(" %" PRIxPTR, at);
}
static uint32_t sum_of(const void* bytes, size_t count) {
  uint32_t sum = 1;
  for (size_t i = 0; i < count; ++i) sum = 31 * sum + ((const unsigned char*)bytes)[i];
  return sum;
}
static void* take(size_t bytes) {
  void* const pointer = memory + used;
  used += (bytes + 255) / 256 * 256;
  return used <= sizeof memory ? pointer : NULL;
}

/* As in driver.h of runtime/cuda. */
typedef struct kernel_node {
  const char* function;
  unsigned grid[3], block[3], shared_bytes;
  void **parameters, **extra;
} kernel_node;
typedef struct memset_node {
  uint64_t to;
  size_t pitch;
  unsigned value, element_bytes;
  size_t width, height;
} memset_node;

static int fake_init(unsigned flags) { return (int)flags; }
static int fake_version(int* version) { return *version = 13000, 0; }
static int fake_current(struct CUctx_st** current) { return *current = context, 0; }
static int fake_push(struct CUctx_st* pushed) { return pushed != context; }
static int fake_pop(struct CUctx_st** popped) { return *popped = context, 0; }
static int fake_device(int* device) { return *device = 0, 0; }
static int fake_name(char* name, int bytes, int device) {
  return snprintf(name, (size_t)bytes, "Traced GPU %d", device), 0;
}
static int fake_attribute(int* value, int attribute, int device) {
  *value = attribute == 75 ? 8 : attribute == 76 ? 6 : -1; /* compute capability 8.6 */
  return device;
}
static int fake_load(void** module, const void* image) {
  printf("load %.4s\n", (const char*)image + 1);
  *module = memory;
  return 0;
}
static int fake_unload(void* module) { return module != (void*)memory; }
static int fake_function(void** function, void* module, const char* name) {
  *function = strcpy(functions[function_count++], name);
  return module != (void*)memory;
}
static int fake_allocate(uint64_t* pointer, size_t bytes) {
  printf("allocate %zu\n", bytes);
  *pointer = (uintptr_t)take(bytes);
  return *pointer == 0;
}
static int fake_free(uint64_t pointer) {
  printf("free");
  address((void*)(uintptr_t)pointer);
  printf("\n");
  return 0;
}
static int fake_host_allocate(void** pointer, size_t bytes) {
  return *pointer = take(bytes), *pointer == NULL;
}
static int fake_host_free(void* pointer) { return pointer == NULL; }
static int fake_upload(uint64_t to, const void* from, size_t bytes, void* stream) {
  printf("upload %zu of sum %08" PRIx32 " to", bytes, sum_of(from, bytes));
  address((void*)(uintptr_t)to);
  address(stream);
  printf("\n");
  return 0;
}
static int fake_copy(uint64_t to, uint64_t from, size_t bytes, void* stream) {
  printf("copy %zu", bytes);
  address((void*)(uintptr_t)to);
  address((void*)(uintptr_t)from);
  address(stream);
  printf("\n");
  return 0;
}
static int fake_set(uint64_t to, unsigned value, size_t words, void* stream) {
  printf("set %zu words to %u", words, value);
  address((void*)(uintptr_t)to);
  address(stream);
  printf("\n");
  return 0;
}
static int fake_wait(void* stream) { return stream == memory; }
/* What stands behind "name=" on the command line. */
static const char* given(const char* name) {
  const size_t length = strlen(name);
  for (int i = 1; words[i] != NULL; ++i)
    if (strncmp(words[i], name, length) == 0 && words[i][length] == '=')
      return words[i] + length + 1;
  return NULL;
}
/* Of the values that a kernel takes. */
static int count_of(const char* function) {
  return given(function) != NULL ? atoi(given(function)) : 0;
}
static void read_weights(void) {
  FILE* const file = given("weights") != NULL ? fopen(given("weights"), "rb") : NULL;
  if (file == NULL) return;
  weights_bytes = fread(weights, 1, sizeof weights, file);
  fclose(file);
}
static int show_launch(const char* what, const kernel_node* node) {
  printf("%s %s grid %u %u %u block %u %u %u shared %u:", what, node->function, node->grid[0],
         node->grid[1], node->grid[2], node->block[0], node->block[1], node->block[2],
         node->shared_bytes);
  for (int i = 0; i < count_of(node->function); ++i) {
    uint64_t value;
    memcpy(&value, node->parameters[i], sizeof value);
    address((void*)(uintptr_t)value);
  }
  printf("\n");
  return node->extra != NULL;
}
static int fake_launch(const char* function, unsigned x, unsigned y, unsigned z, unsigned block_x,
                       unsigned block_y, unsigned block_z, unsigned shared_bytes, void* stream,
                       void** parameters, void** extra) {
  const kernel_node node = {function,     {x, y, z},  {block_x, block_y, block_z},
                            shared_bytes, parameters, extra};
  return show_launch("launch", &node) != 0 || stream == memory;
}
static int fake_graph(void** graph, unsigned flags) { return *graph = memory, (int)flags; }
static int fake_add_kernel(void** node, void* graph, void* const* after, size_t after_count,
                           const kernel_node* kernel) {
  *node = (char*)*after + 1;
  return graph != (void*)memory || after_count != 1 || show_launch("node", kernel) != 0;
}
static int fake_add_memset(void** node, void* graph, void* const* after, size_t after_count,
                           const memset_node* set, struct CUctx_st* current) {
  printf("node of %zu x %zu words of %u, value %u:", set->width, set->height, set->element_bytes,
         set->value);
  address((void*)(uintptr_t)set->to);
  printf("\n");
  *node = (char*)memory + 64;
  return graph != (void*)memory || after != NULL || after_count != 0 || current != context;
}
static int fake_instantiate(void** exec, void* graph, unsigned long long flags) {
  return *exec = graph, (int)flags;
}
static int fake_set_kernel(void* exec, void* node, const kernel_node* kernel) {
  printf("number %d, ", (int)((unsigned char*)node - memory - 64));
  return exec != (void*)memory || show_launch("rebind", kernel) != 0;
}
static int fake_graph_launch(void* exec, void* stream) {
  printf("launch the graph on");
  address(stream);
  printf("\n");
  return exec != (void*)memory;
}
static int fake_destroy(void* handle) { return handle != (void*)memory; }

typedef void (*any_function)(void);
static const struct entry {
  const char* name;
  any_function function;
} driver[] = {
    {"cuInit", (any_function)fake_init},
    {"cuDriverGetVersion", (any_function)fake_version},
    {"cuCtxGetCurrent", (any_function)fake_current},
    {"cuCtxPushCurrent_v2", (any_function)fake_push},
    {"cuCtxPopCurrent_v2", (any_function)fake_pop},
    {"cuCtxGetDevice", (any_function)fake_device},
    {"cuDeviceGetName", (any_function)fake_name},
    {"cuDeviceGetAttribute", (any_function)fake_attribute},
    {"cuModuleLoadData", (any_function)fake_load},
    {"cuModuleUnload", (any_function)fake_unload},
    {"cuModuleGetFunction", (any_function)fake_function},
    {"cuMemAlloc_v2", (any_function)fake_allocate},
    {"cuMemFree_v2", (any_function)fake_free},
    {"cuMemAllocHost_v2", (any_function)fake_host_allocate},
    {"cuMemFreeHost", (any_function)fake_host_free},
    {"cuMemcpyHtoDAsync_v2", (any_function)fake_upload},
    {"cuMemcpyAsync", (any_function)fake_copy},
    {"cuMemsetD32Async", (any_function)fake_set},
    {"cuStreamSynchronize", (any_function)fake_wait},
    {"cuLaunchKernel", (any_function)fake_launch},
    {"cuGraphCreate", (any_function)fake_graph},
    {"cuGraphAddKernelNode", (any_function)fake_add_kernel},
    {"cuGraphAddMemsetNode", (any_function)fake_add_memset},
    {"cuGraphInstantiateWithFlags", (any_function)fake_instantiate},
    {"cuGraphExecKernelNodeSetParams", (any_function)fake_set_kernel},
    {"cuGraphLaunch", (any_function)fake_graph_launch},
    {"cuGraphExecDestroy", (any_function)fake_destroy},
    {"cuGraphDestroy", (any_function)fake_destroy},
};
static void* symbol(void* missing, const char* name) {
  void* found = NULL;
  for (size_t i = 0; i < sizeof driver / sizeof *driver; ++i)
    if (strcmp(driver[i].name, name) == 0 && (missing == NULL || strcmp(missing, name) != 0))
      memcpy(&found, &driver[i].function, sizeof found);
  return found;
}

static void show(const char* what, int status) {
  printf("%s: %d, %s\n", what, status, mlp_status_text(status));
}

int main(int count, char** arguments) {
  static const int64_t batches[] = {1, 5, 16, 17};
  mlp_model model;
  mlp_graph graph;
  mlp_io io;
  tn_cuda cuda = {0};
  if (count < 2) return 2;
  words = arguments;
  read_weights();
  cuda.symbol = symbol;
  cuda.user = "cuGraphLaunch";
  const void* const from = weights_bytes != 0 ? weights : NULL;
  show("open", mlp_open(&model, MLP_ABI, from, weights_bytes, &cuda));
  printf("%s\n", mlp_open_text(&model));
  cuda.user = NULL;
  show("open", mlp_open(&model, MLP_ABI, from, weights_bytes, &cuda));
  printf("%s\n", mlp_open_text(&model));
  printf("%s, %d tensors\n", mlp_info()->model, (int)mlp_info()->tensor_count);
  memset(&io, 0, sizeof io);
  io.x = take(16 * 64 * 4);
  io.y = take(16 * 32 * 4);
  io.result = take(8);
  void* const arena = take(MLP_ARENA_BYTES);
  for (int i = 0; i < 4; ++i) {
    io.batch = batches[i];
    printf("arena %zu\n", mlp_arena_bytes(&model, io.batch));
    show("run", mlp_run(&model, &io, arena, MLP_ARENA_BYTES, NULL));
  }
  io.batch = 7;
  show("graph_open", mlp_graph_open(&graph, &model, &io, arena, MLP_ARENA_BYTES));
  show("graph_run", mlp_graph_run(&graph, &io, NULL));
  io.y = take(16 * 32 * 4);
  show("graph_run", mlp_graph_run(&graph, &io, NULL));
  io.batch = 8;
  show("graph_run", mlp_graph_run(&graph, &io, NULL));
  mlp_graph_close(&graph);
  mlp_close(&model);
  show("run", mlp_run(&model, &io, arena, MLP_ARENA_BYTES, NULL));
  return 0;
}
