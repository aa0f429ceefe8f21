/* SPDX-License-Identifier: 0BSD
   open.c: N_open, N_close and N_open_text. Open finds the driver, chooses the variant for the
   device, loads it and uploads the weights; whatever fails, it leaves nothing behind.
     device 8.6, driver for CUDA 13.0   ->   TN_OK, "NVIDIA A40 (compute capability 8.6), driver for
                                             CUDA 13.0: runs sm_86"
     device 6.1                         ->   TN_CUDA, "...: no code for it; the library ..." */
#include "runtime/cuda/internal.h"
#include "runtime/cuda/text.h"

/* Of dlfcn.h: it is made into bitcode for processors whose C library is not at hand. */
void *dlopen(const char *file, int mode);
void *dlsym(void *library, const char *name);
enum { TNC_RTLD_NOW = 2 }; /* RTLD_LOCAL is 0; as every 64-bit Linux has them */

/* The device of the context, for choosing and for telling. */
typedef struct tnc_device {
  int number, version; /* of the driver: 12040 */
  uint32_t capability; /* 86 */
} tnc_device;

static tnc_result tnc_enter(const tnc_opened_fields *model, int *pushed) {
  struct CUctx_st *current = NULL;
  *pushed = 0;
  tnc_result result = model->driver.context_current(&current);
  if (result != TNC_SUCCESS || current == model->context) return result;
  result = model->driver.context_push(model->context);
  *pushed = result == TNC_SUCCESS;
  return result;
}

static void tnc_leave(const tnc_opened_fields *model, int pushed) {
  struct CUctx_st *popped;
  if (pushed) model->driver.context_pop(&popped);
}

static void *tnc_library_symbol(void *library, const char *name) { return dlsym(library, name); }

/* Ends each text that says why nothing runs. */
static void tnc_add_holds(tnc_text *text) {
  tnc_add(text, "; the library holds ");
  tnc_add(text, tn_cuda_strings + tn_cuda_model.holds);
}

/* What the driver answers to a call that ought to work. */
static int tnc_fail(tnc_text *text, tnc_result result) {
  if (text->at != text->first) tnc_add(text, ": ");
  tnc_add(text, tn_cu_status_text(tnc_failure(result)));
  tnc_add_holds(text);
  return tnc_failure(result);
}

/* ", for CUDA 12.4,", where the driver tells it; it does before it is started. */
static void tnc_add_driver(const tnc_opened_fields *model, tnc_text *text) {
  int version = 0;
  if (model->driver.driver_version == NULL ||
      model->driver.driver_version(&version) != TNC_SUCCESS || version <= 0)
    return;
  tnc_add(text, ", for CUDA ");
  tnc_add_version(text, (unsigned)version);
  tnc_add(text, ",");
}

/* Fills the table of functions; tells which one is missing, and of which driver. */
static int tnc_find_driver(tnc_opened_fields *model, const tn_cuda *cuda, tnc_text *text) {
  void *(*symbol)(void *, const char *) = cuda != NULL ? cuda->symbol : NULL;
  void *user = cuda != NULL ? cuda->user : NULL;
  if (symbol == NULL) {
    /* Stays open: programs that use the GPU have it open in any case. */
    user = dlopen("libcuda.so.1", TNC_RTLD_NOW);
    symbol = tnc_library_symbol;
    if (user == NULL) {
      tnc_add(text, "no NVIDIA driver: libcuda.so.1 cannot be opened");
      tnc_add_holds(text);
      return tnc_failure(TNC_NO_DRIVER);
    }
  }
  /* ISO C has no conversion from void * to a function; POSIX gives both one representation. */
  const char *missing = NULL;
#define TNC_FIND(member, name, parameters)                         \
  do {                                                             \
    void *found = symbol(user, name);                              \
    if (found == NULL && missing == NULL) missing = name;          \
    __builtin_memcpy(&model->driver.member, &found, sizeof found); \
  } while (0);
  TNC_DRIVER_FUNCTIONS(TNC_FIND)
#undef TNC_FIND
  if (missing == NULL) return TN_OK;
  tnc_add(text, "the NVIDIA driver");
  tnc_add_driver(model, text);
  tnc_add(text, " is too old: it has no ");
  tnc_add(text, missing);
  tnc_add_holds(text);
  return tnc_failure(TNC_MISSING_FUNCTION);
}

static int tnc_find_context(tnc_opened_fields *model, const tn_cuda *cuda, tnc_text *text) {
  tnc_result result = model->driver.init(0);
  if (result != TNC_SUCCESS) {
    tnc_add(text, "the NVIDIA driver");
    tnc_add_driver(model, text);
    tnc_add(text, " does not start: ");
    tnc_add(text, tn_cu_status_text(tnc_failure(result)));
    tnc_add_holds(text);
    return tnc_failure(result);
  }
  model->context = cuda != NULL ? cuda->context : NULL;
  if (model->context == NULL) {
    result = model->driver.context_current(&model->context);
    if (result != TNC_SUCCESS) return tnc_fail(text, result);
  }
  if (model->context != NULL) return TN_OK;
  return tnc_fail(text, TNC_NO_CONTEXT);
}

