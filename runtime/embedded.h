/* embedded.h: files of this folder as bytes, made when Tenon is built (CMakeLists.txt) and linked
   into Tenon, which needs no C compiler when it runs. */
#ifndef TENON_RUNTIME_EMBEDDED_H
#define TENON_RUNTIME_EMBEDDED_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

/* bundle.c as LLVM bitcode for x86_64-unknown-linux-gnu */
extern const unsigned char tenon_embedded_bundle_bc[];
extern const size_t tenon_embedded_bundle_bc_bytes;
/* abi.h */
extern const unsigned char tenon_embedded_abi_h[];
extern const size_t tenon_embedded_abi_h_bytes;
/* pool/tenon_pool.h */
extern const unsigned char tenon_embedded_tenon_pool_h[];
extern const size_t tenon_embedded_tenon_pool_h_bytes;
/* pool/tenon_pool.c as an x86-64 ELF object */
extern const unsigned char tenon_embedded_tenon_pool_o[];
extern const size_t tenon_embedded_tenon_pool_o_bytes;

#ifdef __cplusplus
}
#endif
#endif
