/* embedded.h: files of this folder as bytes, made when Tenon is built (CMakeLists.txt) and linked
   into Tenon, which needs no C compiler when it runs. */
#ifndef TENON_RUNTIME_EMBEDDED_H
#define TENON_RUNTIME_EMBEDDED_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

/* bundle.c and pool/tenon_pool.c as LLVM bitcode, for the baseline of each architecture */
extern const unsigned char tenon_embedded_bundle_x86_64_bc[];
extern const size_t tenon_embedded_bundle_x86_64_bc_bytes;
extern const unsigned char tenon_embedded_bundle_aarch64_bc[];
extern const size_t tenon_embedded_bundle_aarch64_bc_bytes;
extern const unsigned char tenon_embedded_bundle_armv7_bc[];
extern const size_t tenon_embedded_bundle_armv7_bc_bytes;
extern const unsigned char tenon_embedded_pool_x86_64_bc[];
extern const size_t tenon_embedded_pool_x86_64_bc_bytes;
extern const unsigned char tenon_embedded_pool_aarch64_bc[];
extern const size_t tenon_embedded_pool_aarch64_bc_bytes;
extern const unsigned char tenon_embedded_pool_armv7_bc[];
extern const size_t tenon_embedded_pool_armv7_bc_bytes;
/* abi.h */
extern const unsigned char tenon_embedded_abi_h[];
extern const size_t tenon_embedded_abi_h_bytes;
/* pool/tenon_pool.h */
extern const unsigned char tenon_embedded_tenon_pool_h[];
extern const size_t tenon_embedded_tenon_pool_h_bytes;

#ifdef __cplusplus
}
#endif
#endif
