// Options that AddressSanitizer needs beside the engine, as defaults of every program that links the bridge (the
// variable ASAN_OPTIONS still overrides them one by one). Not part of builds without the sanitizer.
//
// - The engine turns a SIGSEGV in guest code into a trap, so the sanitizer must let its handlers be replaced. The engine
//   hands on signals that are not its own, so that a real fault is still reported.
// - Its fibers and its trap exits leave frames in ways that a fake stack does not survive.

extern "C" const char* __asan_default_options() {  // NOLINT(bugprone-reserved-identifier): the sanitizer's name
  return "handle_segv=1:handle_sigbus=1:handle_sigfpe=1:handle_sigill=1:allow_user_segv_handler=1:use_sigaltstack=1:"
         "detect_stack_use_after_return=0";
}
