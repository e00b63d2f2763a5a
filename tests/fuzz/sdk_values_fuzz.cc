// Laws of the C++ SDK's readers: whatever comes, borsh and JSON say what is wrong or make a value; of borsh that value is written
// as the same bytes, of JSON it is read as the same value again.
#include <algorithm>
#include <cstdint>
#include <span>

#include "airssys/base/assert.h"
#include "airssys/sdk/values.h"
#include "order.h"

using namespace airssys;

namespace {

template <class T>
void check_borsh(std::span<const std::uint8_t> content) {
  const auto value = borsh::decode<T>(content);
  AIRSSYS_ASSERT(value || !value.error().empty(), "a refusal without words");
  if (!value) return;
  const auto written = borsh::encode(*value);
  AIRSSYS_ASSERT(written, "what was read cannot be written: {}", written.error());
  AIRSSYS_ASSERT(std::ranges::equal(written->span(), content), "a value with two forms");
}

template <class T>
void check_json(std::string_view text) {
  const auto value = json::decode<T>(text);
  AIRSSYS_ASSERT(value || !value.error().empty(), "a refusal without words");
  if (!value) return;
  const auto written = json::encode(*value);
  AIRSSYS_ASSERT(written, "what was read cannot be written: {}", written.error());
  const auto again = json::decode<T>(written->text());
  AIRSSYS_ASSERT(again && *again == *value, "'{}' is read as another value", written->text());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span content(data, size);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_borsh<testing::Order>(content);
  check_borsh<testing::Tree>(content);
  check_json<testing::Order>(text);
  check_json<testing::Tree>(text);
  const auto wire = payload::adopt(bytes(content));
  AIRSSYS_ASSERT(wire || !wire.error().empty(), "a refusal without words");
  return 0;
}
