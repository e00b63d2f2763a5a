// route.*, send.*, request.*: what a message to one other component costs the host, and a question with its answer.
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "world.h"

namespace airssys::bench {
namespace {

constexpr std::array<std::pair<std::string_view, std::size_t>, 5> sizes{
    {{"64", 64}, {"1k", 1 << 10}, {"4k", 4 << 10}, {"64k", 64 << 10}, {"1m", 1 << 20}}};

// So many that waking the worker does not count.
constexpr std::uint64_t questions_min = 20'000;

// A payload in codec raw that begins in the middle of a page, for the reason that relay.h gives.
class Source {
 public:
  explicit Source(std::size_t bytes) : pages_(bytes + page, std::byte{1}) {
    const std::size_t begin = (page + page / 2 - reinterpret_cast<std::uintptr_t>(pages_.data()) % page) % page;
    pages_[begin] = std::byte{0x55};
    span_ = std::span(pages_).subspan(begin, bytes);
  }
  Source(Source&&) = delete;
  [[nodiscard]] std::span<const std::byte> span() const noexcept { return span_; }

 private:
  static constexpr std::size_t page = 4096;
  std::vector<std::byte> pages_;
  std::span<const std::byte> span_;
};

Result<> sent(const wasm::SendResult& result) {
  if (result.failure == wasm::SendFailure::none) return {};
  return fail(Code::internal, fmt::format("a send failed: {} {}", static_cast<int>(result.failure), result.reason));
}

// Bursts of messages from one to another, which says when it has a whole one.
struct SendRig {
  explicit SendRig(std::size_t bytes, World::Audit audit = World::Audit::none)
      : world(audit),
        payload(bytes),
        burst(bytes > 10'000 ? 16 : 256) {
    sink.on_message = [this](wasm::ComponentMessage&, Talker& self) -> Result<> {
      if (++arrived % burst != 0) return {};
      return sent(self.messaging().send_message("source", std::as_bytes(std::span("U", 1))));
    };
    source.on_message = [this](wasm::ComponentMessage&, Talker& self) -> Result<> {
      if (bursts_left-- == 0) {
        world.done();
        return {};
      }
      const Instant begin = world.platform().now();
      for (std::uint64_t n = 0; n < burst; ++n) AIRSSYS_TRY_VOID(sent(self.messaging().send_message("sink", payload.span())));
      sending += world.platform().now() - begin;
      return {};
    };
  }
  // `whole`: also what the receiver does; otherwise what the sender does until the message is in the mailbox.
  Result<Ran> run(std::uint64_t n, bool whole) {
    const std::uint64_t bursts = n / burst + 1;
    bursts_left = bursts;
    sending = {};
    AIRSSYS_TRY(const Duration took, world.until_done(source));
    return Ran{bursts * burst, whole ? took : sending};
  }
  // Until all of it is in the log too: in portions that its ring has room for.
  Result<Ran> run_recorded(std::uint64_t n) {
    constexpr std::uint64_t portion = 50'000;
    Ran all{0, Duration::zero()};
    while (all.operations < n) {
      AIRSSYS_TRY(const Ran ran, run(portion, true));
      const Instant begin = world.platform().now();
      AIRSSYS_TRY_VOID(world.settle_audit());
      all.operations += ran.operations;
      all.took += ran.took + (world.platform().now() - begin);
    }
    return all;
  }
  World world;
  Talker& source = world.add("source");
  Talker& sink = world.add("sink");
  const Source payload;
  const std::uint64_t burst;
  std::uint64_t bursts_left = 0, arrived = 0;
  Duration sending{};
};

// `at_once` questions under way.
struct RequestRig {
  explicit RequestRig(std::uint64_t questions) : at_once(questions) {
    sink.on_message = [this](wasm::ComponentMessage& message, Talker&) -> Result<> {
      AIRSSYS_TRY_VOID(message.more->reply.send(answer));
      return {};
    };
    source.on_message = [this](wasm::ComponentMessage&, Talker& self) -> Result<> {
      for (std::uint64_t n = 0; n < at_once; ++n) AIRSSYS_TRY_VOID(ask(self));
      return {};
    };
    source.on_answer_of = [this](Talker& self) -> Result<> {
      --open;
      if (left > 0) return ask(self);
      if (open == 0) world.done();  // last: the next run begins with it
      return {};
    };
  }
  Result<> ask(Talker& self) {
    --left;
    ++open;
    wasm::MessageId id;
    return sent(self.messaging().send_request("sink", payload.span(), 5000, id));
  }
  Result<Ran> run(std::uint64_t n) {
    const std::uint64_t questions = std::max(n, questions_min);
    left = questions;
    AIRSSYS_TRY(const Duration took, world.until_done(source));
    return Ran{questions, took};
  }
  World world;
  Talker& source = world.add("source");
  Talker& sink = world.add("sink");
  const Source payload{64};
  const Bytes answer = Bytes::copy_of(payload.span());
  const std::uint64_t at_once;
  std::uint64_t left = 0, open = 0;
};

// `run` over a rig that is made when the row is first asked for, and kept.
template <class Rig, class Run>
Batch row_of(std::size_t argument, Run run) {
  return [argument, run, rig = std::shared_ptr<Rig>()](std::uint64_t n) mutable -> Result<Ran> {
    if (!rig) rig = std::make_shared<Rig>(argument);
    return run(*rig, n);
  };
}

// The one copy that the path cannot do without: out of the sender's memory, into memory of its own.
Batch copy_row(std::size_t bytes) {
  return [source = std::make_shared<Source>(bytes)](std::uint64_t n) -> Result<Ran> {
    const std::span<const std::byte> payload = source->span();
    const auto platform = real_platform();
    std::size_t total = 0;
    const Instant begin = platform->now();
    for (std::uint64_t i = 0; i < n; ++i) {
      const Bytes copy = Bytes::copy_of(payload);
      total += copy.size();
      asm volatile("" : : "r"(copy.data()) : "memory");
    }
    if (total != n * payload.size()) return fail(Code::internal, "a copy is short");
    return Ran{n, platform->now() - begin};
  };
}

}  // namespace

void add_path_rows(Rows& rows) {
  for (const auto& size : sizes) {
    rows[fmt::format("route.{}", size.first)] =
        row_of<SendRig>(size.second, [](SendRig& rig, std::uint64_t n) { return rig.run(n, false); });
    rows[fmt::format("send.{}", size.first)] =
        row_of<SendRig>(size.second, [](SendRig& rig, std::uint64_t n) { return rig.run(n, true); });
    rows[fmt::format("copy.{}", size.first)] = copy_row(size.second);
  }
  for (const auto& [name, audit] : {std::pair("decisions", World::Audit::decisions), std::pair("every", World::Audit::every)})
    rows[fmt::format("audited.{}", name)] = [audit = audit, rig = std::shared_ptr<SendRig>()](std::uint64_t n) mutable {
      if (!rig) rig = std::make_shared<SendRig>(64, audit);
      return rig->run_recorded(n);
    };
  rows["request.1"] = row_of<RequestRig>(1, [](RequestRig& rig, std::uint64_t n) { return rig.run(n); });
  rows["request.100"] = row_of<RequestRig>(100, [](RequestRig& rig, std::uint64_t n) { return rig.run(n); });
}

}  // namespace airssys::bench
