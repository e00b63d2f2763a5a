// The file BACKEND, and which stores somebody names: whatever the bytes are, reading ends with what is written and read as the
// same again, or with a refusal for people.
#include <cstdint>
#include <string_view>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"
#include "airssys/wasm/storage/transfer.h"
#include "store_directory.h"

using namespace airssys;
using namespace airssys::wasm;

namespace {

void is_for_people(const Error& error) {
  const std::string& message = error.message();
  AIRSSYS_ASSERT(!message.empty() && printable(message, message.size()) == message, "not readable");
}

void read_backend(std::string_view text) {
  const auto kind = parse_backend_file(text);
  if (!kind) {
    AIRSSYS_ASSERT(kind.error().message().starts_with("BACKEND:1: "), "no place: {}", kind.error().message());
    is_for_people(kind.error());
    return;
  }
  AIRSSYS_ASSERT(text.ends_with(std::string(backend_name(*kind)) + '\n'), "another backend");
}

void read_selection(std::string_view text) {
  const auto what = StorageSelection::parse(text);
  if (!what) {
    is_for_people(what.error());
    return;
  }
  const StoreId& id = *what->store();
  // Alone, an own store is named as the others of its component.
  std::string name = id.text();
  if (!what->is_account() && !id.is_shared()) name = name.substr(0, name.find('/') + 1) + id.resource();
  const auto again = StorageSelection::parse(name);
  AIRSSYS_ASSERT(again && again->ranges() == what->ranges(), "its own name is another's");
  for (const auto& [from, to] : what->ranges()) AIRSSYS_ASSERT(from < to, "a range of nothing, or of everything");
  // A store's resource leads back to it.
  const auto address = ComponentAddress::parse(id.is_shared() ? "a" : id.account().text());
  AIRSSYS_ASSERT(address && StoreId::parse_resource(id.resource(), *address) == id, "another resource");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_backend(text);
  read_selection(text);
  return 0;
}
