// Atomic: std::atomic, except in the exhaustive tests (rt/tests/model), which compile the runtime's racing parts against an
// atomic of their own and run small worlds in every order. Words by which those parts agree with each other are Atomic;
// counters, and words that an Executor waits for, are std::atomic.
#pragma once
#include <atomic>

#ifdef AIRSSYS_RT_MODEL
#include AIRSSYS_RT_MODEL
#else
namespace airssys::rt {

template <class T>
using Atomic = std::atomic<T>;

}  // namespace airssys::rt
#endif
