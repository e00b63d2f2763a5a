// How often a payload is copied on its way from guest to guest: counted. The linker puts what stands here in the place of memcpy
// and memmove, in this program and in every library that is linked into it, the engine's included.
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/wasm/core/multicodec.h"
#include "airssys/wasm/host/host.h"
#include "guest_folders.h"

namespace {

constexpr std::size_t payload_bytes = 64 << 10;
std::atomic<std::uint64_t> copies{0};

// The wire form, and what a copy of a part of it would be.
void note(std::size_t bytes) noexcept {
  if (bytes >= payload_bytes / 2 && bytes <= payload_bytes * 2) copies.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

extern "C" {
void* __real_memcpy(void* to, const void* from, std::size_t bytes);
void* __real_memmove(void* to, const void* from, std::size_t bytes);
void* __wrap_memcpy(void* to, const void* from, std::size_t bytes) {
  note(bytes);
  return __real_memcpy(to, from, bytes);
}
void* __wrap_memmove(void* to, const void* from, std::size_t bytes) {
  note(bytes);
  return __real_memmove(to, from, bytes);
}
}

namespace airssys::wasm {
namespace {

using namespace std::chrono_literals;

// What bench/guests/relay.wat.in is told: to send this payload to `sink` so often.
Payload order(std::uint32_t messages) {
  return Bytes::make(payload_bytes, [&](std::span<std::byte> content) {
    std::memset(content.data(), 0, content.size());
    content[0] = std::byte{1};  // one round
    std::memcpy(content.data() + 4, &messages, sizeof messages);
    content[8] = std::byte{2};  // begin
  });
}

class Copies : public ::testing::Test {
 protected:
  Copies() {
    HostConfig config;
    config.engine.cache_directory = folders_.cache();
    host_ = Host::create(config, *platform_, null_log()).value();
    for (const char* name : {"sink", "source"}) {
      const auto added = host_->add(
          folders_.make({.name = name, .mailbox = "max_bytes = \"16MiB\"\n", .send = R"("sink")", .wasm = AIRSSYS_RELAY}));
      EXPECT_TRUE(host_->start(added.value()));
    }
  }
  // Of all messages together, the one from outside included.
  std::uint64_t of(std::uint32_t messages) {
    const Payload payload = order(messages);
    const std::uint64_t before = copies.load();
    EXPECT_TRUE(host_->send("source", payload));
    EXPECT_TRUE(host_->wait_idle(300s));
    return copies.load() - before;
  }
  [[nodiscard]] std::uint64_t handled() const {
    std::uint64_t count = 0;
    for (const ComponentReport& one : host_->report()) count += one.handled;
    return count;
  }

  const layer1::GuestFolders folders_{"copies"};
  const std::unique_ptr<Platform> platform_ = real_platform();
  std::unique_ptr<Host> host_;
};

TEST_F(Copies, OfAPayloadAreTwoFromGuestToGuest) {
  static_cast<void>(of(1));  // what is only copied once in a life is none of a message's
  const std::uint64_t handled_before = handled();
  const std::uint64_t ten = of(10), thirty = of(30);
  ASSERT_EQ(handled() - handled_before, 42u);
  EXPECT_EQ(thirty - ten, 2u * 20) << "one out of the sender's memory, one into the receiver's";
}

TEST_F(Copies, AreSeenWhereverTheyAreMade) {
  const std::uint64_t before = copies.load();
  const Bytes one = Bytes::copy_of(order(1).content.span());
  EXPECT_EQ(copies.load() - before, 1u);
  EXPECT_GE(of(1), 3u) << "in from outside, out of a guest, into the next";
}

}  // namespace
}  // namespace airssys::wasm
