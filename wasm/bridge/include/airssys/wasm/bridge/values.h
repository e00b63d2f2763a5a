/* Values of the bridge's C ABI. bridge.h says the rules that hold for all. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define AW_NOEXCEPT noexcept
extern "C" {
#else
#define AW_NOEXCEPT
#endif

typedef struct {
  const char* ptr;
  size_t len;
} aw_str;
typedef struct {
  const uint8_t* ptr;
  size_t len;
} aw_bytes;
typedef struct {
  uint8_t* ptr;
  size_t len, cap;
} aw_buf;
void aw_buf_delete(aw_buf* buf) AW_NOEXCEPT; /* zeroes it: a second delete does nothing */

/* Something of the C++ side that wakes a suspended call. Intrusive: the first member of the C++ object. retain and release
 * count references; wake may come from any thread, any number of times, also after the call ended, and only enqueues. */
typedef struct aw_waker aw_waker;
typedef struct {
  void (*retain)(aw_waker* waker) AW_NOEXCEPT;
  void (*release)(aw_waker* waker) AW_NOEXCEPT;
  void (*wake)(aw_waker* waker) AW_NOEXCEPT;
} aw_waker_table;
struct aw_waker {
  const aw_waker_table* table;
};
/* A host operation that a guest waits for. The Rust side owns it from the moment that a callback filled it in, polls it
 * (1 = done; 0 = not yet: then keep `waker`, retained, and wake it when polling again makes sense; (int32_t)AW_HOST_PANIC as
 * above) and drops it exactly once, finished or not. */
typedef struct {
  void* state;
  int32_t (*poll)(void* state, aw_waker* waker) AW_NOEXCEPT;
  void (*drop)(void* state) AW_NOEXCEPT;
} aw_operation;

#ifdef __cplusplus
}
#endif
