// Debian's cpp-httplib is a library without ThreadSanitizer's instrumentation: the guards around its static sets of
// method names are not seen, and what one thread has put there looks like a race to the next one that compares with it.
extern "C" const char* __tsan_default_suppressions();  // NOLINT: the sanitizer's own name
extern "C" const char* __tsan_default_suppressions() { return "called_from_lib:libcpp-httplib.so\n"; }  // NOLINT
