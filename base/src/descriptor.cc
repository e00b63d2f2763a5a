#include "airssys/base/descriptor.h"

#include <unistd.h>

namespace airssys {

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace airssys
