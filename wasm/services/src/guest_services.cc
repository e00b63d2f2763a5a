#include "airssys/wasm/services/guest_services.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <utility>

#include "airssys/base/assert.h"
#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

// A line that needs no escaping is passed on as it is. C1 controls are two bytes, of which the first is 0xC2.
bool is_plain(std::string_view text) noexcept {
  return std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7F || c == 0xC2; });
}

bool is_denial(Code code) noexcept { return code == Code::denied || code == Code::forbidden || code == Code::policy_violation; }

// What is no denial, too many calls or a log that is behind, may be otherwise later.
ServicesFailure failure_of(Code code) noexcept {
  return is_denial(code) ? ServicesFailure::permission_denied : ServicesFailure::failed;
}

}  // namespace

GuestServices::GuestServices(Options options, PermissionGate& gate, const ComponentDirectory& directory, Platform& platform,
                             LogSink& log, ComponentStats& stats)
    : options_(std::move(options)),
      name_(options_.self.name()),
      gate_(gate),
      directory_(directory),
      platform_(platform),
      log_(log),
      stats_(stats) {
  AIRSSYS_ASSERT(sodium_init() >= 0, "the crypto library cannot start");
}

GuestServices::~GuestServices() { report_suppressed(); }

bool GuestServices::admit() noexcept {
  const Instant now = platform_.now();
  if (now - window_start_ >= std::chrono::seconds(1)) {
    report_suppressed();
    window_start_ = now;
    lines_in_window_ = 0;
  }
  if (lines_in_window_ == max_lines_per_second) {
    ++suppressed_;
    return false;
  }
  ++lines_in_window_;
  return true;
}

void GuestServices::report_suppressed() noexcept {
  if (suppressed_ == 0) return;
  airssys::log(log_, LogLevel::warn, name_, "{} log lines suppressed: more than {} in a second", suppressed_,
               max_lines_per_second);
  suppressed_ = 0;
}

void GuestServices::log(LogLevel level, std::string_view text, std::span<const LogField> fields) noexcept {
  stats_.log_lines.add();
  if (!admit()) return;
  if (fields.empty() && text.size() <= max_line_bytes && is_plain(text)) {
    log_.write({.level = level, .source = name_, .text = text});
    return;
  }
  std::array<std::pair<std::string, std::string>, max_fields> kept;
  std::array<LogField, max_fields> views;
  const std::size_t count = std::min(fields.size(), max_fields);
  for (std::size_t i = 0; i < count; ++i) {
    kept[i] = {printable(fields[i].first, max_field_bytes), printable(fields[i].second, max_field_bytes)};
    views[i] = {kept[i].first, kept[i].second};
  }
  const std::string line = printable(text, max_line_bytes);
  log_.write({.level = level, .source = name_, .text = line, .fields = {views.data(), count}});
}

void GuestServices::fill_random(std::span<std::byte> bytes) noexcept { randombytes_buf(bytes.data(), bytes.size()); }

std::vector<std::string> GuestServices::list_components() noexcept {
  std::vector<std::string> known;
  for (const ComponentAddress& address : directory_.addresses())
    if (may_know(address)) known.push_back(address.text());
  return known;
}

MetadataResult GuestServices::component_metadata(std::string_view id) noexcept {
  const auto address = ComponentAddress::parse(id.substr(0, ComponentAddress::max_bytes + 1));
  if (!address) return {ServicesFailure::not_found};
  if (*address != options_.self) {
    const auto permit = gate_.check<Action::messaging_send>(address->text());
    if (!permit) return {failure_of(permit.error()->code), permit.error()->reason};
  }
  const auto entry = directory_.find(*address);
  auto metadata = entry && entry->metadata ? entry->metadata->get() : nullptr;
  if (!metadata) return {ServicesFailure::not_found};
  return {.metadata = std::move(metadata)};
}

HostCallResult GuestServices::call_host_function(std::string_view name, std::span<const std::byte> payload) noexcept {
  const auto permit = gate_.check<Action::host_call>(name);
  if (!permit) return {failure_of(permit.error()->code), permit.error()->reason};
  const auto function = std::ranges::find(options_.functions, name, &EmbedderFunction::name);
  if (function == options_.functions.end()) return {ServicesFailure::not_found};  // in development mode
  auto reply = function->call({.caller = options_.self, .gate = gate_, .payload = payload});
  if (!reply) return {failure_of(reply.error().code()), reply.error().message()};
  return {.reply = *std::move(reply)};
}

}  // namespace airssys::wasm
