#include "fiber.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

// Keeps what a call must keep, stores the stack pointer in *from, and goes on where `to` was stored. Not swapcontext, which asks
// the kernel each time, and for which AddressSanitizer clears the whole stack's shadow.
extern "C" void airssys_model_switch(void** from, void* to);

#if defined(__x86_64__)
asm(R"(
.text
.type airssys_model_switch, @function
airssys_model_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size airssys_model_switch, . - airssys_model_switch
)");
#elif defined(__aarch64__)
asm(R"(
.text
.type airssys_model_switch, %function
airssys_model_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size airssys_model_switch, . - airssys_model_switch
)");
#endif

namespace airssys::rt::model {
namespace {

constexpr std::size_t stack_bytes = 512 * 1024;
#if defined(__x86_64__)
constexpr std::size_t frame_words = 8, entry_word = 6;  // six registers, the entry, and its caller: none
#else
constexpr std::size_t frame_words = 20, entry_word = 11;
#endif

}  // namespace

Fiber::Fiber(void (*body)()) : stack_(stack_bytes), bottom_(stack_.data()), size_(stack_.size()) {
  std::array<std::uintptr_t, frame_words> frame{};
  frame[entry_word] = reinterpret_cast<std::uintptr_t>(body);
  const auto top = reinterpret_cast<std::uintptr_t>(stack_.data() + stack_.size()) & ~std::uintptr_t{15};
  sp_ = stack_.data() + (top - sizeof frame - reinterpret_cast<std::uintptr_t>(stack_.data()));
  std::memcpy(sp_, frame.data(), sizeof frame);
}

void Fiber::switch_to(Fiber& other) noexcept {
  thread_ = std::exchange(this_thread(), other.thread_);
  other.came_from_ = this;
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_start_switch_fiber(&fake_stack_, other.bottom_, other.size_);
#endif
  airssys_model_switch(&sp_, other.sp_);
  arrived();
}

void Fiber::arrived() noexcept {
#if defined(__SANITIZE_ADDRESS__)
  const void* bottom = nullptr;
  std::size_t size = 0;
  __sanitizer_finish_switch_fiber(fake_stack_, &bottom, &size);
  if (!came_from_->bottom_) {  // the thread's own stack, left for the first time
    came_from_->bottom_ = bottom;
    came_from_->size_ = size;
  }
#endif
}

}  // namespace airssys::rt::model
