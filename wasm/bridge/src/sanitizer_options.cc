// Options that AddressSanitizer needs beside the engine, as defaults of every program that links the bridge (the
// variable ASAN_OPTIONS still overrides them one by one). Not part of builds without the sanitizer.
//
// - The engine turns a SIGSEGV in guest code into a trap, so its handlers must be allowed to replace the sanitizer's. It
//   hands on signals that are not its own: a real fault is still reported.
// - use_sigaltstack=0: at the end of a thread the sanitizer unmaps whatever alternate stack is set, and the engine has
//   set one of its own, which it unmaps too.
// - Guest frames are left without returning, which a fake stack does not survive.

extern "C" const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier): the sanitizer's name
  return "allow_user_segv_handler=1:use_sigaltstack=0:detect_stack_use_after_return=0";
}