static tnc_result tnc_find_device(const tnc_opened_fields *model, tnc_device *device,
                                  tnc_text *text) {
  int major = 0, minor = 0;
  char name[100];
  name[0] = 0;
  tnc_result result = model->driver.driver_version(&device->version);
  if (result == TNC_SUCCESS) result = model->driver.context_device(&device->number);
  if (result == TNC_SUCCESS)
    result = model->driver.device_attribute(&major, TNC_COMPUTE_CAPABILITY_MAJOR, device->number);
  if (result == TNC_SUCCESS)
    result = model->driver.device_attribute(&minor, TNC_COMPUTE_CAPABILITY_MINOR, device->number);
  if (result == TNC_SUCCESS)
    result = model->driver.device_name(name, (int)sizeof name, device->number);
  if (result != TNC_SUCCESS) return result;
  device->capability = (uint32_t)(10 * major + minor);
  tnc_add(text, name);
  tnc_add(text, " (compute capability ");
  tnc_add_number(text, (unsigned)major);
  tnc_add(text, ".");
  tnc_add_number(text, (unsigned)minor);
  tnc_add(text, "), driver for CUDA ");
  tnc_add_version(text, (unsigned)device->version);
  return TNC_SUCCESS;
}

/* Undoes load, also of a part. */
static void tnc_unload(tnc_opened_fields *model) {
  if (model->handles == NULL) return;
  const tnc_variant *const variant = tnc_variant_of(model);
  for (uint32_t i = 0; i < variant->image_count; ++i)
    if (model->handles[i] != NULL) model->driver.module_unload((tnc_module)model->handles[i]);
  model->driver.host_free(model->handles);
  model->handles = NULL;
}

/* Modules and functions of model->variant. */
static tnc_result tnc_load(tnc_opened_fields *model) {
  const tnc_variant *const variant = tnc_variant_of(model);
  const uint32_t count = variant->image_count + variant->kernel_count;
  void *handles = NULL;
  tnc_result result = model->driver.host_allocate(&handles, (count + 1) * sizeof(void *));
  if (result != TNC_SUCCESS) return result;
  __builtin_memset(handles, 0, (count + 1) * sizeof(void *));
  model->handles = (void **)handles;
  for (uint32_t i = 0; i < variant->image_count && result == TNC_SUCCESS; ++i) {
    tnc_module module = NULL;
    result = model->driver.module_load(
        &module, tn_cuda_images + tn_cuda_image_places[variant->first_image + i].offset);
    model->handles[i] = module;
  }
  for (uint32_t i = 0; i < variant->kernel_count && result == TNC_SUCCESS; ++i) {
    const tnc_kernel *const kernel = &tn_cuda_kernels[variant->first_kernel + i];
    tnc_entry entry = NULL;
    result = model->driver.module_function(&entry, (tnc_module)model->handles[kernel->image],
                                           tn_cuda_strings + kernel->name);
    model->handles[variant->image_count + i] = (void *)entry;
  }
  if (result != TNC_SUCCESS) tnc_unload(model);
  return result;
}

static void tnc_add_variant(tnc_text *text, const tnc_variant *variant) {
  tnc_add(text, variant->kind == TNC_PTX ? "PTX of compute_" : "sm_");
  tnc_add_number(text, variant->architecture);
}

/* Loads the best variant that the driver takes. */
static int tnc_load_best(tnc_opened_fields *model, const tnc_device *device, tnc_text *text) {
  const uint32_t driver = device->version < 0 ? 0 : (uint32_t)device->version;
  uint32_t limit = ~0u;
  tnc_result refused = TNC_SUCCESS;
  for (;;) {
    model->variant = tnc_choose(device->capability, driver, &limit);
    if (model->variant == tn_cuda_model.variant_count) break;
    const tnc_result result = tnc_load(model);
    if (result == TNC_SUCCESS) return TN_OK;
    /* The driver does not want this code; it may want the next. */
    refused = result;
    if (result != TNC_NO_BINARY_FOR_GPU && result != TNC_INVALID_PTX &&
        result != TNC_UNSUPPORTED_PTX_VERSION)
      break;
  }
  const uint32_t needed = tnc_driver_needed(device->capability);
  if (refused != TNC_SUCCESS) return tnc_fail(text, refused);
  if (needed > driver) {
    tnc_add(text, ": the driver is too old, CUDA ");
    tnc_add_version(text, needed);
    tnc_add(text, " is needed");
  } else {
    tnc_add(text, ": no code for it");
  }
  tnc_add_holds(text);
  return tnc_failure(TNC_NO_VARIANT);
}

