#include "runtime_rows.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/runtime/wasmtime_engine.h"
#include "relay.h"

namespace airssys::bench {
namespace {

using wasm::CallState;

// The guest of these rows calls none of them.
class NoMessaging final : public wasm::MessagingFunctions {
  wasm::SendResult send_message(std::string_view, std::span<const std::byte>) noexcept override {
    return {wasm::SendFailure::target_not_found, 0, {}};
  }
  std::string_view self_id() noexcept override { return "default/sink/0"; }
};
class NoServices final : public wasm::ServicesFunctions {
  void log(LogLevel, std::string_view, std::span<const LogField>) noexcept override {}
  WallTime current_time() noexcept override { return {}; }
  Instant monotonic_now() noexcept override { return {}; }
};
class NoWaiting final : public wasm::WaitingFunctions {
  std::unique_ptr<wasm::PendingOperation> sleep(Duration) noexcept override { return nullptr; }
};
class NeverWoken final : public wasm::WakeTarget {
 public:
  void retain() noexcept override {}
  void release() noexcept override {}
  void wake() noexcept override {}
};

std::unexpected<Error> unfinished(wasm::Instance& instance) {
  auto& error = instance.report().error;
  return std::unexpected(error ? *error : Error(Code::execution_failed, "the guest's call did not finish as it should"));
}

Result<std::vector<std::byte>> read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::vector<char> content(std::istreambuf_iterator<char>(stream), {});
  if (content.empty())
    return fail(Code::not_found, fmt::format("{}: no such file; build the target bench_guests", file.string()));
  const auto bytes = std::as_bytes(std::span(content));
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

class Rig final : public RuntimeRows {
 public:
  explicit Rig(std::unique_ptr<wasm::Engine> engine) : engine_(std::move(engine)) {}

  Result<> load(const std::filesystem::path& guests) {
    AIRSSYS_TRY(const auto relay, read(guests / "relay.wasm"));
    AIRSSYS_TRY(relay_, engine_->compile("relay", relay, {}));
    AIRSSYS_TRY(const auto waiting, read(guests / "relay-waiting.wasm"));
    AIRSSYS_TRY(waiting_, engine_->compile("relay-waiting", waiting, {}));
    if (relay_->description().waits || !waiting_->description().waits)
      return fail(Code::internal, "the guests are not on the lanes they are for");
    return {};
  }

  void add_to(Rows& rows) override {
    add_calls(rows, *relay_, "sync");
    add_calls(rows, *waiting_, "fiber");
    rows["instance"] = [this](std::uint64_t n) { return instances(n); };
  }

 private:
  using Live = std::shared_ptr<wasm::Instance>;  // rows are copyable functions

  void add_calls(Rows& rows, const wasm::CompiledComponent& code, std::string_view lane) {
    rows[fmt::format("call.nop.{}", lane)] = [this, &code, live = Live()](std::uint64_t n) mutable {
      return calls(code, live, n, [this](wasm::Instance& instance) { return instance.health(waker_); });
    };
    static constexpr std::array<std::pair<std::string_view, std::size_t>, 3> payloads{
        {{"64", 64}, {"4k", 4 << 10}, {"64k", 64 << 10}}};
    for (const auto& [name, bytes] : payloads) {
      wasm::Message message{.sender = Bytes::copy_of("default/source/0"),
                            .payload = relay_payload(bytes, {}),
                            .id = {0x1234'5678'9abc'def0, 42},
                            .sent_at = WallTime(std::chrono::seconds(1'700'000'000)),
                            .kind = wasm::MessageKind::fire_and_forget};
      rows[fmt::format("call.{}.{}", name, lane)] = [this, &code, message = std::move(message),
                                                     live = Live()](std::uint64_t n) mutable {
        return calls(code, live, n,
                     [this, &message](wasm::Instance& instance) { return instance.handle_message(message, waker_); });
      };
    }
  }

  template <class Call>
  Result<Ran> calls(const wasm::CompiledComponent& code, Live& live, std::uint64_t n, Call call) {
    if (!live) {
      AIRSSYS_TRY(live, code.instantiate(functions_, limits_));
    }
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < n; ++i)
      if (call(*live) != CallState::done) return unfinished(*live);
    return Ran{n, std::chrono::steady_clock::now() - begin};
  }

  Result<Ran> instances(std::uint64_t n) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < n; ++i) {
      AIRSSYS_TRY(const auto instance, relay_->instantiate(functions_, limits_));
    }
    return Ran{n, std::chrono::steady_clock::now() - begin};
  }

  std::unique_ptr<wasm::Engine> engine_;
  NoMessaging messaging_;
  NoServices services_;
  NoWaiting waiting_functions_;
  const wasm::HostFunctions functions_{.messaging = messaging_, .services = services_, .waiting = waiting_functions_};
  NeverWoken waker_;
  // What a manifest gets that says nothing but `max_memory = "1MiB"`.
  const wasm::ResourceLimits limits_ =
      wasm::Resources{.max_memory = 1 << 20, .max_stack = 128 << 10, .initial_memory = {}}.engine_limits(1 << 20);
  std::shared_ptr<const wasm::CompiledComponent> relay_, waiting_;
};

}  // namespace

Result<std::unique_ptr<RuntimeRows>> RuntimeRows::create(const std::filesystem::path& guests, std::uint32_t instances,
                                                         Platform& platform) {
  const wasm::WasmtimeConfig config{.max_instances = instances, .max_fibers = std::max(1u, instances / 4), .cache_directory = {}};
  AIRSSYS_TRY(auto engine, wasm::wasmtime_engine(config, platform, null_log()));
  auto rig = std::make_unique<Rig>(std::move(engine));
  AIRSSYS_TRY_VOID(rig->load(guests));
  return rig;
}

}  // namespace airssys::bench
