// pool_files.cpp: the thread pool that --pool writes beside a bundle.
//
//   runtime/pool/tenon_pool.{h,c}, embedded  ->  tenon_pool.h, libtenon_pool.a
#include "codegen/bundle/pool_files.h"

#include "runtime/embedded.h"

namespace tenon::codegen {

std::string pool_header() {
  return {reinterpret_cast<const char*>(tenon_embedded_tenon_pool_h),
          tenon_embedded_tenon_pool_h_bytes};
}

ArchiveMember pool_member() {
  const llvm::StringRef object(reinterpret_cast<const char*>(tenon_embedded_tenon_pool_o),
                               tenon_embedded_tenon_pool_o_bytes);
  return {"tenon_pool.o", {object, "tenon_pool.o"}};
}

}  // namespace tenon::codegen