/* The weights in the caller's memory, or NULL and a status. */
static const unsigned char *tnc_find_weights(const unsigned char *file, size_t bytes, int *status) {
  static const unsigned char magic[9] = TNR_WEIGHTS_MAGIC_TEXT;
  *status = TN_OK;
  if (file == NULL) {
    if (tn_cuda_model.weights_embedded || tn_cuda_model.weights_bytes == 0) return tn_cuda_weights;
    *status = TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_MISSING);
    return NULL;
  }
  tnr_weights_header header;
  if ((uintptr_t)file % 64 != 0) {
    *status = TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_UNALIGNED);
    return NULL;
  }
  if (bytes < sizeof header) {
    *status = TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_SHORT);
    return NULL;
  }
  __builtin_memcpy(&header, file, sizeof header);
  for (int i = 0; i < 8; ++i)
    if (header.magic[i] != magic[i]) *status = TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_MAGIC);
  if (*status == TN_OK && header.byte_order != TNR_WEIGHTS_BYTE_ORDER_MARK)
    *status = TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_BYTE_ORDER);
  if (*status == TN_OK &&
      (header.layout[0] != tn_cuda_model.weights_layout[0] ||
       header.layout[1] != tn_cuda_model.weights_layout[1] ||
       header.weights_bytes != tn_cuda_model.weights_bytes || header.header_bytes != sizeof header))
    *status = TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_LAYOUT);
  if (*status == TN_OK && bytes - sizeof header < tn_cuda_model.weights_bytes)
    *status = TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_SHORT);
  return *status == TN_OK ? file + sizeof header : NULL;
}

static int tnc_upload(tnc_opened_fields *model, const unsigned char *from, const tn_cuda *cuda) {
  struct CUstream_st *const stream = cuda != NULL ? cuda->stream : NULL;
  const size_t bytes = (size_t)tn_cuda_model.weights_bytes;
  if (bytes == 0) return TN_OK;
  tnc_result result = TNC_SUCCESS;
  if (cuda != NULL && cuda->device_weights != NULL) {
    model->weights = (tnc_pointer)(uintptr_t)cuda->device_weights;
    if (model->weights % TNC_DEVICE_ALIGN != 0)
      return TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_UNALIGNED);
    if (cuda->device_weights_bytes < bytes) return TNR_STATUS(TN_WEIGHTS, TNR_WEIGHTS_SHORT);
  } else {
    result = model->driver.memory_allocate(&model->weights, bytes);
    model->owns_weights = result == TNC_SUCCESS;
  }
  if (result == TNC_SUCCESS)
    result = model->driver.copy_to_device(model->weights, from, bytes, stream);
  if (result == TNC_SUCCESS) result = model->driver.stream_wait(stream);
  return result == TNC_SUCCESS ? TN_OK : tnc_failure(result);
}

static void tnc_release(tnc_opened_fields *model) {
  tnc_unload(model);
  if (model->owns_weights) model->driver.memory_free(model->weights);
  model->owns_weights = 0;
  model->weights = 0;
}

TNC_FUNCTION int tn_cu_open(tnc_opened *opened, uint32_t abi, const void *weights,
                            size_t weights_bytes, const tn_cuda *cuda) {
  if (opened == NULL) return TNR_STATUS(TN_NULL, TNR_ARGUMENT_MODEL(&tn_cuda_model));
  tnc_opened_fields *const model = (tnc_opened_fields *)opened;
  __builtin_memset(model, 0, sizeof *model);
  tnc_text text;
  tnc_begin(&text, model->text, sizeof model->text);
  int status = abi == tn_cuda_model.abi ? TN_OK : TNR_STATUS(TN_ABI, TNR_ABI_HEADER);
  const unsigned char *from = NULL;
  if (status == TN_OK)
    from = tnc_find_weights((const unsigned char *)weights, weights_bytes, &status);
  if (status != TN_OK) tnc_add(&text, tn_cu_status_text(status));
  if (status == TN_OK) status = tnc_find_driver(model, cuda, &text);
  if (status == TN_OK) status = tnc_find_context(model, cuda, &text);
  if (status != TN_OK) return status;

  int pushed;
  tnc_device device;
  tnc_result result = tnc_enter(model, &pushed);
  if (result != TNC_SUCCESS) return tnc_fail(&text, result);
  result = tnc_find_device(model, &device, &text);
  status = result == TNC_SUCCESS ? tnc_load_best(model, &device, &text) : tnc_fail(&text, result);
  if (status == TN_OK) {
    status = tnc_upload(model, from, cuda);
    tnc_add(&text, status == TN_OK ? ": runs " : ": the weights are not there: ");
    if (status == TN_OK)
      tnc_add_variant(&text, tnc_variant_of(model));
    else
      tnc_add(&text, tn_cu_status_text(status));
  }
  if (status == TN_OK)
    model->mark = tnc_open_mark();
  else
    tnc_release(model);
  tnc_leave(model, pushed);
  return status;
}

TNC_FUNCTION const char *tn_cu_open_text(const tnc_opened *opened) {
  return opened == NULL ? "" : ((const tnc_opened_fields *)opened)->text;
}

TNC_FUNCTION void tn_cu_close(tnc_opened *opened) {
  tnc_opened_fields *const model = (tnc_opened_fields *)opened;
  int pushed;
  if (model == NULL || model->mark != tnc_open_mark()) return;
  model->mark = 0;
  if (tnc_enter(model, &pushed) != TNC_SUCCESS) return; /* the context is gone, and all with it */
  tnc_release(model);
  tnc_leave(model, pushed);
}
