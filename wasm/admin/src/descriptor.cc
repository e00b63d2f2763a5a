#include "airssys/wasm/admin/descriptor.h"

#include <unistd.h>

namespace airssys::wasm {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace airssys::wasm
