#include "http/gzip.h"

#define ZLIB_CONST
#include <zlib.h>

#include <new>

namespace loom::http {

std::string gzipped(std::string_view bytes) {
  constexpr int kGzipWindow = 15 + 16;  // 15 is the largest window, 16 asks for gzip's header
  constexpr int kMemoryLevel = 8;       // zlib's default
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<const Bytef*>(bytes.data());  // NOLINT: bytes are bytes
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());  // NOLINT
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);  // all fits: this is what deflateBound() says
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace loom::http
