#include "runtime_rows.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "airssys/wasm/component/manifest.h"
#include "airssys/wasm/core/never_woken.h"
#include "airssys/wasm/runtime/wasmtime_engine.h"
#include "idle_host.h"
#include "relay.h"

namespace airssys::bench {
namespace {

using wasm::CallState;

// Larger than the guest has room for: its allocator traps, before anything is copied.
constexpr std::size_t too_large_for_relay = 128 << 10;

class Rig final : public RuntimeRows {
 public:
  explicit Rig(std::unique_ptr<wasm::Engine> engine) : engine_(std::move(engine)) {}

  Result<> load(const std::filesystem::path& guests) {
    AIRSSYS_TRY(relay_wasm_, read_relay(guests / "relay.wasm"));
    AIRSSYS_TRY(relay_, engine_->compile("relay", relay_wasm_, {}));
    AIRSSYS_TRY(const auto waiting, read_relay(guests / "relay-waiting.wasm"));
    AIRSSYS_TRY(waiting_, engine_->compile("relay-waiting", waiting, {}));
    if (relay_->description().waits || !waiting_->description().waits)
      return fail(Code::internal, "the guests are not on the lanes they are for");
    return {};
  }

  void add_to(Rows& rows) override {
    add_calls(rows, *relay_, "sync");
    add_calls(rows, *waiting_, "fiber");
    rows["instance"] = [this](std::uint64_t n) { return instances(n); };
    rows["trap"] = [this](std::uint64_t n) { return traps(n); };
    rows["load.warm"] = [this](std::uint64_t n) { return loads(n); };
    rows["compute"] = [this, live = Live()](std::uint64_t n) mutable {
      return calls(*relay_, live, n,
                   [this](wasm::Instance& instance) { return instance.handle_message(computing_, wasm::never_woken); });
    };
  }

 private:
  using Live = std::shared_ptr<wasm::Instance>;  // rows are copyable functions

  void add_calls(Rows& rows, const wasm::CompiledComponent& code, std::string_view lane) {
    rows[fmt::format("call.nop.{}", lane)] = [this, &code, live = Live()](std::uint64_t n) mutable {
      return calls(code, live, n, [](wasm::Instance& instance) { return instance.health(wasm::never_woken); });
    };
    static constexpr std::array<std::pair<std::string_view, std::size_t>, 3> payloads{
        {{"64", 64}, {"4k", 4 << 10}, {"64k", 64 << 10}}};
    for (const auto& [name, bytes] : payloads) {
      wasm::Message message{.sender = Bytes::copy_of("default/source/0"),
                            .payload = relay_wire(bytes, {}),
                            .id = {0x1234'5678'9abc'def0, 42},
                            .sent_at = WallTime(std::chrono::seconds(1'700'000'000)),
                            .kind = wasm::MessageKind::fire_and_forget};
      rows[fmt::format("call.{}.{}", name, lane)] = [this, &code, message = std::move(message),
                                                     live = Live()](std::uint64_t n) mutable {
        return calls(code, live, n,
                     [&message](wasm::Instance& instance) { return instance.handle_message(message, wasm::never_woken); });
      };
    }
  }

  template <class Call>
  Result<Ran> calls(const wasm::CompiledComponent& code, Live& live, std::uint64_t n, Call call) {
    if (!live) {
      AIRSSYS_TRY(live, code.instantiate(host_.functions, limits_));
    }
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < n; ++i) {
      CallState state = call(*live);
      while (state == CallState::pending)
        state = live->resume(wasm::never_woken);  // on a fiber it gives way at each tick of the epoch
      if (state != CallState::done) return unfinished(*live);
    }
    return Ran{n, std::chrono::steady_clock::now() - begin};
  }

  Result<Ran> instances(std::uint64_t n) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < n; ++i) {
      AIRSSYS_TRY(const auto instance, relay_->instantiate(host_.functions, limits_));
    }
    return Ran{n, std::chrono::steady_clock::now() - begin};
  }

  // From a trap to the answer of the instance that follows.
  Result<Ran> traps(std::uint64_t n) {
    const wasm::Message fatal{.sender = Bytes::copy_of("default/source/0"), .payload = relay_wire(too_large_for_relay, {})};
    const wasm::Message harmless{.sender = Bytes::copy_of("default/source/0"), .payload = relay_wire(64, {})};
    AIRSSYS_TRY(auto live, relay_->instantiate(host_.functions, limits_));
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < n; ++i) {
      if (live->handle_message(fatal, wasm::never_woken) != CallState::failed)
        return fail(Code::internal, "the guest did not trap");
      live.reset();
      AIRSSYS_TRY(live, relay_->instantiate(host_.functions, limits_));
      if (live->handle_message(harmless, wasm::never_woken) != CallState::done) return unfinished(*live);
    }
    return Ran{n, std::chrono::steady_clock::now() - begin};
  }

  // The component as a file's content, its machine code in the cache on disk.
  Result<Ran> loads(std::uint64_t n) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < n; ++i) {
      AIRSSYS_TRY(const auto code, engine_->compile("relay", relay_wasm_, {}));
      AIRSSYS_TRY(const auto instance, code->instantiate(host_.functions, limits_));
    }
    return Ran{n, std::chrono::steady_clock::now() - begin};
  }

  std::unique_ptr<wasm::Engine> engine_;
  const IdleHost host_;
  // What a manifest gets that says nothing but `max_memory = "1MiB"`.
  const wasm::ResourceLimits limits_ =
      wasm::Resources{.max_memory = 1 << 20, .max_stack = 128 << 10, .initial_memory = {}}.engine_limits(1 << 20);
  // A loop over 1000 words of memory: what fuel and the epoch cost code that does nothing else.
  const wasm::Message computing_{.sender = Bytes::copy_of("default/source/0"),
                                 .payload = relay_wire(64, {.messages_per_round = 1000, .what = Relay::compute})};
  std::vector<std::byte> relay_wasm_;
  std::shared_ptr<const wasm::CompiledComponent> relay_, waiting_;
};

}  // namespace

Result<std::unique_ptr<RuntimeRows>> RuntimeRows::create(const std::filesystem::path& guests, std::uint32_t instances,
                                                         Platform& platform) {
  const wasm::WasmtimeConfig config{.max_instances = instances,
                                    .max_fibers = std::max(1u, instances / 4),
                                    .cache_directory = guests / "cache",
                                    .max_cached_modules = 0};
  AIRSSYS_TRY(auto engine, wasm::wasmtime_engine(config, platform, null_log()));
  auto rig = std::make_unique<Rig>(std::move(engine));
  AIRSSYS_TRY_VOID(rig->load(guests));
  return rig;
}

}  // namespace airssys::bench
