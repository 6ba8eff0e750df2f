#include "text/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace loom::text {

ProgressBar::ProgressBar(std::FILE* out, std::string label, std::uint64_t total)
    : out_(out != nullptr && isatty(fileno(out)) == 1 ? out : nullptr),
      label_(std::move(label)),
      total_(total),
      started_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() {
  if (out_ == nullptr) return;
  draw(last_);
  std::fputs("\n", out_);
}

void ProgressBar::update(std::uint64_t done) {
  last_ = done;
  if (out_ == nullptr) return;
  const TimePoint now = std::chrono::steady_clock::now();
  if (now - drawn_ < std::chrono::milliseconds(100)) return;
  drawn_ = now;
  draw(done);
}

void ProgressBar::draw(std::uint64_t done) {
  constexpr std::size_t kWidth = 30;
  const double share = total_ == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total_);
  const auto full = static_cast<std::size_t>(std::min(share, 1.0) * kWidth);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started_;
  const double rate = taken.count() > 0 ? static_cast<double>(done) / taken.count() : 0;
  const std::string line = fmt::format("\r{} [{}{}] {:3.0f} %  {}/{}  {:.0f}/s ", label_, std::string(full, '#'),
                                       std::string(kWidth - full, '.'), share * 100, done, total_, rate);
  std::fputs(line.c_str(), out_);
  std::fflush(out_);
}

}  // namespace loom::text
